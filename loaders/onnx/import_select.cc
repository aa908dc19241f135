// Where, Clip and the casts.
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"

namespace octet {

Status import_where(NodeImport& node) {
  return node.finish(WhereAttrs{}, {node.input(0), node.input(1), node.input(2)});
}

// Bounds are attributes below opset 11, inputs from it on.
Status import_clip(NodeImport& node) {
  ValueId low = node.input(1), high = node.input(2);
  if (node.opset() < 11) {
    const DType dtype = node.type(0).dtype;
    low = high = kNoValue;
    if (node.has_attribute("min")) {
      OCTET_ASSIGN_OR_RETURN(low, node.add_scalar("min", dtype, node.float_attribute("min", 0)));
    }
    if (node.has_attribute("max")) {
      OCTET_ASSIGN_OR_RETURN(high, node.add_scalar("max", dtype, node.float_attribute("max", 0)));
    }
  }
  if (low == kNoValue && high == kNoValue) return node.alias(node.input(0)), Status::ok();
  return node.finish(ClipAttrs{}, {node.input(0), low, high});
}

namespace {

// To INT4, UINT4, INT2 and UINT2: an integer keeps its lowest bits, as casts between integers do.
Status import_narrow_cast(NodeImport& node, const StoredType& type) {
  const DType wide = DType::kI32;
  const int64_t range = int64_t{1} << type.bits;
  const double offset = type.dtype == DType::kI8 ? static_cast<double>(range / 2) : 0;
  OCTET_ASSIGN_OR_RETURN(const ValueId half, node.add_scalar("half", wide, offset));
  OCTET_ASSIGN_OR_RETURN(const ValueId values,
                         node.add_scalar("values", wide, static_cast<double>(range)));
  OCTET_ASSIGN_OR_RETURN(ValueId value, node.emit("wide", CastAttrs{wide}, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(value, node.emit("up", BinaryAttrs{BinaryFunction::kAdd}, {value, half}));
  OCTET_ASSIGN_OR_RETURN(value,
                         node.emit("rest", BinaryAttrs{BinaryFunction::kMod}, {value, values}));
  OCTET_ASSIGN_OR_RETURN(value,
                         node.emit("down", BinaryAttrs{BinaryFunction::kSub}, {value, half}));
  OCTET_RETURN_IF_ERROR(node.finish(CastAttrs{type.dtype}, {value}));
  return node.note_bits(type.bits), Status::ok();
}

// Attribute "to": a TensorProto::DataType, below opset 6 the name of one: "FLOAT".
Result<int> target_of_cast(NodeImport& node) {
  if (!node.has_attribute("to")) return invalid_model("attribute \"to\" is missing");
  if (node.opset() < 6) {
    const std::string name = node.string_attribute("to", "");
    pb::TensorProto::DataType data_type;
    if (pb::TensorProto::DataType_Parse(name, &data_type)) return static_cast<int>(data_type);
    return invalid_model("attribute \"to\" is " + quoted(name) +
                         ", expected the name of a type: \"FLOAT\"");
  }
  const int64_t to = node.int_attribute("to", 0);
  return to >= 0 && to < 1000 ? static_cast<int>(to) : -1;
}

}  // namespace

Status import_cast(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int data_type, target_of_cast(node));
  const std::optional<StoredType> type = stored_type_of_onnx(data_type);
  if (!type) return unsupported("cannot cast to element type " + onnx_type_name(data_type));
  if (type->bits < 8) return import_narrow_cast(node, *type);
  if (type->dtype == node.type(0).dtype) return node.alias(node.input(0)), Status::ok();
  return node.finish(CastAttrs{type->dtype}, {node.input(0)});
}

Status import_cast_like(NodeImport& node) {
  const DType dtype = node.type(1).dtype;
  if (node.bits(1) < 8) return import_narrow_cast(node, {dtype, node.bits(1)});
  if (dtype == node.type(0).dtype) return node.alias(node.input(0)), Status::ok();
  return node.finish(CastAttrs{dtype}, {node.input(0)});
}

}  // namespace octet
