// One function per op: computes all outputs of a node from inputs with any strides into contiguous
// outputs.
//
// Each computes its share of the outputs, element by element the same whatever the share, and ends
// early when the share says so: its result then means nothing, and the caller returns
// share.status().
//
// Arithmetic on floats is done in double and rounded once; on integers it wraps. `scratch` has the
// bytes that the op's _scratch function asks for. The types are those that infer() let through; an
// error is about the data.
#pragma once

#include "kernels/reference/share.h"
#include "runtime/ops/op.h"

namespace octet::reference {

// Elementwise. Integer division and remainder by zero give 0; the most negative integer divided by
// -1 wraps.
Status binary(const BinaryAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
// Float to integer truncates and saturates, NaN gives 0; integer to integer wraps.
Status cast(const CastAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status clip(const ClipAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status unary(const UnaryAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status where(const WhereAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);

// Codes.
Status dequantize(const DequantizeAttrs& attrs, const TaskArgs& args, Share& share,
                  std::byte* scratch);
Status quantize(const QuantizeAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);

// Movement and indices.
Status concat(const ConcatAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status expand(const ExpandAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status gather(const GatherAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status gather_elements(const GatherElementsAttrs& attrs, const TaskArgs& args, Share& share,
                       std::byte* scratch);
Status gather_nd(const GatherNDAttrs& attrs, const TaskArgs& args, Share& share,
                 std::byte* scratch);
Status pad(const PadAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status range(const RangeAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status reshape(const ReshapeAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status resize(const ResizeAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
size_t resize_scratch(const ResizeAttrs& attrs, const TaskShapes& shapes);
Status shape_values(const ShapeValuesAttrs& attrs, const TaskArgs& args, Share& share,
                    std::byte* scratch);
Status slice(const SliceAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status transpose(const TransposeAttrs& attrs, const TaskArgs& args, Share& share,
                 std::byte* scratch);

// Reductions and norms.
Status arg_reduce(const ArgReduceAttrs& attrs, const TaskArgs& args, Share& share,
                  std::byte* scratch);
Status cumsum(const CumSumAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status layer_norm(const LayerNormAttrs& attrs, const TaskArgs& args, Share& share,
                  std::byte* scratch);
size_t layer_norm_scratch(const LayerNormAttrs& attrs, const TaskShapes& shapes);
Status pool(const PoolAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
// Over no elements: sums 0, product 1, mean NaN (integers 0), max and min the lowest and highest
// value of the type.
Status reduce(const ReduceAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status softmax(const SoftmaxAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
size_t softmax_scratch(const SoftmaxAttrs& attrs, const TaskShapes& shapes);

// Whatever the long-tail lane has; see long_tail.h.
Status long_tail(const LongTailAttrs& attrs, const TaskArgs& args, Share& share,
                 std::byte* scratch);
size_t long_tail_scratch(const LongTailAttrs& attrs, const TaskShapes& shapes);

// Products.
Status attention(const AttentionAttrs& attrs, const TaskArgs& args, Share& share,
                 std::byte* scratch);
size_t attention_scratch(const AttentionAttrs& attrs, const TaskShapes& shapes);
Status conv(const ConvAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status conv_transpose(const ConvTransposeAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte* scratch);
Status linear(const LinearAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
size_t linear_scratch(const LinearAttrs& attrs, const TaskShapes& shapes);
Status matmul(const MatMulAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status quantize_rows(const QuantizeRowsAttrs& attrs, const TaskArgs& args, Share& share,
                     std::byte* scratch);
size_t quantize_rows_scratch(const QuantizeRowsAttrs& attrs, const TaskShapes& shapes);
// The weights of attributes that with_loaded_weights() made: nothing is read, checked or allocated.
Result<QuantizedTensor> loaded_weights(const QuantizedLinearAttrs& attrs);
// The same layer with all parts of its weights in memory, and checked. Error: as load()'s.
Result<QuantizedLinearAttrs> with_loaded_weights(QuantizedLinearAttrs attrs);
Status weight_only_linear(const QuantizedLinearAttrs& attrs, const TaskArgs& args, Share& share,
                          std::byte* scratch);
size_t float_layer_scratch(const TaskShapes& shapes);
Status quantized_linear(const QuantizedLinearAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte* scratch);
size_t quantized_linear_scratch(const QuantizedLinearAttrs& attrs, const TaskShapes& shapes);

}  // namespace octet::reference
