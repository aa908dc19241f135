// The scatters.
#include "loaders/onnx/choice.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/scatter.h"

namespace octet {
namespace {

// Reductions came with opset 16, the largest and the smallest with 18.
Result<ScatterReduction> reduction_of(NodeImport& node) {
  constexpr Choice<ScatterReduction> kReductions[] = {{"none", ScatterReduction::kNone},
                                                      {"add", ScatterReduction::kAdd},
                                                      {"mul", ScatterReduction::kMul},
                                                      {"max", ScatterReduction::kMax},
                                                      {"min", ScatterReduction::kMin}};
  return choose(node, kReductions, "reduction", "none");
}

}  // namespace

// Scatter is its name in opsets 9 and 10.
Status import_scatter_elements(NodeImport& node) {
  ScatterElementsAttrs scatter;
  OCTET_ASSIGN_OR_RETURN(scatter.axis, normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
  OCTET_ASSIGN_OR_RETURN(scatter.reduction, reduction_of(node));
  return node.finish(LongTailAttrs(scatter), node.inputs());
}

Status import_scatter_nd(NodeImport& node) {
  ScatterNDAttrs scatter;
  OCTET_ASSIGN_OR_RETURN(scatter.reduction, reduction_of(node));
  return node.finish(LongTailAttrs(scatter), node.inputs());
}

Status import_tensor_scatter(NodeImport& node) {
  constexpr Choice<bool> kModes[] = {{"linear", false}, {"circular", true}};
  TensorScatterAttrs scatter;
  OCTET_ASSIGN_OR_RETURN(scatter.axis,
                         normalize_axis(node.int_attribute("axis", -2), node.rank(0)));
  if (scatter.axis == 0)
    return invalid_model("attribute \"axis\" is 0, the batch; expected one behind it");
  OCTET_ASSIGN_OR_RETURN(scatter.circular, choose(node, kModes, "mode", "linear"));
  return node.finish(LongTailAttrs(scatter), node.inputs());
}

}  // namespace octet
