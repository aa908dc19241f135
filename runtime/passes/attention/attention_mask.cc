// Additive masks: canonical form and sharing.
#include "runtime/passes/attention/attention_mask.h"

#include <cmath>

#include "runtime/passes/attention/always_true.h"
#include "runtime/passes/views.h"

namespace octet {
namespace {

// Bounds the recursion on models that nest conditions on purpose.
constexpr int kMaxConditionDepth = 32;

Result<ValueId> add_scalar(Graph& graph, const std::string& name, float value) {
  return graph.add_constant(name, Constant(Tensor::from<float>(std::span(&value, 1), Shape{})));
}

ValueId without_expand(const GraphIndex& index, ValueId value) {
  for (int step = 0; step < kMostViews; ++step) {
    const Node* expand = index.producer_as<ExpandAttrs>(value);
    if (expand == nullptr) break;
    value = expand->inputs[0];
  }
  return value;
}

// where(condition, 0, fill) and where(condition, fill, 0) as the piece that they are; others as
// they came.
MaskPiece as_select(const Graph& graph, const GraphIndex& index, const MaskPiece& piece) {
  const Node* where = index.producer_as<WhereAttrs>(piece.addend);
  if (where == nullptr) return piece;
  const auto on_true = scalar_constant(graph, where->inputs[1]);
  const auto on_false = scalar_constant(graph, where->inputs[2]);
  if (!on_true || !on_false || (*on_true != 0 && *on_false != 0)) return piece;
  if (std::isnan(*on_true) || std::isnan(*on_false)) return piece;
  const bool keep = *on_true == 0;
  return MaskPiece{kNoValue, where->inputs[0], keep,
                   static_cast<float>(keep ? *on_false : *on_true)};
}

}  // namespace

bool fill_masks(float fill) { return fill <= -1e4f; }

Result<ValueId> AttentionMasks::combine(Graph& graph, const std::vector<MaskPiece>& pieces) {
  ValueId sum = kNoValue;
  for (const MaskPiece& piece : pieces) {
    OCTET_ASSIGN_OR_RETURN(const ValueId mask, additive(graph, piece));
    if (mask == kNoValue) continue;
    if (sum == kNoValue) {
      sum = mask;
      continue;
    }
    const auto key = std::pair(sum, mask);
    if (!sums_.contains(key)) {
      const std::string name = graph.value(sum).name + "/and_mask";
      OCTET_ASSIGN_OR_RETURN(sums_[key],
                             graph.add(name, BinaryAttrs{BinaryFunction::kAdd}, {sum, mask}, name));
    }
    sum = sums_[key];
  }
  return sum;
}

Result<ValueId> AttentionMasks::additive(Graph& graph, const MaskPiece& piece) {
  const GraphIndex index(graph);
  MaskPiece select_piece = piece;
  if (piece.addend != kNoValue) {
    select_piece.addend = without_expand(index, piece.addend);
    select_piece = as_select(graph, index, select_piece);
    if (select_piece.addend != kNoValue) return select_piece.addend;
  }
  ValueId condition = without_expand(index, select_piece.condition);
  if (select_piece.keep) {
    OCTET_ASSIGN_OR_RETURN(condition, simplified(graph, index, condition, 0));
    if (condition == kNoValue) return kNoValue;
  }
  return select(graph, condition, select_piece.keep, select_piece.fill);
}

Result<ValueId> AttentionMasks::select(Graph& graph, ValueId condition, bool keep, float fill) {
  const auto key = std::tuple(condition, keep, fill);
  if (const auto found = selects_.find(key); found != selects_.end()) return found->second;
  const std::string name = graph.value(condition).name + "/mask";
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, add_scalar(graph, name + "/zero", 0));
  OCTET_ASSIGN_OR_RETURN(const ValueId filler, add_scalar(graph, name + "/fill", fill));
  const std::vector<ValueId> inputs = {condition, keep ? zero : filler, keep ? filler : zero};
  OCTET_ASSIGN_OR_RETURN(const ValueId mask, graph.add(name, WhereAttrs{}, inputs, name));
  return selects_[key] = mask;
}

// `condition` without Expand and without what is always true; kNoValue where nothing is left. The
// rest may be smaller than `condition` was, and broadcasts to the same elements.
Result<ValueId> AttentionMasks::simplified(Graph& graph, const GraphIndex& index, ValueId condition,
                                           int depth) {
  if (depth > kMaxConditionDepth) return condition;
  if (const auto found = conditions_.find(condition); found != conditions_.end())
    return found->second;
  ValueId result = condition;
  const Node* node = index.producer(condition);
  const auto* binary = node ? node->as<BinaryAttrs>() : nullptr;
  if (is_always_true(graph, index, condition)) {
    result = kNoValue;
  } else if (node && (node->as<ExpandAttrs>() || is_idle_cast(graph, *node))) {
    OCTET_ASSIGN_OR_RETURN(result, simplified(graph, index, node->inputs[0], depth + 1));
  } else if (binary && binary->function == BinaryFunction::kAnd) {
    const ValueId lhs = node->inputs[0],
                  rhs = node->inputs[1];  // the node moves when others are added
    OCTET_ASSIGN_OR_RETURN(const ValueId left, simplified(graph, index, lhs, depth + 1));
    OCTET_ASSIGN_OR_RETURN(const ValueId right, simplified(graph, index, rhs, depth + 1));
    if (left == kNoValue || right == kNoValue) {
      result = left == kNoValue ? right : left;
    } else if (left != lhs || right != rhs) {
      const std::string name = graph.value(condition).name + "/simplified";
      OCTET_ASSIGN_OR_RETURN(
          result, graph.add(name, BinaryAttrs{BinaryFunction::kAnd}, {left, right}, name));
    }
  }
  return conditions_[condition] = result;
}

}  // namespace octet
