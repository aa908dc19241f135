// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear, and the products of integers.
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/onnx_proto.h"

namespace octet {
namespace {

// Of the node's input 0; with a scale for all elements the axis says nothing.
Result<ScaleAxis> import_scale_axis(NodeImport& node) {
  ScaleAxis scales;
  scales.block = node.int_attribute("block_size", 0);
  if (scales.block < 0)
    return invalid_model("attribute \"block_size\" is " + std::to_string(scales.block) +
                         ", expected 0 or more");
  if (is_per_tensor(node.type(1))) return ScaleAxis{};
  OCTET_ASSIGN_OR_RETURN(scales.axis, normalize_axis(node.int_attribute("axis", 1), node.rank(0)));
  return scales;
}

// 0: absent; -1: no type that there is.
int type_attribute(NodeImport& node, const char* attribute) {
  const int64_t given = node.int_attribute(attribute, 0);
  return given >= 0 && given < 1000 ? static_cast<int>(given) : -1;
}

// The float type that an attribute names; `otherwise` where it is absent.
Result<DType> float_type_attribute(NodeImport& node, const char* attribute, DType otherwise) {
  const int given = type_attribute(node, attribute);
  if (given == 0) return otherwise;
  const auto dtype = dtype_of_onnx(given);
  if (dtype && is_floating(*dtype)) return *dtype;
  return invalid_model("attribute \"" + std::string(attribute) + "\" is " + onnx_type_name(given) +
                       ", expected a float type");
}

// The zero point's type, else the attribute, else u8.
Result<DType> import_code_type(NodeImport& node) {
  const int given = type_attribute(node, "output_dtype");
  std::optional<DType> type = DType::kU8;
  if (given != 0) type = dtype_of_onnx(given);
  if (node.has_input(2)) {
    const DType own = node.type(2).dtype;
    if (given != 0 && type != own)
      return invalid_model("attribute \"output_dtype\" is " + onnx_type_name(given) +
                           ", but the zero point is " + dtype_name(own));
    type = own;
  }
  if (type && is_code_type(*type)) return *type;
  return unsupported("codes of type " + (type ? dtype_name(*type) : onnx_type_name(given)) +
                     "; expected integers of 2, 4, 8 or 16 bits or floats of 4, 6 or 8");
}

// The codes of input `index` less their zero point, as f64: sums of their products are exact.
Result<ValueId> import_widened(NodeImport& node, const char* step, int index, ValueId zero_point) {
  const CastAttrs to_f64{DType::kF64};
  const std::string name = step;
  OCTET_ASSIGN_OR_RETURN(const ValueId codes, node.emit(name, to_f64, {node.input(index)}));
  if (zero_point == kNoValue) return codes;
  OCTET_ASSIGN_OR_RETURN(const ValueId offset,
                         node.emit(name + "_zero_point", to_f64, {zero_point}));
  return node.emit(name + "_shifted", BinaryAttrs{BinaryFunction::kSub}, {codes, offset});
}

Status expect_codes(const NodeImport& node, int index) {
  const DType dtype = node.type(index).dtype;
  if (dtype == DType::kU8 || dtype == DType::kI8) return Status::ok();
  return invalid_model("input " + std::to_string(index) + " is " + dtype_name(dtype) +
                       ", expected uint8 or int8");
}

// A vector with one element per index of the first axis of a tensor of `rank`.
Result<ValueId> along_first_axis(NodeImport& node, const char* step, int index, int rank) {
  if (!node.has_input(index) || node.rank(index) != 1 || is_per_tensor(node.type(index)))
    return node.input(index);
  SymbolicShape shape(static_cast<size_t>(rank), 1);
  shape[0] = node.type(index).shape[0];
  return node.emit(step, ReshapeAttrs{shape}, {node.input(index)});
}

}  // namespace

Status import_quantize_linear(NodeImport& node) {
  QuantizeAttrs quantize;
  OCTET_ASSIGN_OR_RETURN(quantize.scales, import_scale_axis(node));
  OCTET_ASSIGN_OR_RETURN(quantize.type, import_code_type(node));
  OCTET_ASSIGN_OR_RETURN(quantize.precision,
                         float_type_attribute(node, "precision", quantize.precision));
  const bool saturate = node.flag_attribute("saturate", true);
  quantize.saturate = saturate || !is_small_float(quantize.type);  // it is for floats alone
  return node.finish(quantize, node.inputs());
}

Status import_dequantize_linear(NodeImport& node) {
  DequantizeAttrs dequantize;
  OCTET_ASSIGN_OR_RETURN(dequantize.scales, import_scale_axis(node));
  const DType scale = node.type(1).dtype;
  OCTET_ASSIGN_OR_RETURN(dequantize.type, float_type_attribute(node, "output_dtype", scale));
  if (!is_floating(dequantize.type))
    return invalid_model(std::string("input 1 is ") + dtype_name(scale) +
                         "; expected floats, or the attribute \"output_dtype\" beside it");
  return node.finish(dequantize, node.inputs());
}

// As ONNX defines DynamicQuantizeLinear; a range of 0 gets the scale 1.
Result<std::vector<ValueId>> emit_dynamic_params(NodeImport& node, ValueId src) {
  const std::vector<int> axes = axes_from(0, node.type_of(src).rank());
  OCTET_ASSIGN_OR_RETURN(const ValueId low,
                         node.emit("low", ReduceAttrs{ReduceFunction::kMin, axes, false}, {src}));
  OCTET_ASSIGN_OR_RETURN(const ValueId high,
                         node.emit("high", ReduceAttrs{ReduceFunction::kMax, axes, false}, {src}));
  return node.emit_all("params", LongTailAttrs(QuantizationParamsAttrs()), {low, high});
}

Result<ValueId> emit_dynamic_codes(NodeImport& node, const std::string& step, ValueId src) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> params, emit_dynamic_params(node, src));
  OCTET_ASSIGN_OR_RETURN(const ValueId codes,
                         node.emit(step + "_codes", QuantizeAttrs{}, {src, params[0], params[1]}));
  return node.emit(step, DequantizeAttrs{}, {codes, params[0], params[1]});
}

