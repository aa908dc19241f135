// Reads the parameters.
#include "runtime/passes/quantize/code_params.h"

#include <cmath>

#include "runtime/passes/match.h"

namespace octet {

bool CodeParams::is_exact() const { return scale >= 0x1p-100f && scale <= 0x1p100f; }

std::optional<int32_t> scalar_integer(const Graph& graph, ValueId id) {
  if (!is_constant(graph, id)) return std::nullopt;
  const Constant& constant = *graph.value(id).constant;
  if (constant.shape().element_count() != 1) return std::nullopt;
  const auto tensor = constant.load();
  if (!tensor.is_ok()) return std::nullopt;
  const TensorView view = tensor->view();
  switch (view.dtype) {
    case DType::kI8:
    case DType::kI4:
    case DType::kI2:
      return static_cast<int8_t>(*view.data);
    case DType::kU8:
    case DType::kU4:
    case DType::kU2:
      return std::to_integer<int32_t>(*view.data);
    case DType::kI16:
      return *view.as<int16_t>();
    case DType::kU16:
      return *view.as<uint16_t>();
    case DType::kI32:
      return *view.as<int32_t>();
    default:
      return std::nullopt;
  }
}

std::optional<CodeParams> code_params(const Graph& graph, const Node& node) {
  DType type = DType::kU8;  // of the codes
  if (const auto* quantize = node.as<QuantizeAttrs>()) {
    if (quantize->precision != DType::kF32) return std::nullopt;
    type = quantize->type;
  } else if (node.as<DequantizeAttrs>() != nullptr) {
    type = graph.value(node.inputs[0]).type.dtype;
  } else {
    return std::nullopt;
  }
  if (type == DType::kI32 || is_small_float(type) ||
      !is_per_tensor(graph.value(node.inputs[1]).type))
    return std::nullopt;
  const auto scale = scalar_constant(graph, node.inputs[1]);
  if (!scale) return std::nullopt;
  CodeParams params{type, static_cast<float>(*scale), 0, lowest_code(type), highest_code(type)};
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    const auto zero_point = scalar_integer(graph, node.inputs[2]);
    if (!zero_point) return std::nullopt;
    params.zero_point = *zero_point;
  }
  return params;
}

}  // namespace octet
