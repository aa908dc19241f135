// Small groups of IR nodes that importers of several families make.
#include "loaders/onnx/emit_parts.h"

namespace octet {

Result<ValueId> emit_binary(NodeImport& node, const std::string& step, BinaryFunction function,
                            ValueId lhs, ValueId rhs) {
  return node.emit(step, BinaryAttrs{function}, {lhs, rhs});
}

Result<ValueId> emit_cast(NodeImport& node, const std::string& step, ValueId value, DType dtype) {
  if (node.type_of(value).dtype == dtype) return value;
  return node.emit(step, CastAttrs{dtype}, {value});
}

Result<ValueId> emit_scaled(NodeImport& node, const std::string& step, ValueId value,
                            double factor) {
  if (factor == 1) return value;
  OCTET_ASSIGN_OR_RETURN(const ValueId scalar,
                         node.add_scalar(step + "_factor", node.type_of(value).dtype, factor));
  return emit_binary(node, step, BinaryFunction::kMul, value, scalar);
}

Result<ValueId> emit_fitting(NodeImport& node, const std::string& step, ValueId value,
                             const SymbolicShape& shape, const std::string& what) {
  const SymbolicShape given = node.type_of(value).shape;
  const auto refuse = [&] {
    return invalid_model(what + " is " + to_string(node.type_of(value)) +
                         ", which does not broadcast to " + to_string(shape));
  };
  if (given.size() > shape.size()) return refuse();
  bool fits = true;
  for (size_t i = 1; i <= given.size(); ++i) {
    const Dim &from = given[given.size() - i], &to = shape[shape.size() - i];
    if (from == Dim(1) || from == to) continue;
    if (from.is_constant() && to.is_constant()) return refuse();
    fits = false;
  }
  if (fits) return value;
  return node.emit(step, ExpandAttrs{shape}, {value});
}

Result<ValueId> emit_slice(NodeImport& node, const std::string& name, ValueId value, size_t axis,
                           const Dim& start, const Dim& count, int64_t step) {
  const SymbolicShape shape = node.type_of(value).shape;
  if (start == Dim(0) && count == shape[axis] && step == 1) return value;
  SliceAttrs slice{std::vector<Dim>(shape.size(), 0), shape, std::vector<int64_t>(shape.size(), 1)};
  slice.starts[axis] = start;
  slice.counts[axis] = count;
  slice.steps[axis] = step;
  return node.emit(name, std::move(slice), {value});
}

Result<ValueId> emit_channels_first(NodeImport& node, const std::string& step, ValueId src) {
  const TypeInfo type = node.type_of(src);
  if (type.rank() < 2)
    return invalid_model("an input with channels last is " + to_string(type) +
                         ", expected rank 2 or more: batch, spatial, channels");
  std::vector<int> permutation = axes_from(0, type.rank() - 1);
  permutation.insert(permutation.begin() + 1, type.rank() - 1);
  return node.emit(step, TransposeAttrs{std::move(permutation)}, {src});
}

Status finish_channels_last(NodeImport& node, ValueId result) {
  std::vector<int> permutation = axes_from(2, node.type_of(result).rank());
  permutation.insert(permutation.begin(), 0);
  permutation.push_back(1);
  return node.finish(TransposeAttrs{std::move(permutation)}, {result});
}

Result<ValueId> emit_biased_sum(NodeImport& node, ValueId lhs, ValueId rhs, ValueId bias) {
  if (bias != kNoValue) {
    ValueId& biased = rhs != kNoValue && node.is_product(rhs) ? rhs : lhs;
    OCTET_ASSIGN_OR_RETURN(biased, emit_binary(node, "biased", BinaryFunction::kAdd, biased, bias));
  }
  if (rhs == kNoValue) return lhs;
  return emit_binary(node, "sum", BinaryFunction::kAdd, lhs, rhs);
}

bool is_layer_weight(const NodeImport& node, int index) {
  return node.constant(index) && node.type(index).dtype == DType::kF32 && node.rank(index) == 2;
}

LinearAttrs layer_of(const NodeImport& node, int index, bool weights_transposed) {
  LinearAttrs linear;
  linear.weights_transposed = weights_transposed;
  linear.layer = {node.name(),
                  {node.value_name(index)},
                  0,
                  node.constant(index)->shape()[weights_transposed ? 0 : 1]};
  return linear;
}

}  // namespace octet
