// Reads files of the ONNX test layout: input_0.pb, output_0.pb.
#pragma once

#include <string>

#include "runtime/core/held_value.h"
#include "runtime/core/limits.h"
#include "runtime/core/status.h"
#include "runtime/core/tensor.h"

namespace octet {

struct NamedTensor {
  std::string name;  // may be empty
  Tensor tensor;
};

// Reads a file that holds one serialized TensorProto. Errors: kNotFound, kIoError; kInvalidModel;
// kUnsupported for strings, other element types Octet lacks, sequences and optionals. Every message
// starts with `path`.
Result<NamedTensor> read_tensor_file(const std::string& path, const Limits& limits = {});

struct NamedValue {
  std::string name;  // may be empty
  HeldValue value;   // of an empty optional nothing
};

// The same of a file that holds a TensorProto, SequenceProto or OptionalProto, as `kind` says: no
// file tells which it is. Sequences are of tensors.
Result<NamedValue> read_value_file(const std::string& path, HeldKind kind,
                                   const Limits& limits = {});

}  // namespace octet
