// Reductions, of codes as well, running sums and products.
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/importers.h"

namespace octet {

namespace {

// Those that are given; where there are none all axes, or none if `none_without_axes`.
Result<std::vector<int>> reduced_axes(const NodeImport& node,
                                      const std::optional<std::vector<int64_t>>& given,
                                      bool none_without_axes = false) {
  if (given && !given->empty()) return normalize_axes(*given, node.rank(0));
  return none_without_axes ? std::vector<int>() : axes_from(0, node.rank(0));
}

}  // namespace

// Axes are an attribute below opset 18 (13 for ReduceSum), an input from it on. Without axes all
// are reduced, or none with noop_with_empty_axes.
Status import_reduce(NodeImport& node, ReduceFunction function) {
  const int64_t since = function == ReduceFunction::kSum ? 13 : 18;
  OCTET_ASSIGN_OR_RETURN(const auto given, node.ints("axes", 1, since));
  const bool keep_dims = node.flag_attribute("keepdims", true);
  const bool none_without_axes = node.flag_attribute("noop_with_empty_axes", false);
  OCTET_ASSIGN_OR_RETURN(std::vector<int> axes, reduced_axes(node, given, none_without_axes));
  return node.finish(ReduceAttrs{function, std::move(axes), keep_dims}, {node.input(0)});
}

// Source: "com.microsoft.QLinearReduceMean" in ONNX Runtime's docs/ContribOperators.md.
Status import_qlinear_reduce_mean(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3}));
  OCTET_ASSIGN_OR_RETURN(std::vector<int> axes, reduced_axes(node, node.ints_attribute("axes")));
  const ReduceAttrs mean{ReduceFunction::kMean, std::move(axes),
                         node.flag_attribute("keepdims", true), /*refuses_empty=*/true};
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_dequantized(node, "src", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("result", mean, {src}));
  return finish_quantized(node, result, 0, 3);
}

Status import_running(NodeImport& node, bool product) {
  OCTET_ASSIGN_OR_RETURN(const Dim given, node.dim(1));
  if (!given.is_constant()) return node.missing_value(1);
  OCTET_ASSIGN_OR_RETURN(const int axis, normalize_axis(given.value(), node.rank(0)));
  return node.finish(CumSumAttrs{axis, node.flag_attribute("exclusive", false),
                                 node.flag_attribute("reverse", false), product},
                     {node.input(0)});
}

}  // namespace octet
