// The types that a file declares of sequences and optionals.
#pragma once

#include "loaders/onnx/onnx_proto.h"
#include "runtime/ops/type_info.h"

namespace octet {

inline bool is_held_type(const pb::TypeProto& type) {
  return type.has_sequence_type() || type.has_optional_type();
}
// Of a sequence of tensors, or an optional tensor or sequence. Errors (kUnsupported, kInvalidModel)
// say what it is instead: "is a map, which is not supported".
Result<TypeInfo> declared_held_type(const pb::TypeProto& type);

}  // namespace octet
