// What passes ask of a graph while they look for patterns, and the rewrites that several share.
#pragma once

#include <optional>
#include <vector>

#include "runtime/graph/graph.h"

namespace octet {

// What the graph knows of producers and readers, asked for patterns. Always as the graph is now.
// Precondition: the graph outlives it.
class GraphIndex {
 public:
  explicit GraphIndex(const Graph& graph) : graph_(graph) {}

  // As Graph::producer().
  const Node* producer(ValueId id) const { return graph_.producer(id); }
  // The producer where it has these attributes (and, below, this function); else nullptr.
  template <class Attrs>
  const Node* producer_as(ValueId id) const {
    const Node* node = producer(id);
    return node != nullptr && node->as<Attrs>() != nullptr ? node : nullptr;
  }
  const Node* unary(ValueId id, UnaryFunction function) const;
  const Node* binary(ValueId id, BinaryFunction function) const;

  // Nodes that read `id`, once per use; graph outputs don't count.
  std::vector<const Node*> users(ValueId id) const;
  // As Graph::single_user().
  const Node* single_user(ValueId id) const { return graph_.single_user(id); }
  bool has_single_use(ValueId id) const { return single_user(id) != nullptr; }

 private:
  const Graph& graph_;
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

// Adds a node whose first output every reader of `old` reads from now on. The new node must not
// read `old` itself. Indices of nodes stay good; pointers to nodes don't.
Status replace_with(Graph& graph, ValueId old, std::string name, Attributes attributes,
                    std::vector<ValueId> inputs);

}  // namespace octet
