// Conv and ConvTranspose.
#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"

namespace octet {

Result<ConvAttrs> import_conv_attributes(NodeImport& node, int weights) {
  return import_conv_attributes(node, node.type(0), weights);
}

Result<ConvAttrs> import_conv_attributes(NodeImport& node, const TypeInfo& src, int weights) {
  OCTET_ASSIGN_OR_RETURN(std::vector<int64_t> kernel, kernel_of_weights(node, weights));
  ConvAttrs conv;
  OCTET_ASSIGN_OR_RETURN(conv.window, import_window(node, src, std::move(kernel)));
  conv.groups = node.int_attribute("group", 1);
  return conv;
}

Status import_conv(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(ConvAttrs conv, import_conv_attributes(node));
  std::vector<ValueId> inputs = {node.input(0), node.input(1)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  return node.finish(std::move(conv), std::move(inputs));
}

namespace {

// Extents that the padding has to give: attribute output_shape, or with auto_pad = SAME src *
// stride. Both cut `total` elements off the full result, the odd one at the end for SAME_UPPER, at
// the beginning otherwise.
Status settle_output(NodeImport& node, ConvTransposeAttrs& conv) {
  Window& window = conv.window;
  const auto wanted = node.ints_attribute("output_shape");
  const Padding padding = window.padding;
  if (!wanted && padding == Padding::kExplicit) return Status::ok();
  const SymbolicShape src = node.type(0).shape;
  // The spatial extents alone, or batch and channels before them.
  if (wanted && wanted->size() != window.rank() && wanted->size() != window.rank() + 2)
    return invalid_model("attribute \"output_shape\" has " + std::to_string(wanted->size()) +
                         " extents, expected " + std::to_string(window.rank()));
  for (size_t axis = 0; axis < window.rank(); ++axis) {
    const int64_t stride = window.strides[axis];
    const int64_t tail = conv.output_padding[axis] + window.covered(axis);
    int64_t total = tail - stride;
    if (wanted) {
      const Dim& extent = src[axis + 2];
      if (!extent.is_constant())
        return unsupported("attribute \"output_shape\" with the extent " + extent.text() +
                           " of the input; expected a constant");
      const int64_t dst = (*wanted)[wanted->size() - window.rank() + axis];
      if (dst < 0 || dst > node.limits().max_dim || extent.value() > node.limits().max_dim)
        return invalid_model("attribute \"output_shape\" has the extent " + std::to_string(dst));
      if (__builtin_mul_overflow(stride, extent.value() - 1, &total))
        return resource_exhausted("the result is too large");
      total += tail - dst;
    }
    if (total < 0) {  // longer than the full result: zeros at the end
      conv.output_padding[axis] -= total;
      total = 0;
    }
    window.begins[axis] = padding == Padding::kSameUpper ? total / 2 : total - total / 2;
    window.ends[axis] = total - window.begins[axis];
  }
  window.padding = Padding::kExplicit;
  return Status::ok();
}

}  // namespace

Status import_conv_transpose(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(std::vector<int64_t> kernel, kernel_of_weights(node));
  ConvTransposeAttrs conv;
  OCTET_ASSIGN_OR_RETURN(conv.window, import_window(node, std::move(kernel)));
  // What import_window() settled is the padding of Conv, not that of its transpose.
  const std::string mode = node.string_attribute("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER") conv.window.padding = Padding::kSameUpper;
  if (mode == "SAME_LOWER") conv.window.padding = Padding::kSameLower;
  conv.groups = node.int_attribute("group", 1);
  conv.output_padding =
      node.ints_attribute("output_padding").value_or(std::vector<int64_t>(conv.window.rank(), 0));
  if (conv.output_padding.size() != conv.window.rank())
    return invalid_model("attribute \"output_padding\" has " +
                         std::to_string(conv.output_padding.size()) +
                         " numbers, expected one per spatial axis");
  for (int64_t padding : conv.output_padding)
    if (padding < 0 || padding > node.limits().max_dim)
      return invalid_model("attribute \"output_padding\" has the number " +
                           std::to_string(padding) + ", expected 0 or more");
  OCTET_RETURN_IF_ERROR(settle_output(node, conv));
  std::vector<ValueId> inputs = {node.input(0), node.input(1)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  return node.finish(std::move(conv), std::move(inputs));
}

}  // namespace octet
