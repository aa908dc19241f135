// The inverse of strip_raw_data: a message of the wire format with the data in the place of their
// indices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loaders/onnx/save/tensor_data.h"

namespace octet {

// Bytes of the message, and the tensor data behind them.
struct MessagePiece {
  std::string bytes;
  const TensorData* data = nullptr;  // nullptr: none, and it is the last piece
};

struct ExpandedModel {
  std::vector<MessagePiece> pieces;
  uint64_t size = 0;  // of all
};

// `model`: a serialized ModelProto whose raw_data are indices into `data`, which must outlive the
// result. Error: kInternal for bytes that are no such message.
Result<ExpandedModel> expand_raw_data(std::string_view model, const std::vector<TensorData>& data);

}  // namespace octet
