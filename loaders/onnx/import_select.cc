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

// The members of `cast` that `saturate` (opset 19) and `round_mode` (opset 24) give.
Status import_rounding(NodeImport& node, CastAttrs& cast) {
  const std::string mode = node.string_attribute("round_mode", "up");
  const bool saturate = node.flag_attribute("saturate", true);
  if (!is_small_float(cast.to)) return Status::ok();  // they are for these alone
  cast.saturate = saturate;
  if (cast.to != DType::kF8E8M0FNU) return Status::ok();
  for (const PowerRounding rounding :
       {PowerRounding::kUp, PowerRounding::kDown, PowerRounding::kNearest}) {
    cast.rounding = rounding;
    if (mode == power_rounding_name(rounding)) return Status::ok();
  }
  return invalid_model("attribute \"round_mode\" is \"" + mode +
                       "\", expected \"up\", \"down\" or \"nearest\"");
}

Status finish_cast(NodeImport& node, DType to) {
  if (to == node.type(0).dtype) return node.alias(node.input(0)), Status::ok();
  CastAttrs cast{to};
  OCTET_RETURN_IF_ERROR(import_rounding(node, cast));
  return node.finish(cast, {node.input(0)});
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
  const std::optional<DType> type = dtype_of_onnx(data_type);
  if (!type) return unsupported("cannot cast to element type " + onnx_type_name(data_type));
  return finish_cast(node, *type);
}

Status import_cast_like(NodeImport& node) { return finish_cast(node, node.type(1).dtype); }

}  // namespace octet
