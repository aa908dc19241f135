// The weight of a layer as com.microsoft.MatMulNBits has it.
#pragma once

#include "loaders/onnx/onnx_proto.h"
#include "loaders/onnx/save/saved_layer.h"

namespace octet {

struct BlockTensors {
  Tensor codes;       // u8 [N, blocks, bytes of a block], several codes to a byte
  Tensor scale;       // f32 [N * blocks]
  Tensor zero_point;  // u8 [N * bytes of a row], as the codes; or f32 [N * blocks]
};

// `node`: whose layer it is. Error: kUnsupported for codes that the op does not have.
Result<BlockTensors> block_tensors(const SavedLayer& layer, const pb::NodeProto& node);

}  // namespace octet
