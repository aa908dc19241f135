// Pass: gathers that pick elements in order become views.
#include "runtime/passes/simplify_gather.h"

#include <algorithm>

#include "runtime/passes/affine_index.h"

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

bool becomes_reshape(const Graph& graph, const GraphIndex& index, const Node& node) {
  if (node.as<GatherAttrs>()->axis != 0) return false;
  const SymbolicShape& src = graph.value(node.inputs[0]).type.shape;
  const SymbolicShape& indices = graph.value(node.inputs[1]).type.shape;
  if (!(element_count(indices) == src[0])) return false;
  const auto affine = affine_index(graph, index, node.inputs[1]);
  return affine && counts_up(*affine, indices);
}

// The axis along which the index counts up from 0; -1 when it does anything else.
int counted_axis(const AffineIndex& affine) {
  int axis = -1;
  for (size_t i = 0; i < affine.strides.size(); ++i) {
    if (affine.strides[i] == Dim(0)) continue;
    if (axis != -1 || !(affine.strides[i] == Dim(1))) return -1;
    axis = static_cast<int>(i);
  }
  return affine.start == Dim(0) ? axis : -1;
}

// The number of elements that GatherND takes from the front of each axis of its source; empty when it doesn't do that.
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
    const int axis = affine ? counted_axis(*affine) : -1;
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
    const ValueId dst = node.outputs[0];
    ValueId src = node.inputs.empty() ? kNoValue : node.inputs[0];
    if (node.as<GatherNDAttrs>() != nullptr) {
      const std::vector<Dim> counts = leading_counts(graph, index, node);
      if (counts.empty()) continue;
      if (counts != graph.value(src).type.shape) {
        SliceAttrs slice{std::vector<Dim>(counts.size()), counts, std::vector<int64_t>(counts.size(), 1)};
        OCTET_ASSIGN_OR_RETURN(src, graph.add(node.name + "/slice", std::move(slice), {src}));
      }
    } else if (node.as<GatherAttrs>() == nullptr || !becomes_reshape(graph, index, node)) {
      continue;
    }
    const SymbolicShape shape = graph.value(dst).type.shape;
    OCTET_RETURN_IF_ERROR(replace_with(graph, dst, node.name, ReshapeAttrs{shape}, {src}));
  }
  return Status::ok();
}

}  // namespace octet
