// Spelling of symbols.
#include "runtime/ops/symbol.h"

#include <cctype>

namespace octet {
namespace {

// Exporters name extents "past + 1": quoted, such a name can't be taken for the sum.
std::string spelled(const std::string& name) {
  const bool plain = !name.empty() &&
                     (std::isalpha(static_cast<unsigned char>(name[0])) || name[0] == '_') &&
                     name.find_first_of(" *+(),'[]") == std::string::npos;
  if (plain) return name;
  // Quotes within are doubled: no name reads as the product of two.
  std::string quoted = "'";
  for (const char c : name) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

Symbol extent_symbol(const std::string& name) {
  return {spelled(name), name, Symbol::Kind::kExtent, 0};
}

Symbol element_symbol(const std::string& name, int64_t index) {
  const std::string subscript = "[" + std::to_string(index) + "]";
  return {spelled(name) + subscript, name + subscript, Symbol::Kind::kElement, std::nullopt};
}

// Marked so that no extent or element of an input is spelled like one.
Symbol late_extent_symbol(const std::string& name, int axis) {
  const std::string text = name + "." + std::to_string(axis);
  return {"late " + spelled(text), text, Symbol::Kind::kLateExtent, 0};
}

Symbol late_element_symbol(const std::string& name, int64_t index) {
  const std::string subscript = "[" + std::to_string(index) + "]";
  return {"late " + spelled(name) + subscript, name + subscript, Symbol::Kind::kLateElement,
          std::nullopt};
}

}  // namespace octet