Status import_dynamic_quantize_linear(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> params,
                         emit_dynamic_params(node, node.input(0)));
  for (int i : {1, 2})
    if (node.wants_output(i)) node.alias(params[static_cast<size_t>(i - 1)], i);
  if (!node.wants_output(0)) return Status::ok();
  return node.finish(QuantizeAttrs{}, {node.input(0), params[0], params[1]});
}

Status import_matmul_integer(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_codes(node, 0));
  OCTET_RETURN_IF_ERROR(expect_codes(node, 1));
  ValueId lhs_zero_point = node.input(2);
  if (node.has_input(2) && node.rank(2) == 1 && !is_per_tensor(node.type(2))) {
    const SymbolicShape column = {node.type(2).shape[0], 1};  // one for each row
    OCTET_ASSIGN_OR_RETURN(lhs_zero_point,
                           node.emit("lhs_rows", ReshapeAttrs{column}, {node.input(2)}));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs, import_widened(node, "lhs", 0, lhs_zero_point));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs, import_widened(node, "rhs", 1, node.input(3)));
  OCTET_ASSIGN_OR_RETURN(const ValueId product, node.emit("product", MatMulAttrs{}, {lhs, rhs}));
  return node.finish(CastAttrs{DType::kI32}, {product});
}

// Padding adds zeros after the zero point is subtracted, which ONNX means by padding with it.
Status import_conv_integer(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_codes(node, 0));
  OCTET_RETURN_IF_ERROR(expect_codes(node, 1));
  OCTET_ASSIGN_OR_RETURN(const ConvAttrs conv, import_conv_attributes(node));
  OCTET_ASSIGN_OR_RETURN(const ValueId zero_points,
                         along_first_axis(node, "channels", 3, node.rank(1)));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, import_widened(node, "src", 0, node.input(2)));
  OCTET_ASSIGN_OR_RETURN(const ValueId weights, import_widened(node, "weights", 1, zero_points));
  OCTET_ASSIGN_OR_RETURN(const ValueId sums, node.emit("sums", conv, {src, weights}));
  return node.finish(CastAttrs{DType::kI32}, {sums});
}

}  // namespace octet
