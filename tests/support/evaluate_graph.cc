// Runs whole graphs on the reference kernels, and names their nodes.
#include "tests/support/evaluate_graph.h"

#include <cstdio>
#include <cstdlib>
#include <map>

#include "kernels/reference/table.h"

namespace octet::test {
namespace {

template <class T>
T value_or_stop(Result<T> result) {
  if (result.is_ok()) return std::move(result).value();
  std::fprintf(stderr, "test graph: %s\n", result.status().message().c_str());
  std::abort();
}

}  // namespace

Result<std::vector<Tensor>> evaluate_graph(const Graph& graph, const std::vector<Tensor>& inputs) {
  assert(inputs.size() == graph.inputs().size());
  std::map<ValueId, Tensor> values;
  for (size_t i = 0; i < inputs.size(); ++i) values[graph.inputs()[i]] = inputs[i];
  const auto value = [&](ValueId id) -> Result<Tensor> {
    if (id == kNoValue) return Tensor();
    if (graph.value(id).constant) return graph.value(id).constant->load();
    return values.at(id);
  };
  for (const Node& node : graph.nodes()) {
    std::vector<Tensor> arguments;
    for (const ValueId id : node.inputs) {
      OCTET_ASSIGN_OR_RETURN(Tensor argument, value(id));
      arguments.push_back(std::move(argument));
    }
    auto results = evaluate_reference(node.attributes, arguments);
    if (!results.is_ok()) return results.status().with_prefix(node.name);
    for (size_t i = 0; i < node.outputs.size(); ++i) values[node.outputs[i]] = (*results)[i];
  }
  std::vector<Tensor> outputs;
  for (const ValueId id : graph.outputs()) {
    OCTET_ASSIGN_OR_RETURN(Tensor output, value(id));
    outputs.push_back(std::move(output));
  }
  return outputs;
}

std::vector<std::string> op_labels(const Graph& graph) {
  std::vector<std::string> labels;
  for (const Node& node : graph.nodes()) labels.push_back(op_label(node.attributes));
  return labels;
}

int count_nodes(const Graph& graph, OpKind kind) {
  int count = 0;
  for (const Node& node : graph.nodes()) count += node.kind() == kind ? 1 : 0;
  return count;
}

const Node* find_node(const Graph& graph, OpKind kind) {
  for (const Node& node : graph.nodes())
    if (node.kind() == kind) return &node;
  return nullptr;
}

ValueId add_input(Graph& graph, const std::string& name, DType dtype, SymbolicShape shape) {
  TypeInfo type;
  type.dtype = dtype;
  type.shape = std::move(shape);
  return graph.add_input(name, std::move(type));
}

ValueId add_floats(Graph& graph, const std::string& name, const Tensor& tensor) {
  return value_or_stop(graph.add_constant(name, Constant(tensor)));
}

ValueId add_node(Graph& graph, const std::string& name, Attributes attributes,
                 std::vector<ValueId> inputs) {
  return value_or_stop(graph.add(name, std::move(attributes), std::move(inputs), name));
}

}  // namespace octet::test
