// Reasons of products that are no linear layers.
#include "runtime/passes/quantize/float_products.h"

#include "runtime/ops/recurrence.h"
#include "runtime/passes/match.h"

namespace octet {
namespace {

std::string why_no_layer(const Graph& graph, const Node& product) {
  for (const size_t side : {size_t{1}, size_t{0}}) {
    const ValueId id = product.inputs[side];
    if (!is_constant(graph, id)) continue;
    const TypeInfo& weight = graph.value(id).type;
    const std::string found = "the weight is " + to_string(weight);
    if (weight.dtype != DType::kF32) return found + ", expected float32";
    if (weight.rank() > 2) return found + ", many matrices, expected one, [K, N]";
    if (side == 0) return found + " and stands on the left, expected src . weights";
    if (weight.rank() < 2) return found + ", expected a matrix [K, N]";
    return found + " and the other operand " + to_string(graph.value(product.inputs[0]).type) +
           ", expected float32 rows";
  }
  return "neither operand is a constant weight";
}

}  // namespace

std::string why_float(const Graph& graph, const Node& node) {
  if (node.as<MatMulAttrs>() != nullptr) return why_no_layer(graph, node);
  const RecurrenceAttrs* recurrence = as_recurrence(node.attributes);
  if (recurrence != nullptr && is_constant(graph, node.inputs[recurrence::kWeights]))
    return "the weights of a recurrence stay float: its steps have no quantized kernel";
  const auto* layer = node.as<LinearAttrs>();
  if (layer == nullptr || !layer->scheme.is_none()) return "";
  return layer->why_float.empty() ? "no scheme was asked for" : layer->why_float;
}

std::vector<FloatProduct> float_products(const Graph& graph) {
  std::vector<FloatProduct> products;
  for (const Node& node : graph.nodes())
    if (node.as<MatMulAttrs>() != nullptr)
      products.push_back({node.name, why_no_layer(graph, node)});
  return products;
}

std::vector<FloatProduct> all_float_products(const Graph& graph) {
  std::vector<FloatProduct> products = float_products(graph);
  for (const Node& node : graph.nodes())
    for (const auto& inner : node.graphs)
      for (FloatProduct& product : all_float_products(*inner))
        products.push_back(std::move(product));
  return products;
}

}  // namespace octet
