// Views and scales between the projections and the products of an attention.
#include "runtime/passes/attention/attention_operands.h"

#include <numeric>
#include <utility>

#include "runtime/passes/views.h"

namespace octet {
namespace {

const SymbolicShape& shape_of(const Graph& graph, ValueId value) {
  return graph.value(value).type.shape;
}

std::string derived_name(const Graph& graph, ValueId value, const char* suffix) {
  return graph.value(value).name + suffix;
}

// Transpose of `value`, seeing through a Transpose that makes it.
Result<ValueId> transposed(Graph& graph, const GraphIndex& index, ValueId value,
                           std::vector<int> permutation) {
  ValueId source = value;
  if (const Node* first = index.producer_as<TransposeAttrs>(value)) {
    source = first->inputs[0];
    const std::vector<int>& inner = first->as<TransposeAttrs>()->permutation;
    for (int& axis : permutation) axis = inner[static_cast<size_t>(axis)];
  }
  std::vector<int> identity(permutation.size());
  std::iota(identity.begin(), identity.end(), 0);
  if (permutation == identity) return source;
  const std::string name = derived_name(graph, value, "/transposed");
  return graph.add(name, TransposeAttrs{std::move(permutation)}, {source}, name);
}

Result<ValueId> swap_last_two(Graph& graph, const GraphIndex& index, ValueId value) {
  std::vector<int> permutation(shape_of(graph, value).size());
  std::iota(permutation.begin(), permutation.end(), 0);
  std::swap(permutation.end()[-1], permutation.end()[-2]);
  return transposed(graph, index, value, std::move(permutation));
}

bool same_last_two(const SymbolicShape& lhs, const SymbolicShape& rhs) {
  return lhs.end()[-1] == rhs.end()[-1] && lhs.end()[-2] == rhs.end()[-2];
}

// The [B, H, M, N] tensor whose reshape to [B * H, M, N] is `value`; kNoValue where there is none.
ValueId before_flattening(const Graph& graph, const GraphIndex& index, ValueId value) {
  const Node* reshape = index.producer_as<ReshapeAttrs>(value);
  if (reshape == nullptr || shape_of(graph, value).size() != 3) return kNoValue;
  const ValueId source = reshape->inputs[0];
  const SymbolicShape& shape = shape_of(graph, source);
  if (shape.size() != 4 || !same_last_two(shape, shape_of(graph, value))) return kNoValue;
  return source;
}

// The [B, H, N, M] tensor of which `value` [B, H, M, N] is the transpose by way of rank 3, as
// torch's dynamo exporter writes it: Reshape [B * H, N, M], Transpose [0, 2, 1], Reshape. kNoValue
// where there is none.
ValueId swapped_by_way_of_rank_3(const Graph& graph, const GraphIndex& index, ValueId value) {
  const Node* reshape = index.producer_as<ReshapeAttrs>(value);
  if (reshape == nullptr) return kNoValue;
  const Node* transpose = index.producer_as<TransposeAttrs>(reshape->inputs[0]);
  if (transpose == nullptr ||
      transpose->as<TransposeAttrs>()->permutation != std::vector<int>{0, 2, 1})
    return kNoValue;
  const ValueId source = before_flattening(graph, index, transpose->inputs[0]);
  if (source == kNoValue) return kNoValue;
  SymbolicShape expected = shape_of(graph, source);
  std::swap(expected[2], expected[3]);
  return expected == shape_of(graph, value) ? source : kNoValue;
}

// [B, H, S, D] for a rank-3 operand that was reshaped from it, else kNoValue. `k_transposed` may be
// reshaped before or after its transposition.
Result<ValueId> unflattened_key(Graph& graph, const GraphIndex& index, ValueId k_transposed) {
  if (const ValueId wide = before_flattening(graph, index, k_transposed); wide != kNoValue)
    return swap_last_two(graph, index, wide);
  OCTET_ASSIGN_OR_RETURN(const ValueId k, swap_last_two(graph, index, k_transposed));
  return before_flattening(graph, index, k);
}

bool same_heads(const Graph& graph, ValueId lhs, ValueId rhs) {
  const SymbolicShape &a = shape_of(graph, lhs), &b = shape_of(graph, rhs);
  return a[0] == b[0] && a[1] == b[1];
}

// [B * H, S, D] as [B * H, 1, S, D].
Result<ValueId> with_one_head(Graph& graph, ValueId value) {
  const SymbolicShape& shape = shape_of(graph, value);
  const std::string name = derived_name(graph, value, "/one_head");
  return graph.add(name, ReshapeAttrs{{shape[0], 1, shape[1], shape[2]}}, {value}, name);
}

}  // namespace

Result<AttentionOperands> attention_operands(Graph& graph, ValueId q, ValueId k_transposed,
                                             ValueId v) {
  AttentionOperands operands;
  {
    const GraphIndex index(graph);
    OCTET_ASSIGN_OR_RETURN(q, take_out_scale(graph, index, q, operands.scale));
    OCTET_ASSIGN_OR_RETURN(k_transposed,
                           take_out_scale(graph, index, k_transposed, operands.scale));
  }
  const GraphIndex index(graph);
  operands.q = q;
  operands.v = v;
  if (shape_of(graph, q).size() == 4) {
    operands.k = swapped_by_way_of_rank_3(graph, index, k_transposed);
    if (operands.k != kNoValue) return operands;
    OCTET_ASSIGN_OR_RETURN(operands.k, swap_last_two(graph, index, k_transposed));
    return operands;
  }
  operands.q = before_flattening(graph, index, q);
  operands.v = before_flattening(graph, index, v);
  OCTET_ASSIGN_OR_RETURN(operands.k, unflattened_key(graph, index, k_transposed));
  if (operands.q != kNoValue && operands.k != kNoValue && operands.v != kNoValue &&
      same_heads(graph, operands.q, operands.k) && same_heads(graph, operands.q, operands.v))
    return operands;
  OCTET_ASSIGN_OR_RETURN(const ValueId k, swap_last_two(graph, index, k_transposed));
  OCTET_ASSIGN_OR_RETURN(operands.q, with_one_head(graph, q));
  OCTET_ASSIGN_OR_RETURN(operands.k, with_one_head(graph, k));
  OCTET_ASSIGN_OR_RETURN(operands.v, with_one_head(graph, v));
  return operands;
}

}  // namespace octet
