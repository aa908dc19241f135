// What passes ask of a graph while they look for patterns, and the rewrites that several share.
#pragma once

#include <optional>
#include <vector>

#include "runtime/graph/graph.h"

namespace octet {

// Producers and users as of its making. It stays usable while a pass appends nodes and rewires
// inputs, as long as the pass asks only about values that it has not touched; refresh() after that.
// Precondition: the graph outlives it.
class GraphIndex {
 public:
  explicit GraphIndex(Graph& graph) : graph_(graph) { refresh(); }
  void refresh();

  // The node that makes `id`; nullptr for inputs, constants and kNoValue. The pointer lives until
  // nodes are added.
  Node* producer(ValueId id) const;
  // The producer where it has these attributes (and, below, this function); else nullptr.
  template <class Attrs>
  Node* producer_as(ValueId id) const {
    Node* node = producer(id);
    return node != nullptr && node->as<Attrs>() != nullptr ? node : nullptr;
  }
  Node* unary(ValueId id, UnaryFunction function) const;
  Node* binary(ValueId id, BinaryFunction function) const;

  // Nodes that read `id`, once per use; graph outputs don't count.
  std::vector<Node*> users(ValueId id) const;
  // The only reader of `id`; nullptr when there are several, none, or `id` is a graph output.
  Node* single_user(ValueId id) const;
  bool has_single_use(ValueId id) const { return single_user(id) != nullptr; }

 private:
  Graph& graph_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> users_;
};

bool is_constant(const Graph& graph, ValueId id);
// The value of a constant with one element (any rank, a float type, int32 or int64); nullopt
// otherwise.
std::optional<double> scalar_constant(const Graph& graph, ValueId id);
// Whether that value is `expected` within `relative` of it; exporters print constants with few
// digits.
bool is_scalar(const Graph& graph, ValueId id, double expected, double relative = 1e-6);

// The operands of a Binary node, one of them a constant with one element.
struct ScalarOperand {
  double scalar;
  ValueId other;
  bool scalar_is_lhs;
};
// nullopt when neither operand is such a constant, or when the constant's rank raises that of the
// result.
std::optional<ScalarOperand> scalar_operand(const Graph& graph, const Node& node);

// Whether `id` is a float32 constant of `size` elements along the last axis, all other extents 1.
bool is_vector_constant(const Graph& graph, ValueId id, const Dim& size);
// That constant with rank 1: itself, or a new constant of the graph. Error: kIoError.
Result<ValueId> as_vector(Graph& graph, ValueId id);

// Infers all types anew, in node order: after a rewrite a value may be known more exactly
// (contents, extents), and so may those that depend on it. Error: an op that no longer takes its
// inputs.
Status refresh_types(Graph& graph);

// Adds a node whose first output every reader of `old` reads from now on. The new node must not
// read `old` itself. Indices of nodes stay good; pointers to nodes don't.
Status replace_with(Graph& graph, ValueId old, std::string name, Attributes attributes,
                    std::vector<ValueId> inputs);

}  // namespace octet
