// Check: what must hold of extents once the symbols have values, and how to say that it does not.
#pragma once

#include <string>

#include "runtime/ops/dim.h"

namespace octet {

// An axis of a node's input.
struct AxisOf {
  int input = -1;
  int axis = -1;
};

struct Check {
  enum class Kind {
    kEqual,      // found == expected
    kBroadcast,  // the same, or one of them is 1
    kExpand,     // the same, or `found` is 1
    kAtMost,     // found <= expected
    kAtLeast,    // found >= expected
    kDiffers,    // found != expected
  };
  Kind kind = Kind::kEqual;
  Dim found = {}, expected = {};
  Dim guard = 1;       // where it is 0 or less, nothing is asked
  AxisOf at = {};      // what has `found` elements
  AxisOf beside = {};  // what has `expected` elements; {}: it is only a number
  std::string what =
      {};  // what `found` is where it is no axis: "the end of the slice along axis 1"
  std::string where = {};  // "node "embeddings/add" (Add)"; the graph fills it in

  bool holds(int64_t found_value, int64_t expected_value) const;
  // kInvalidArgument: `node "embeddings/add" (Add): axis 1 is 512 in input 1 and 513 in input 0;
  // they must be equal or 1`.
  Status error(int64_t found_value, int64_t expected_value) const;
  // Whether it holds, or does not, for all values of the symbols; nullopt: that depends on them.
  std::optional<bool> known() const;
  std::optional<bool> known_unguarded() const;  // as if `guard` were 1
};

bool operator==(const Check& a, const Check& b);

}  // namespace octet
