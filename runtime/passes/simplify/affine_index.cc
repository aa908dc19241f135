// Integer tensors whose element at [i, j, ..] is start + i * stride 0 + j * stride 1 + ..
#include "runtime/passes/simplify/affine_index.h"

#include <algorithm>
#include <limits>

namespace octet {
namespace {

constexpr int kDeepest = 16;
constexpr int kMostNodes = 64;  // in all: sums branch
constexpr uint64_t kLargestConstantBytes = uint64_t{1} << 20;

class Analysis {
 public:
  Analysis(const Graph& graph, const GraphIndex& index) : graph_(graph), index_(index) {}

  std::optional<AffineIndex> of(ValueId value, int depth) {
    const TypeInfo& type = graph_.value(value).type;
    if (depth > kDeepest || ++nodes_ > kMostNodes || !is_integer(type.dtype)) return std::nullopt;
    if (type.contents && type.contents->size() == 1)
      return AffineIndex{(*type.contents)[0], std::vector<Dim>(type.shape.size())};
    if (graph_.value(value).constant) return of_constant(*graph_.value(value).constant);
    const Node* node = index_.producer(value);
    if (node == nullptr) return std::nullopt;
    if (const auto* range = node->as<RangeAttrs>())
      return AffineIndex{range->start, {range->delta}};
    if (node->as<BinaryAttrs>() != nullptr) return of_binary(*node, depth);
    const bool moves = node->as<ReshapeAttrs>() || node->as<ExpandAttrs>() ||
                       node->as<CastAttrs>() || node->as<SliceAttrs>();
    auto src = moves ? of(node->inputs[0], depth + 1) : std::nullopt;
    if (!src) return std::nullopt;
    const SymbolicShape& from = graph_.value(node->inputs[0]).type.shape;
    if (node->as<ReshapeAttrs>() != nullptr) return reshaped(std::move(*src), from, type.shape);
    if (node->as<ExpandAttrs>() != nullptr) return broadcast(std::move(*src), from, type.shape);
    if (const auto* slice = node->as<SliceAttrs>()) {
      for (size_t i = 0; i < src->strides.size(); ++i) {
        src->start = src->start + src->strides[i] * slice->starts[i];
        src->strides[i] = src->strides[i] * Dim(slice->steps[i]);
      }
    }
    return src;
  }

 private:
  // Such as position ids, [1, 512] of 0, 1, 2, ..
  static std::optional<AffineIndex> of_constant(const Constant& constant) {
    const Shape& shape = constant.shape();
    if (constant.dtype() != DType::kI64 || shape.element_count() < 2) return std::nullopt;
    if (constant.byte_count() > kLargestConstantBytes) return std::nullopt;
    AffineIndex affine{0, std::vector<Dim>(static_cast<size_t>(shape.rank()))};
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1) continue;
      if (shape[axis] != shape.element_count()) return std::nullopt;
      affine.strides[static_cast<size_t>(axis)] = 1;
    }
    const auto tensor = constant.load();
    if (!tensor.is_ok()) return std::nullopt;
    const auto elements = tensor->elements<const int64_t>();
    affine.start = elements[0];
    for (size_t i = 1; i < elements.size(); ++i)
      if (elements[i - 1] == std::numeric_limits<int64_t>::max() ||
          elements[i] != elements[i - 1] + 1)
        return std::nullopt;
    return affine;
  }

  std::optional<AffineIndex> of_binary(const Node& node, int depth) {
    const BinaryFunction function = node.as<BinaryAttrs>()->function;
    if (function != BinaryFunction::kAdd && function != BinaryFunction::kMul) return std::nullopt;
    auto lhs = of(node.inputs[0], depth + 1), rhs = of(node.inputs[1], depth + 1);
    if (!lhs || !rhs) return std::nullopt;
    const SymbolicShape& shape = graph_.value(node.outputs[0]).type.shape;
    lhs = broadcast(std::move(*lhs), graph_.value(node.inputs[0]).type.shape, shape);
    rhs = broadcast(std::move(*rhs), graph_.value(node.inputs[1]).type.shape, shape);
    if (!lhs || !rhs) return std::nullopt;
    if (function == BinaryFunction::kAdd) {
      lhs->start = lhs->start + rhs->start;
      for (size_t i = 0; i < shape.size(); ++i) lhs->strides[i] = lhs->strides[i] + rhs->strides[i];
      return lhs;
    }
    const auto is_number = [](const AffineIndex& affine) {
      return std::all_of(affine.strides.begin(), affine.strides.end(),
                         [](const Dim& d) { return d == Dim(0); });
    };
    if (!is_number(*rhs)) std::swap(lhs, rhs);
    if (!is_number(*rhs)) return std::nullopt;
    for (Dim& stride : lhs->strides) stride = stride * rhs->start;
    lhs->start = lhs->start * rhs->start;
    return lhs;
  }

  // Along axes that broadcasting adds or stretches the elements are the same; an extent that may or
  // may not be 1 is neither.
  static std::optional<AffineIndex> broadcast(AffineIndex affine, const SymbolicShape& from,
                                              const SymbolicShape& to) {
    const size_t added = to.size() - from.size();
    for (size_t i = 0; i < from.size(); ++i)
      if (!(from[i] == Dim(1)) && !(from[i] == to[added + i])) return std::nullopt;
    affine.strides.insert(affine.strides.begin(), added, Dim(0));
    return affine;
  }

  static std::optional<AffineIndex> reshaped(AffineIndex affine, const SymbolicShape& from,
                                             const SymbolicShape& to) {
    AffineIndex result{affine.start, std::vector<Dim>(to.size())};
    size_t next = 0;
    for (size_t i = 0; i < to.size(); ++i) {
      if (to[i] == Dim(1)) continue;
      while (next < from.size() && from[next] == Dim(1)) ++next;
      if (next == from.size() || !(from[next] == to[i])) return std::nullopt;
      result.strides[i] = affine.strides[next++];
    }
    while (next < from.size() && from[next] == Dim(1)) ++next;
    return next == from.size() ? std::optional(std::move(result)) : std::nullopt;
  }

  const Graph& graph_;
  const GraphIndex& index_;
  int nodes_ = 0;
};

}  // namespace

std::optional<AffineIndex> affine_index(const Graph& graph, const GraphIndex& index,
                                        ValueId value) {
  auto affine = Analysis(graph, index).of(value, 0);
  if (!affine) return std::nullopt;
  const SymbolicShape& shape = graph.value(value).type.shape;
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == Dim(1)) affine->strides[i] = 0;
  return affine;
}

}  // namespace octet
