// Bounds of index tensors and the comparisons that they decide.
#include "runtime/passes/attention/always_true.h"

#include <algorithm>
#include <limits>

#include "runtime/passes/views.h"

namespace octet {
namespace {

// Constants above this are weights, not masks; not worth reading.
constexpr int64_t kMaxElements = int64_t{1} << 22;
constexpr int kMostNodes = 128;

struct Bounds {
  int64_t low, high;
};

template <class T>
std::optional<Bounds> bounds_of(const Tensor& tensor) {
  const auto values = tensor.elements<const T>();
  if (values.empty()) return std::nullopt;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return Bounds{static_cast<int64_t>(*low), static_cast<int64_t>(*high)};
}

std::optional<Bounds> constant_bounds(const Constant& constant) {
  if (constant.shape().element_count() > kMaxElements) return std::nullopt;
  Result<Tensor> tensor = constant.load();
  if (!tensor.is_ok()) return std::nullopt;
  switch (constant.dtype()) {
    case DType::kI64:
      return bounds_of<int64_t>(*tensor);
    case DType::kI32:
      return bounds_of<int32_t>(*tensor);
    case DType::kBool:
      return bounds_of<bool>(*tensor);
    default:
      return std::nullopt;
  }
}

// The one input whose elements the node's output repeats or moves; kNoValue for other nodes.
ValueId moved_input(const Graph& graph, const Node& node) {
  if (is_view(node) || node.as<ExpandAttrs>() || node.as<SliceAttrs>()) return node.inputs[0];
  if (const auto* cast = node.as<CastAttrs>()) {
    const DType from = graph.value(node.inputs[0]).type.dtype;
    if (cast->to == from || (from == DType::kI32 && cast->to == DType::kI64)) return node.inputs[0];
  }
  return kNoValue;
}

// Answers one question; every node that it looks at counts, since And and Or branch.
class Prover {
 public:
  Prover(const Graph& graph, const GraphIndex& index) : graph_(graph), index_(index) {}

  bool is_true(ValueId value) {
    if (++nodes_ > kMostNodes) return false;
    if (const auto& constant = graph_.value(value).constant) {
      const auto range = constant_bounds(*constant);
      return range && range->low == 1 && range->high == 1;
    }
    const Node* node = index_.producer(value);
    if (!node) return false;
    if (const auto* binary = node->as<BinaryAttrs>()) {
      const ValueId lhs = node->inputs[0], rhs = node->inputs[1];
      switch (binary->function) {
        case BinaryFunction::kAnd:
          return is_true(lhs) && is_true(rhs);
        case BinaryFunction::kOr:
          return is_true(lhs) || is_true(rhs);
        case BinaryFunction::kGreaterOrEqual:
          return is_at_least(lhs, rhs, false);
        case BinaryFunction::kGreater:
          return is_at_least(lhs, rhs, true);
        case BinaryFunction::kLessOrEqual:
          return is_at_least(rhs, lhs, false);
        case BinaryFunction::kLess:
          return is_at_least(rhs, lhs, true);
        default:
          return false;
      }
    }
    const ValueId source = moved_input(graph_, *node);
    return source != kNoValue && graph_.value(source).type.dtype == DType::kBool && is_true(source);
  }

 private:
  // Of an integer or bool tensor; nullopt where unknown.
  std::optional<Bounds> bounds(ValueId value) {
    if (++nodes_ > kMostNodes || value == kNoValue) return std::nullopt;
    if (const auto& constant = graph_.value(value).constant) return constant_bounds(*constant);
    const Node* node = index_.producer(value);
    if (!node) return std::nullopt;
    if (const auto* range = node->as<RangeAttrs>()) {
      if (!range->start.is_constant() || !range->delta.is_constant() || range->delta.value() < 0)
        return std::nullopt;
      return Bounds{range->start.value(), std::numeric_limits<int64_t>::max()};
    }
    const ValueId source = moved_input(graph_, *node);
    return source == kNoValue ? std::nullopt : bounds(source);
  }

  // lhs >= rhs, or lhs > rhs when strict, for every element.
  bool is_at_least(ValueId lhs, ValueId rhs, bool strict) {
    const auto left = bounds(lhs), right = bounds(rhs);
    return left && right && (strict ? left->low > right->high : left->low >= right->high);
  }

  const Graph& graph_;
  const GraphIndex& index_;
  int nodes_ = 0;
};

}  // namespace

bool is_always_true(const Graph& graph, const GraphIndex& index, ValueId value) {
  return value != kNoValue && graph.value(value).type.dtype == DType::kBool &&
         Prover(graph, index).is_true(value);
}

}  // namespace octet
