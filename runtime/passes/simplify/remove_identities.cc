// Pass: nodes that change nothing go, and reshapes of reshapes become one.
#include "runtime/passes/simplify/remove_identities.h"

#include <algorithm>

#include "runtime/passes/match.h"

namespace octet {
namespace {

bool is_whole_slice(const SliceAttrs& slice, const SymbolicShape& src) {
  for (size_t i = 0; i < src.size(); ++i)
    if (!(slice.starts[i] == Dim(0)) || !(slice.counts[i] == src[i]) || slice.steps[i] != 1)
      return false;
  return true;
}

// The operand that x + 0, x - 0, x * 1 and x / 1 give; kNoValue for anything else.
ValueId neutral_operand(const Graph& graph, const Node& node) {
  const auto operand = scalar_operand(graph, node);
  if (!operand) return kNoValue;
  const BinaryFunction function = node.as<BinaryAttrs>()->function;
  const bool commutes = function == BinaryFunction::kAdd || function == BinaryFunction::kMul;
  if (operand->scalar_is_lhs && !commutes) return kNoValue;
  const bool adds = function == BinaryFunction::kAdd || function == BinaryFunction::kSub;
  const bool multiplies = function == BinaryFunction::kMul || function == BinaryFunction::kDiv;
  const bool neutral = (adds && operand->scalar == 0) || (multiplies && operand->scalar == 1);
  return neutral ? operand->other : kNoValue;
}

// x of Transpose(Transpose(x)) where the second undoes the first.
ValueId undone_transpose(const GraphIndex& index, const Node& node) {
  const auto* outer = node.as<TransposeAttrs>();
  const Node* inner =
      outer != nullptr ? index.producer_as<TransposeAttrs>(node.inputs[0]) : nullptr;
  if (inner == nullptr) return kNoValue;
  const std::vector<int>& first = inner->as<TransposeAttrs>()->permutation;
  for (size_t i = 0; i < first.size(); ++i)
    if (first[static_cast<size_t>(outer->permutation[i])] != static_cast<int>(i)) return kNoValue;
  return inner->inputs[0];
}

// x of Cast(Cast(x) to float32) to the type of x, a narrower float: widening loses nothing.
ValueId undone_widening(const Graph& graph, const GraphIndex& index, const Node& node) {
  const auto* outer = node.as<CastAttrs>();
  const Node* inner = outer != nullptr ? index.producer_as<CastAttrs>(node.inputs[0]) : nullptr;
  if (inner == nullptr || inner->as<CastAttrs>()->to != DType::kF32) return kNoValue;
  const DType type = graph.value(inner->inputs[0]).type.dtype;
  const bool is_narrow = type == DType::kF16 || type == DType::kBF16;
  return is_narrow && outer->to == type ? inner->inputs[0] : kNoValue;
}

// The input that the node's output equals; kNoValue when it may differ.
ValueId same_as_input(const Graph& graph, const Node& node) {
  if (node.as<BinaryAttrs>() != nullptr) return neutral_operand(graph, node);
  if (node.inputs.empty() || node.inputs[0] == kNoValue || node.outputs.size() != 1)
    return kNoValue;
  const TypeInfo& src = graph.value(node.inputs[0]).type;
  const TypeInfo& dst = graph.value(node.outputs[0]).type;
  if (src.dtype != dst.dtype || src.shape != dst.shape) return kNoValue;
  bool same = node.as<ReshapeAttrs>() != nullptr || node.as<ExpandAttrs>() != nullptr ||
              node.as<CastAttrs>() != nullptr;
  if (const auto* slice = node.as<SliceAttrs>()) same = is_whole_slice(*slice, src.shape);
  if (const auto* transpose = node.as<TransposeAttrs>())
    same = std::is_sorted(transpose->permutation.begin(), transpose->permutation.end());
  if (node.as<ConcatAttrs>() != nullptr) same = node.inputs.size() == 1;
  return same ? node.inputs[0] : kNoValue;
}

}  // namespace

Status remove_identities(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes()) {
    if (node.as<ReshapeAttrs>() != nullptr)
      while (const Node* inner = index.producer_as<ReshapeAttrs>(node.inputs[0]))
        graph.set_input(node, 0, inner->inputs[0]);
    ValueId src = same_as_input(graph, node);
    if (src == kNoValue) src = undone_transpose(index, node);
    if (src == kNoValue) src = undone_widening(graph, index, node);
    if (src == kNoValue) continue;
    const bool src_is_made = index.producer(src) != nullptr && !graph.is_output(src);
    if (graph.is_output(node.outputs[0]) && !src_is_made) continue;
    graph.replace_uses(node.outputs[0], src);
  }
  return Status::ok();
}

}  // namespace octet
