// The kinds of ops in Octet's IR. ONNX spellings end in loaders/onnx: Squeeze, Flatten and
// Unsqueeze are Reshape here, Split is several Slices, Gemm is Linear or MatMul, Identity is
// nothing.
#pragma once

namespace octet {

enum class OpKind {
  kArgReduce,
  kAttention,
  kBinary,
  kCast,
  kClip,
  kConcat,
  kControl,
  kConv,
  kConvTranspose,
  kCumSum,
  kDequantize,
  kExpand,
  kGather,
  kGatherElements,
  kGatherND,
  kLayerNorm,
  kLinear,
  kLongTail,
  kMatMul,
  kObserve,
  kPad,
  kPool,
  kQuantize,
  kQuantizeRows,
  kQuantizedLinear,
  kRange,
  kReduce,
  kReshape,
  kResize,
  kSequence,
  kShapeValues,
  kSlice,
  kSoftmax,
  kTranspose,
  kUnary,
  kWhere,
};
const char* op_kind_name(OpKind kind);  // "attention", "binary", "quantized_linear", ...

}  // namespace octet
