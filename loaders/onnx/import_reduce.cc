// Reductions and running sums.
#include "loaders/onnx/importers.h"

namespace octet {

// Axes are an attribute below opset 18 (13 for ReduceSum), an input from it on. Without axes all
// are reduced, or none with noop_with_empty_axes.
Status import_reduce(NodeImport& node, ReduceFunction function) {
  const int64_t since = function == ReduceFunction::kSum ? 13 : 18;
  OCTET_ASSIGN_OR_RETURN(const auto given, node.ints("axes", 1, since));
  const bool keep_dims = node.flag_attribute("keepdims", true);
  const bool none_without_axes = node.flag_attribute("noop_with_empty_axes", false);
  std::vector<int> axes;
  if (given && !given->empty()) {
    OCTET_ASSIGN_OR_RETURN(axes, normalize_axes(*given, node.rank(0)));
  } else if (!none_without_axes) {
    axes = axes_from(0, node.rank(0));
  }
  return node.finish(ReduceAttrs{function, std::move(axes), keep_dims}, {node.input(0)});
}

Status import_cum_sum(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const Dim given, node.dim(1));
  if (!given.is_constant())
    return unsupported("the axis is " + given.text() + ", expected a constant");
  OCTET_ASSIGN_OR_RETURN(const int axis, normalize_axis(given.value(), node.rank(0)));
  return node.finish(CumSumAttrs{axis, node.flag_attribute("exclusive", false),
                                 node.flag_attribute("reverse", false)},
                     {node.input(0)});
}

}  // namespace octet
