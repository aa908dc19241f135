// What the loader reads of each of ONNX's messages.
#pragma once

#include <cstdint>

namespace octet {

// kLeaf is copied as it is, kRaw becomes an index; the others are messages with rules of their own.
enum class WireKind {
  kLeaf,
  kRaw,
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kFunction,
  kTensor,
  kSparseTensor,
  kSequence,
  kOptional
};

struct WireRule {
  int field;
  WireKind kind = WireKind::kLeaf;
  uint64_t weight = 1;  // bytes of memory per byte: eight in a list of varints, names have copies
};

// nullptr: the loader does not read the field.
const WireRule* find_wire_rule(WireKind message, uint64_t field);
// Whether the field holds what only training needs, graphs with tensors of their own.
bool is_for_training(WireKind message, uint64_t field);

}  // namespace octet
