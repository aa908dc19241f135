// Ops that sample pictures between their pixels, or regions of them.
#include "loaders/onnx/choice.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/deform_columns.h"
#include "runtime/ops/grid_sample.h"
#include "runtime/ops/max_roi_pool.h"
#include "runtime/ops/roi_align.h"

namespace octet {

// The names of the modes are those of pictures before opset 20.
Status import_grid_sample(NodeImport& node) {
  constexpr Choice<GridMode> kModes[] = {{"linear", GridMode::kLinear},
                                         {"nearest", GridMode::kNearest},
                                         {"cubic", GridMode::kCubic},
                                         {"bilinear", GridMode::kLinear},
                                         {"bicubic", GridMode::kCubic}};
  constexpr Choice<GridPadding> kPaddings[] = {{"zeros", GridPadding::kZeros},
                                               {"border", GridPadding::kBorder},
                                               {"reflection", GridPadding::kReflection}};
  GridSampleAttrs sample;
  OCTET_ASSIGN_OR_RETURN(sample.mode, choose(node, kModes, "mode", "linear"));
  OCTET_ASSIGN_OR_RETURN(sample.padding, choose(node, kPaddings, "padding_mode", "zeros"));
  sample.align_corners = node.flag_attribute("align_corners", false);
  return node.finish(LongTailAttrs(sample), node.inputs());
}

// Opset 10 has no mode of coordinates; it takes regions as they are.
Status import_roi_align(NodeImport& node) {
  constexpr Choice<bool> kModes[] = {{"avg", false}, {"max", true}};
  constexpr Choice<bool> kCoordinates[] = {{"half_pixel", true}, {"output_half_pixel", false}};
  RoiAlignAttrs align;
  OCTET_ASSIGN_OR_RETURN(align.max, choose(node, kModes, "mode", "avg"));
  OCTET_ASSIGN_OR_RETURN(align.half_pixel,
                         choose(node, kCoordinates, "coordinate_transformation_mode",
                                node.opset() >= 16 ? "half_pixel" : "output_half_pixel"));
  align.height = node.int_attribute("output_height", 1);
  align.width = node.int_attribute("output_width", 1);
  align.samples = node.int_attribute("sampling_ratio", 0);
  align.scale = node.float_attribute("spatial_scale", 1);
  return node.finish(LongTailAttrs(align), node.inputs());
}

Status import_max_roi_pool(NodeImport& node) {
  const auto shape = node.ints_attribute("pooled_shape");
  if (!shape || shape->size() != 2)
    return invalid_model("attribute \"pooled_shape\" must have 2 numbers, height and width");
  const MaxRoiPoolAttrs pool{(*shape)[0], (*shape)[1], node.float_attribute("spatial_scale", 1)};
  return node.finish(LongTailAttrs(pool), node.inputs());
}

namespace {

// The product of weights [M, C / groups, kernel..] and columns [N, C, K, outputs]: [N, M, outputs].
Result<ValueId> emit_product(NodeImport& node, ValueId weights, ValueId columns, int64_t groups) {
  const SymbolicShape rows = node.type_of(weights).shape, shape = node.type_of(columns).shape;
  const Dim depth = rows[1] * shape[2], outputs = shape[3];
  const Dim group_rows = Dim::floor_div(rows[0], groups);
  OCTET_ASSIGN_OR_RETURN(
      const ValueId matrices,
      node.emit("weights", ReshapeAttrs{{groups, group_rows, depth}}, {weights}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId grouped,
      node.emit("grouped", ReshapeAttrs{{shape[0], groups, depth, outputs}}, {columns}));
  OCTET_ASSIGN_OR_RETURN(const ValueId products,
                         node.emit("products", MatMulAttrs{}, {matrices, grouped}));
  return node.emit("flat", ReshapeAttrs{{shape[0], rows[0], outputs}}, {products});
}

}  // namespace

// Columns of what the windows read, and their product with the weights.
Status import_deform_conv(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ConvAttrs conv, import_conv_attributes(node));
  const SymbolicShape weights = node.type(1).shape;
  if (conv.window.padding != Padding::kExplicit || conv.window.ceil_mode)
    return invalid_model("has attribute \"auto_pad\" or \"ceil_mode\", expected \"pads\" alone");
  const DeformColumnsAttrs columns{conv.window, node.int_attribute("offset_group", 1)};
  if (conv.groups < 1)
    return invalid_model("attribute \"group\" is " + std::to_string(conv.groups) +
                         ", expected 1 or more");
  if (!weights[0].is_constant() || weights[0].value() % conv.groups != 0)
    return invalid_model("input 1, the weights, is " + to_string(node.type(1)) +
                         ", expected a multiple of the " + std::to_string(conv.groups) +
                         " groups first");
  const Dim channels = weights[1] * Dim(conv.groups);
  if (node.type(0).shape[1].is_constant() && !(node.type(0).shape[1] == channels))
    return invalid_model("input 0 is " + to_string(node.type(0)) + ", expected " + channels.text() +
                         " channels for weights " + to_string(node.type(1)));
  std::vector<ValueId> sampled = {node.input(0), node.input(2)};
  if (node.has_input(4)) sampled.push_back(node.input(4));
  OCTET_ASSIGN_OR_RETURN(const ValueId read,
                         node.emit("columns", LongTailAttrs(columns), std::move(sampled)));
  OCTET_ASSIGN_OR_RETURN(ValueId result, emit_product(node, node.input(1), read, conv.groups));
  if (node.has_input(3)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId bias,
                           node.emit("bias", ReshapeAttrs{{weights[0], 1}}, {node.input(3)}));
    OCTET_ASSIGN_OR_RETURN(result, emit_binary(node, "biased", BinaryFunction::kAdd, result, bias));
  }
  SymbolicShape shape = {node.type(0).shape[0], weights[0]};
  for (size_t axis = 0; axis < columns.window.rank(); ++axis)
    shape.push_back(window_count(columns.window, axis, node.type(0).shape[axis + 2]));
  return node.finish(ReshapeAttrs{std::move(shape)}, {result});
}

}  // namespace octet
