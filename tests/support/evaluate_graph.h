// Runs whole graphs on the reference kernels, and names their nodes; for tests of rewrites.
#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace octet::test {

// The outputs of the graph for these inputs, in order. Precondition: `graph` is normalized and has
// constant shapes only.
Result<std::vector<Tensor>> evaluate_graph(const Graph& graph, const std::vector<Tensor>& inputs);

// op_label() of every node in order.
std::vector<std::string> op_labels(const Graph& graph);
int count_nodes(const Graph& graph, OpKind kind);
// The first node of the kind; nullptr where there is none.
const Node* find_node(const Graph& graph, OpKind kind);

ValueId add_input(Graph& graph, const std::string& name, DType dtype, SymbolicShape shape);
// A constant of the graph; stops the test program where it can't be added.
ValueId add_floats(Graph& graph, const std::string& name, const Tensor& tensor);
// A node with one output, named after the node; stops the test program on an error.
ValueId add_node(Graph& graph, const std::string& name, Attributes attributes,
                 std::vector<ValueId> inputs);

}  // namespace octet::test
