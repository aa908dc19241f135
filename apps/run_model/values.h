// Sequences and optionals of run_model: as arrays, and as values of the C API.
#pragma once

#include <octet/octet.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/run_model/array.h"
#include "runtime/core/status.h"

namespace octet::app {

struct FreeValue {
  void operator()(octet_value* value) const { octet_value_free(value); }
};
using ValueHandle = std::unique_ptr<octet_value, FreeValue>;

// A tensor, a sequence of them, or nothing.
struct ArrayValue {
  bool is_sequence = false;  // else one array, or none
  std::vector<Array> arrays;

  std::string describe() const;  // "float32[2x3]", "a sequence of 3 tensors", "nothing"
};

// Whether an input or output is no tensor.
inline bool is_held(const octet_value_info& info) { return info.kind != OCTET_VALUE_TENSOR; }

// Of what a file of the ONNX test layout holds for an input or output. Errors: read_value_file()'s.
struct StoredValue {
  std::string name;  // may be empty
  ArrayValue value;
};
Result<StoredValue> read_stored_value(const std::string& path, octet_value_kind kind);

// A value over the arrays' memory.
Result<ValueHandle> to_value(const ArrayValue& value);
// The arrays of a value, over its memory: good as long as it is.
Result<ArrayValue> to_arrays(const octet_value* value);

}  // namespace octet::app
