// What passes ask of a graph while they look for patterns, and the rewrites that several share.
#include "runtime/passes/match.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

std::optional<double> first_element(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kF32:
      return tensor.view().as<float>()[0];
    case DType::kF64:
      return tensor.view().as<double>()[0];
    case DType::kF16:
      return to_float(tensor.view().as<Float16>()[0]);
    case DType::kBF16:
      return to_float(tensor.view().as<BFloat16>()[0]);
    case DType::kI32:
      return tensor.view().as<int32_t>()[0];
    case DType::kI64:
      return static_cast<double>(tensor.view().as<int64_t>()[0]);
    default:
      return std::nullopt;
  }
}

}  // namespace

const Node* GraphIndex::unary(ValueId id, UnaryFunction function) const {
  const Node* node = producer_as<UnaryAttrs>(id);
  return node != nullptr && node->as<UnaryAttrs>()->function == function ? node : nullptr;
}

const Node* GraphIndex::binary(ValueId id, BinaryFunction function) const {
  const Node* node = producer_as<BinaryAttrs>(id);
  return node != nullptr && node->as<BinaryAttrs>()->function == function ? node : nullptr;
}

std::vector<const Node*> GraphIndex::users(ValueId id) const {
  std::vector<const Node*> nodes;
  for (int index : graph_.users(id)) nodes.push_back(&graph_.nodes()[static_cast<size_t>(index)]);
  return nodes;
}

bool is_constant(const Graph& graph, ValueId id) {
  return id != kNoValue && graph.value(id).constant.has_value();
}

std::optional<double> scalar_constant(const Graph& graph, ValueId id) {
  if (!is_constant(graph, id)) return std::nullopt;
  const Constant& constant = *graph.value(id).constant;
  if (constant.shape().element_count() != 1) return std::nullopt;
  auto tensor = constant.load();
  if (!tensor.is_ok()) return std::nullopt;  // whoever needs the value will meet the error again
  return first_element(*tensor);
}

bool is_scalar(const Graph& graph, ValueId id, double expected, double relative) {
  const auto value = scalar_constant(graph, id);
  return value && std::abs(*value - expected) <= relative * std::abs(expected);
}

std::optional<ScalarOperand> scalar_operand(const Graph& graph, const Node& node) {
  if (node.as<BinaryAttrs>() == nullptr) return std::nullopt;
  for (size_t i : {size_t{1}, size_t{0}}) {
    const ValueId other = node.inputs[1 - i];
    const auto scalar = scalar_constant(graph, node.inputs[i]);
    if (scalar && graph.value(node.inputs[i]).type.rank() <= graph.value(other).type.rank())
      return ScalarOperand{*scalar, other, i == 0};
  }
  return std::nullopt;
}

bool is_vector_constant(const Graph& graph, ValueId id, const Dim& size) {
  if (!is_constant(graph, id) || !size.is_constant()) return false;
  const Constant& constant = *graph.value(id).constant;
  const Shape& shape = constant.shape();
  return constant.dtype() == DType::kF32 && shape.rank() > 0 && shape.back() == size.value() &&
         shape.element_count() == size.value();
}

Result<ValueId> as_vector(Graph& graph, ValueId id) {
  const Constant constant = *graph.value(id).constant;
  if (constant.shape().rank() == 1) return id;
  const std::string name = graph.value(id).name;
  return graph.add_constant(name, constant.reshaped(Shape{constant.shape().element_count()}));
}

Status replace_with(Graph& graph, ValueId old, std::string name, Attributes attributes,
                    std::vector<ValueId> inputs) {
  assert(std::find(inputs.begin(), inputs.end(), old) == inputs.end());
  const std::string value_name = graph.value(old).name;
  OCTET_ASSIGN_OR_RETURN(
      const std::vector<ValueId> outputs,
      graph.add_node(std::move(name), std::move(attributes), std::move(inputs), {value_name}));
  graph.replace_uses(old, outputs[0]);
  return Status::ok();
}

}  // namespace octet
