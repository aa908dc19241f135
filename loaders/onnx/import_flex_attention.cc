// FlexAttention (ai.onnx.preview): attention whose scores and probabilities go through graphs of
// the model.
#include <cmath>

#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

// The type that scores and probabilities have.
Result<DType> precision_of(NodeImport& node) {
  const DType otherwise = node.type(0).dtype == DType::kF64 ? DType::kF64 : DType::kF32;
  OCTET_ASSIGN_OR_RETURN(const DType dtype, node.type_attribute("softmax_precision", otherwise));
  if (is_floating(dtype)) return dtype;
  return invalid_model(std::string("attribute \"softmax_precision\" is ") + dtype_name(dtype) +
                       ", expected a float type");
}

Status check_operands(const NodeImport& node) {
  for (const int i : {0, 1, 2})
    if (node.rank(i) != 4 || !is_floating(node.type(i).dtype) ||
        node.type(i).dtype != node.type(0).dtype)
      return invalid_model("input " + std::to_string(i) + " is " + to_string(node.type(i)) +
                           ", expected floats of rank 4 and of one type: batch, heads, tokens, "
                           "elements");
  return Status::ok();
}

Result<double> given_scale(NodeImport& node) {
  if (node.has_attribute("scale")) return static_cast<double>(node.float_attribute("scale", 1));
  const Dim head_size = node.type(0).shape[3];
  if (!head_size.is_constant())
    return unsupported("the head size " + head_size.text() +
                       " is not a constant; give attribute \"scale\"");
  return 1 / std::sqrt(static_cast<double>(head_size.value()));
}

// What the graph of attribute `name` makes of a value, which keeps its type; the value itself
// where there is none.
Result<ValueId> modify(NodeImport& node, const char* name, ValueId value) {
  if (!node.has_attribute(name)) return value;
  OCTET_ASSIGN_OR_RETURN(const pb::GraphProto* graph, node.graph_attribute(name));
  std::vector<std::string> missing;
  auto made = node.bodies().import_inline(*graph, node.name() + "/" + name, {value}, missing);
  if (!made.is_ok()) return node.miss(std::move(missing)), made.status();
  const std::vector<ValueId> outputs = std::move(made).value();
  const std::string what = "the graph of attribute \"" + std::string(name) + "\"";
  if (outputs.size() != 1)
    return invalid_model(what + " gives " + std::to_string(outputs.size()) + " values, expected 1");
  const TypeInfo before = node.type_of(value), after = node.type_of(outputs[0]);
  if (before.dtype != after.dtype || before.rank() != after.rank())
    return invalid_model(what + " makes " + to_string(after) + " of " + to_string(before) +
                         "; it must keep the type");
  std::vector<Check> checks;
  for (size_t axis = 0; axis < before.shape.size(); ++axis)
    OCTET_RETURN_IF_ERROR(
        require({.found = after.shape[axis],
                 .expected = before.shape[axis],
                 .what = "axis " + std::to_string(axis) + " of what " + what + " gives"},
                checks));
  node.add_checks(checks);
  return outputs[0];
}

}  // namespace

// The products are made in the type of the inputs, each operand scaled by the root of the scale, as
// the standard's function body does.
Status import_flex_attention(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(check_operands(node));
  OCTET_ASSIGN_OR_RETURN(const DType precision, precision_of(node));
  OCTET_ASSIGN_OR_RETURN(const double scale, given_scale(node));
  const Dim heads = node.type(0).shape[1];
  OCTET_ASSIGN_OR_RETURN(const ValueId k, repeat_heads(node, "k", node.input(1), heads));
  OCTET_ASSIGN_OR_RETURN(const ValueId v, repeat_heads(node, "v", node.input(2), heads));
  const DType dtype = node.type(0).dtype;
  const double root = std::sqrt(std::abs(scale));
  Formula f(node);
  const Operand keys = f.emit(TransposeAttrs{{0, 1, 3, 2}}, {(f.of(k) * root).id});
  const Operand queries = f.input(0) * std::copysign(root, scale);
  const Operand scores = f.cast(f.emit(MatMulAttrs{}, {queries.id, keys.id}), precision);
  OCTET_RETURN_IF_ERROR(f.status());
  OCTET_ASSIGN_OR_RETURN(const ValueId modified, modify(node, "score_mod", scores.id));
  const Operand softmax = f.emit(SoftmaxAttrs{3}, {modified});
  OCTET_RETURN_IF_ERROR(f.status());
  OCTET_ASSIGN_OR_RETURN(const ValueId probabilities, modify(node, "prob_mod", softmax.id));
  return f.finish(f.emit(MatMulAttrs{}, {probabilities, f.cast(f.of(v), precision).id}), dtype);
}

}  // namespace octet
