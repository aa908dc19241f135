// TensorProto to Constant: from raw data, typed fields, or an external file.
#pragma once

#include <string>
#include <vector>

#include "loaders/onnx/external_data.h"
#include "loaders/onnx/onnx_proto.h"
#include "loaders/onnx/wire_scan.h"

namespace octet {

// Where the data of a model's tensors are.
struct TensorStore {
  ByteSource source;
  std::vector<RawData> raw;
  ExternalData external;
  const Limits& limits;
  uint64_t made_bytes = 0;   // constants that importers made up
  uint64_t shape_bytes = 0;  // text of the extents that are expressions
  // Nodes, as often as they were imported: a loop's body may be more than once.
  uint64_t imported_nodes = 0;
  std::vector<std::string> warnings = {};
  int late_names = 0;

  // A name that no other value of the model has, for symbols that the run makes known.
  std::string late_name(const std::string& value) {
    return value + "#" + std::to_string(++late_names);
  }
};

// Reads the dims of `proto`. Errors: negative or too large extents, more than max_rank of them.
Result<Shape> tensor_shape(const pb::TensorProto& proto, const Limits& limits);

// The tensor as a Constant that is not read yet where it need not be. Messages say what is wrong
// with it, for example "has 12 bytes of data, expected 48 for float32[3, 4]"; the caller puts the
// tensor's name before them.
Result<Constant> import_tensor(const pb::TensorProto& proto, TensorStore& store);

}  // namespace octet
