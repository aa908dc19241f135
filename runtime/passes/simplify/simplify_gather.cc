// Pass: gathers that pick elements in order become views.
#include "runtime/passes/simplify/simplify_gather.h"

#include <optional>

#include "runtime/passes/simplify/affine_index.h"

namespace octet {
namespace {

// Whether the indices are 0, 1, 2, .. in row-major order.
bool counts_up(const AffineIndex& affine, const SymbolicShape& shape) {
  Dim expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (!(shape[i] == Dim(1)) && !(affine.strides[i] == expected)) return false;
    expected = expected * shape[i];
  }
  return affine.start == Dim(0);
}

// The axis along which the index counts up; -1 when it does anything else.
int counted_axis(const AffineIndex& affine) {
  int axis = -1;
  for (size_t i = 0; i < affine.strides.size(); ++i) {
    if (affine.strides[i] == Dim(0)) continue;
    if (axis != -1 || !(affine.strides[i] == Dim(1))) return -1;
    axis = static_cast<int>(i);
  }
  return axis;
}

// Rows of the source that a Gather picks, one after the other.
struct Rows {
  Dim start;
  Dim count;
};

std::optional<Rows> consecutive_rows(const Graph& graph, const GraphIndex& index,
                                     const Node& node) {
  if (node.as<GatherAttrs>()->axis != 0) return std::nullopt;
  const SymbolicShape& src = graph.value(node.inputs[0]).type.shape;
  const SymbolicShape& indices = graph.value(node.inputs[1]).type.shape;
  const auto affine = affine_index(graph, index, node.inputs[1]);
  if (!affine) return std::nullopt;
  const Dim count = element_count(indices);
  if (count == src[0] && counts_up(*affine, indices)) return Rows{0, count};
  const int axis = counted_axis(*affine);
  if (axis < 0 || !(indices[static_cast<size_t>(axis)] == count)) return std::nullopt;
  if (!affine->start.is_constant() || affine->start.value() < 0)
    return std::nullopt;  // may count from the end
  return Rows{affine->start, count};
}

// The number of elements that GatherND takes from the front of each axis of its source; empty when
// it doesn't do that.
std::vector<Dim> leading_counts(const Graph& graph, const GraphIndex& index, const Node& node) {
  const Node* concat = index.producer_as<ConcatAttrs>(node.inputs[1]);
  const SymbolicShape& src = graph.value(node.inputs[0]).type.shape;
  const SymbolicShape& grid = graph.value(node.inputs[1]).type.shape;
  if (node.as<GatherNDAttrs>()->batch_dims != 0 || concat == nullptr) return {};
  const bool joins_last = concat->as<ConcatAttrs>()->axis + 1 == static_cast<int>(grid.size());
  if (!joins_last || concat->inputs.size() > src.size()) return {};
  std::vector<Dim> counts(src.begin(), src.end());
  int last_axis = -1;
  for (size_t i = 0; i < concat->inputs.size(); ++i) {
    if (!(graph.value(concat->inputs[i]).type.shape.back() == Dim(1))) return {};
    const auto affine = affine_index(graph, index, concat->inputs[i]);
    const int axis = affine && affine->start == Dim(0) ? counted_axis(*affine) : -1;
    if (axis <= last_axis) return {};
    for (int skipped = last_axis + 1; skipped < axis; ++skipped)
      if (!(grid[static_cast<size_t>(skipped)] == Dim(1))) return {};
    counts[i] = grid[static_cast<size_t>(axis)];
    last_axis = axis;
  }
  for (size_t rest = static_cast<size_t>(last_axis + 1); rest + 1 < grid.size(); ++rest)
    if (!(grid[rest] == Dim(1))) return {};
  return counts;
}

}  // namespace

Status simplify_gather(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  const size_t node_count = graph.nodes().size();
  for (size_t i = 0; i < node_count; ++i) {
    const Node node = graph.nodes()[i];  // a copy: nodes are added below
    if (node.as<GatherNDAttrs>() == nullptr && node.as<GatherAttrs>() == nullptr) continue;
    ValueId src = node.inputs[0];
    const SymbolicShape extents = graph.value(src).type.shape;
    SliceAttrs slice{std::vector<Dim>(extents.size()), extents,
                     std::vector<int64_t>(extents.size(), 1)};
    if (node.as<GatherNDAttrs>() != nullptr) {
      slice.counts = leading_counts(graph, index, node);
      if (slice.counts.empty()) continue;
    } else {
      const auto rows = consecutive_rows(graph, index, node);
      if (!rows) continue;
      slice.starts[0] = rows->start;
      slice.counts[0] = rows->count;
    }
    if (slice.counts != extents) {
      OCTET_ASSIGN_OR_RETURN(src, graph.add(node.name + "/slice", std::move(slice), {src}));
    }
    const SymbolicShape shape = graph.value(node.outputs[0]).type.shape;
    OCTET_RETURN_IF_ERROR(
        replace_with(graph, node.outputs[0], node.name, ReshapeAttrs{shape}, {src}));
  }
  return Status::ok();
}

}  // namespace octet
