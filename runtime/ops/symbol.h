// Symbol: an integer of a run that is not known when a model is loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace octet {

struct Symbol {
  enum class Kind {
    kExtent,       // of an input's axis
    kElement,      // of an integer input
    kLateExtent,   // of what a node gives: the run shows it
    kLateElement,  // of integers that a node gives
  };
  // What tells it from others, spelled so that no expression reads the same: `seq`, `'past + 1'`,
  // `sizes[0]`.
  std::string id;
  std::string name;  // for people, as the model has it
  Kind kind = Kind::kExtent;
  std::optional<int64_t> least;  // its smallest value; nullopt: it may be anything

  // Whether it becomes known only while a run goes on.
  bool is_late() const { return kind == Kind::kLateExtent || kind == Kind::kLateElement; }
};

// An axis that the model calls `name`. It may be 0.
Symbol extent_symbol(const std::string& name);
// Element `index` of the input `name`.
Symbol element_symbol(const std::string& name, int64_t index);
// Axis `axis`, and element `index`, of the value `name` that a node gives. Precondition: no other
// value of the model has this name.
Symbol late_extent_symbol(const std::string& name, int axis);
Symbol late_element_symbol(const std::string& name, int64_t index);

}  // namespace octet
