// com.microsoft.FusedConv and NhwcConv. Source: ONNX Runtime's docs/ContribOperators.md; the
// layouts of NhwcConv are those of its transformers/fusion_nhwc_conv.py.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"

namespace octet {

// activation(Conv(X, W, B) + Z)
Status import_fused_conv(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(std::vector<int64_t> kernel, kernel_of_weights(node));
  ConvAttrs conv;
  OCTET_ASSIGN_OR_RETURN(conv.window, import_window(node, std::move(kernel)));
  conv.groups = node.int_attribute("group", 1);
  std::vector<ValueId> inputs = {node.input(0), node.input(1)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  OCTET_ASSIGN_OR_RETURN(ValueId result, node.emit("conv", std::move(conv), std::move(inputs)));
  if (node.has_input(3)) {
    if (node.rank(3) != node.type_of(result).rank())
      return invalid_model("input 3, the addend, is " + to_string(node.type(3)) +
                           ", expected the shape of the result, " +
                           to_string(node.type_of(result)));
    OCTET_ASSIGN_OR_RETURN(result,
                           emit_binary(node, "sum", BinaryFunction::kAdd, result, node.input(3)));
  }
  OCTET_ASSIGN_OR_RETURN(
      result,
      emit_activation(node, result,
                      node.floats_attribute("activation_params").value_or(std::vector<float>())));
  node.alias(result);
  return Status::ok();
}

// Input and output are [N, H, W, C], the weights [M, kH, kW, C / group].
Status import_nhwc_conv(NodeImport& node) {
  if (node.rank(0) != 4 || node.rank(1) != 4)
    return invalid_model("input 0 is " + to_string(node.type(0)) + " and the weights are " +
                         to_string(node.type(1)) + ", expected rank 4");
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_channels_first(node, "src", node.input(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId weights,
                         emit_channels_first(node, "weights", node.input(1)));
  OCTET_ASSIGN_OR_RETURN(std::vector<int64_t> kernel, kernel_extents(node.type_of(weights)));
  ConvAttrs conv;
  OCTET_ASSIGN_OR_RETURN(conv.window, import_window(node, node.type_of(src), std::move(kernel)));
  conv.groups = node.int_attribute("group", 1);
  std::vector<ValueId> inputs = {src, weights};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         node.emit("conv", std::move(conv), std::move(inputs)));
  return finish_channels_last(node, result);
}

}  // namespace octet
