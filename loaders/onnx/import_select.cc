// Where, Clip and the casts.
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/importers.h"

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

}  // namespace

Status import_cast(NodeImport& node) {
  if (!node.has_attribute("to")) return invalid_model("attribute \"to\" is missing");
  const int64_t to = node.int_attribute("to", 0);
  const int data_type = to >= 0 && to < 1000 ? static_cast<int>(to) : -1;
  const std::optional<DType> type = dtype_of_onnx(data_type);
  if (!type) return unsupported("cannot cast to element type " + onnx_type_name(data_type));
  return finish_cast(node, *type);
}

Status import_cast_like(NodeImport& node) { return finish_cast(node, node.type(1).dtype); }

}  // namespace octet
