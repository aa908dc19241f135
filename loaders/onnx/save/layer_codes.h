// Codes of a layer as bytes of a tensor in a file.
#pragma once

#include "loaders/onnx/save/saved_layer.h"
#include "loaders/onnx/save/tensor_data.h"

namespace octet {

// The TensorProto::DataType of codes of this type.
int onnx_type_of(ElementType type);
// [N, K] or, not by row, [K, N]; several codes to a byte where they are narrow, the first in the
// lowest bits. Read from the layer when it is written.
TensorData codes_data(const SavedLayer& layer, bool by_row);
// Floats rounded to bfloat16, half to even; both as bytes.
TensorData bfloat16_data(const TensorData& floats);
// A matrix of elements of any size with its axes exchanged.
Tensor turned(const Tensor& matrix);
// Codes of `bits`, one to a byte, as files keep them.
Tensor packed(const Tensor& codes, int bits);

}  // namespace octet
