// What a caller decides about a saved model; no header of ONNX comes with it.
#pragma once

namespace octet {

enum class SaveFormat {
  kStandard,  // activations that are quantized per token: a function of standard ops
  kOrt,       // DynamicQuantizeLinear and MatMulInteger, per tensor
};

// Where the data of large initializers go.
enum class DataPlacement {
  kAsSource,  // as the source has them; beside the model where it would exceed what protobuf reads
  kInside,    // of the model's file
  kBeside,    // in a file beside it
};

}  // namespace octet
