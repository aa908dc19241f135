// Codes of computed values, by scales that are values as well: ONNX QuantizeLinear and
// DequantizeLinear. What linear layers do with codes is in linear.h.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/long_tail.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// Which elements share a scale and a zero point: all of them where the scale has one element; those
// of an index along `axis` where it has rank 1; else blocks of `block` of them along `axis`, where
// the scale has the rank of the codes and ceil(extent / block) elements along it.
struct ScaleAxis {
  int axis = 0;
  int64_t block = 0;  // 0: no blocks
  bool operator==(const ScaleAxis&) const = default;
};
auto fields(Is<ScaleAxis> auto& scales, auto&& visit) {
  return visit(identity("axis", scales.axis), identity("block", scales.block));
}
// Whether `scale` is one for all elements.
bool is_per_tensor(const TypeInfo& scale);

// Types of codes that Quantize makes: i8, u8, i16, u16, and the small types but kF8E8M0FNU.
bool is_code_type(DType type);
// The range of integers of such a type.
int32_t lowest_code(DType type);
int32_t highest_code(DType type);

// dst = saturate(round(src / scale) + zero_point), round half to even, as ONNX QuantizeLinear; a
// NaN becomes the lowest code. Of float codes it is (src / scale + zero_point), rounded to a code
// by to_small_float(). Inputs: src (a float type or i32), scale (a float type, kF8E8M0FNU or i32),
// zero_point (of the codes' type, extents of scale; optional, 0).
// src and scale are divided as numbers of `precision`. ONNX takes that of the scale where the
// attribute is absent; importers then ask for float, as ONNX Runtime does: no code is further from
// src / scale than in less.
// Source: https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html; numerics::quantize.
struct QuantizeAttrs {
  static constexpr OpKind kKind = OpKind::kQuantize;
  DType type = DType::kU8;  // is_code_type()
  ScaleAxis scales = {};
  bool saturate = true;           // float codes: see SmallFloatRule
  DType precision = DType::kF32;  // a float type

  int32_t low() const { return lowest_code(type); }
  int32_t high() const { return highest_code(type); }
};
auto fields(Is<QuantizeAttrs> auto& attrs, auto&& visit) {
  return visit(identity("type", attrs.type, dtype_name), identity("scales", attrs.scales),
               identity("saturate", attrs.saturate),
               identity("precision", attrs.precision, dtype_name));
}
Result<OutputTypes> infer(const QuantizeAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const QuantizeAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

// dst = (src - zero_point) * scale: the difference exact, then converted to float, then the product
// in float. Inputs: src (is_code_type() or i32), scale (a float type or kF8E8M0FNU), zero_point (of
// src's type, extents of scale; optional, 0).
// Source: https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html; numerics::dequantize.
struct DequantizeAttrs {
  static constexpr OpKind kKind = OpKind::kDequantize;
  DType type = DType::kF32;  // of dst, a float type
  ScaleAxis scales = {};
};
auto fields(Is<DequantizeAttrs> auto& attrs, auto&& visit) {
  return visit(identity("type", attrs.type, dtype_name), identity("scales", attrs.scales));
}
Result<OutputTypes> infer(const DequantizeAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const DequantizeAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

// The scale and zero point of u8 codes for values in [min(low, 0), max(high, 0)], as ONNX
// DynamicQuantizeLinear chooses them; numerics::choose_row_params says how. Inputs: low, high: f32
// scalars, the least and the greatest value; of no values, those that a reduction gives: infinity
// and -infinity. Outputs: scale f32 [], zero_point u8 [].
struct QuantizationParamsAttrs {
  static constexpr const char* kName = "quantization_params";
};
Result<OutputTypes> infer(const QuantizationParamsAttrs& attrs, InputTypes inputs);

}  // namespace octet
