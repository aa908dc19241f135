// Small groups of IR nodes that importers of several families make.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// emit() of a binary function.
Result<ValueId> emit_binary(NodeImport& node, const std::string& step, BinaryFunction function,
                            ValueId lhs, ValueId rhs);
// value as `dtype`; the value itself where it is that.
Result<ValueId> emit_cast(NodeImport& node, const std::string& step, ValueId value, DType dtype);
// value * factor, with a scalar of the value's type; the value itself for a factor of 1.
Result<ValueId> emit_scaled(NodeImport& node, const std::string& step, ValueId value,
                            double factor);
// An operand that leaves a result of `shape` as large as it is: the value itself where that holds
// whatever the input shapes are, else its Expand, which refuses other extents at run time. Error:
// it never fits; `what` names it there: "C".
Result<ValueId> emit_fitting(NodeImport& node, const std::string& step, ValueId value,
                             const SymbolicShape& shape, const std::string& what);
// value[.., start + i * step, ..] for i < count along `axis`; the value itself where that is all.
Result<ValueId> emit_slice(NodeImport& node, const std::string& name, ValueId value, size_t axis,
                           const Dim& start, const Dim& count, int64_t step = 1);
// That the parts of input 0 along `axis` have these sizes: none is negative, and they come to all of
// it. Error: they never do.
Status require_parts(NodeImport& node, int axis, const std::vector<Dim>& sizes);
// [N, spatial.., C] as [N, C, spatial..]; output 0 the other way round. Error: rank below 2.
Result<ValueId> emit_channels_first(NodeImport& node, const std::string& step, ValueId src);
Status finish_channels_last(NodeImport& node, ValueId result);
// lhs + rhs + bias, each of which may be absent but `lhs`. The bias [C] is added to the operand
// that a product makes, so that it becomes a part of that layer.
Result<ValueId> emit_biased_sum(NodeImport& node, ValueId lhs, ValueId rhs, ValueId bias);

// A product with the weights of input `index`, a constant f32 matrix [K, N] or, transposed,
// [N, K]: a linear layer under the node's own name, `src` [.., K], `bias` [N] or kNoValue.
// Precondition: is_layer_weight(node, index), and src is f32 of rank 2 or more.
bool is_layer_weight(const NodeImport& node, int index);
LinearAttrs layer_of(const NodeImport& node, int index, bool weights_transposed);

// Softmax, or its logarithm, of src along the node's attribute "axis", as `opset` defines it: below
// 13 the axis defaults to 1, and all axes from it on are one, a row of a matrix.
Result<ValueId> emit_softmax(NodeImport& node, ValueId src, int64_t opset, bool log = false);

// value / sqrt(mean(value^2 over `axes`) + epsilon) * gamma, where gamma broadcasts to value
// (kNoValue: 1). `reciprocal_rms`, where given, gets 1 / sqrt(..), of extent 1 along the axes.
// Source: ONNX RMSNormalization (opset 23).
Result<ValueId> emit_rms_norm(NodeImport& node, const std::string& step, ValueId value,
                              std::vector<int> axes, float epsilon, ValueId gamma,
                              ValueId* reciprocal_rms = nullptr);

// Rotary position embedding of value [.., D], whose first 2 * R elements of the last axis are
// pairs: (x1, x2) becomes (x1 cos - x2 sin, x1 sin + x2 cos). `cos` and `sin` [.., R] broadcast to
// [.., D]'s other axes. Pair i is elements i and R + i, or with `interleaved` 2i and 2i + 1.
// Source: ONNX RotaryEmbedding (opset 23).
Result<ValueId> emit_rotation(NodeImport& node, const std::string& step, ValueId value, ValueId cos,
                              ValueId sin, bool interleaved);

// Attribute "activation", an op's name, of src; src itself where it is absent. `params`: the op's
// numbers, alpha and then beta or gamma, or the bounds of a Clip; those that are missing have
// ONNX's defaults.
Result<ValueId> emit_activation(NodeImport& node, ValueId src, const std::vector<float>& params);

}  // namespace octet
