// Linear layers in float and in int8, the quantization of their activations, and general matrix
// products.
#pragma once

#include <memory>

#include "runtime/core/fields.h"
#include "runtime/core/quantized_constant.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// numpy.matmul of two computed tensors, f32 (other types go to the reference). Inputs: lhs, rhs.
struct MatMulAttrs {
  static constexpr OpKind kKind = OpKind::kMatMul;
};
Result<OutputTypes> infer(const MatMulAttrs& attrs, InputTypes inputs);

enum class Activation { kNone, kRelu, kGelu, kGeluTanh, kTanh, kSigmoid, kSilu };
const char* activation_name(Activation activation);

// What happens to the products of a linear layer: dst = activation(products + bias) + residual, as
// output_type. bias and residual are inputs of the node; absent ones add nothing. Codes are
// numerics::quantize() of that, by a scale and zero point known in advance: the next layer's
// activations, so that nobody quantizes them again.
struct Epilogue {
  Activation activation = Activation::kNone;
  DType output_type = DType::kF32;  // kF32, kBF16, or codes: kU8, kI8
  float output_scale = 1;           // of codes, finite and at least 2^-126
  int32_t output_zero_point = 0;    // of codes, one of their values
  bool operator==(const Epilogue&) const = default;
};
auto fields(Is<Epilogue> auto& epilogue, auto&& visit) {
  return visit(identity("activation", epilogue.activation, activation_name),
               identity("output_type", epilogue.output_type, dtype_name),
               identity("output_scale", epilogue.output_scale),
               identity("output_zero_point", epilogue.output_zero_point));
}

// A layer as the user knows it. A merged weight (QKV) has several, each a range of the N rows of
// [N, K].
struct LayerPart {
  std::string name;                  // ONNX node name, else its first output's name
  std::vector<std::string> aliases;  // names of its weight and bias
  int64_t first_row = 0;
  int64_t rows = 0;
  bool per_tensor = false;  // it has one scale, which the merged weight repeats for each row
};
auto fields(Is<LayerPart> auto& part, auto&& visit) {
  return visit(identity("name", part.name), identity("aliases", part.aliases),
               identity("first_row", part.first_row), identity("rows", part.rows),
               identity("per_tensor", part.per_tensor));
}

// dst[.., N] = epilogue(src[.., K] . weights). Inputs: src f32, weights (constant f32), bias [N]
// (optional), residual [.., N] (optional, rows of dst). Where the scheme's products are bf16, src
// and weights are rounded to bf16 first, half to even, and the sums are f32. Row-local.
struct LinearAttrs {
  static constexpr OpKind kKind = OpKind::kLinear;
  bool weights_transposed = false;  // true: weights are [N, K]; false: [K, N]
  Epilogue epilogue;
  LayerPart layer;
  QuantizationScheme scheme = {};  // none or bf16
  std::string why_float = {};      // why the layer is not as the plan of the load wants it
};
auto fields(Is<LinearAttrs> auto& attrs, auto&& visit) {
  return visit(identity("weights_transposed", attrs.weights_transposed),
               identity("epilogue", attrs.epilogue), label("layer", attrs.layer),
               identity("scheme", attrs.scheme), label("why_float", attrs.why_float));
}
Result<OutputTypes> infer(const LinearAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const LinearAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

// Per row of src [.., K]: u8 codes [.., K] and RowParams [..] over the range of the row that
// includes 0, in float, round half to even: low = min(x, 0), high = max(x, 0), scale = (high - low)
// / 255, zero_point = clamp(round(-low / scale), 0, 255),
//   code = clamp(round(x * reciprocal) + zero_point, 0, 255) with reciprocal = 1 / scale rounded to
//   float
// as ONNX DynamicQuantizeLinear does per tensor (which divides). A scale below 2^-126, as of a row
// of zeros, becomes 1 with zero_point 0; a row with a NaN or an infinity gets scale NaN and codes
// 0. The exact definition, which every kernel repeats bit for bit, is numerics::quantize_row
// (kernels/numerics/quantize.h). Inputs: src f32, reciprocal smoothing [K] f32 (optional): src is
// multiplied by it first. Outputs: codes, params. Row-local.
//
// With low and high, f32 scalars as inputs 2 and 3, that is the range of all rows, and the codes
// are
//   clamp(round(x / scale) + zero_point, 0, 255)
// as ONNX DynamicQuantizeLinear has them. Without smoothing then.
struct QuantizeRowsAttrs {
  static constexpr OpKind kKind = OpKind::kQuantizeRows;
};
Result<OutputTypes> infer(const QuantizeRowsAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const QuantizeRowsAttrs& attrs, InputTypes inputs,
                       const OutputTypes& outputs);

// How all rows of activations were quantized: x ~ (code - zero_point) * scale.
struct StaticParams {
  float scale = 1;
  int32_t zero_point = 0;
  bool operator==(const StaticParams&) const = default;
};
auto fields(Is<StaticParams> auto& params, auto&& visit) {
  return visit(identity("scale", params.scale), identity("zero_point", params.zero_point));
}

// dst = epilogue(dequantized products), for per-tensor and per-channel weights
//   (acc - src_zp[m]*colsum[n] - weights_zp[n]*rowsum[m] + k*src_zp[m]*weights_zp[n]) *
//   src_scale[m]*weights_scale[n] + bias[n]
// with acc = sum over k of codes[m, k] * int_data[n, k], exact in s32. The rounding is that of
// numerics::dequantize_sum (kernels/numerics/linear_epilogue.h): fma(float(corrected acc),
// src_scale * weights_scale, bias), bit for bit. Inputs: codes u8 [.., K], params [..], bias [N]
// (optional), residual [.., N] (optional). Row-local.
//
// Where the scheme is weight-only, input 0 is src f32 and input 1 absent:
//   dst = epilogue((sum over k of src[m, k] * (int_data[n, k] - weights_zp[n])) * weights_scale[n]
//   + bias[n])
// with float sums, where the weights may also be quantized in blocks along K, each with a scale and
// zero point of its own, or have float zero points; and src rounded to bf16 first, half to even,
// where the products are bf16.
//
// Where the range of activations is static, input 0 is codes u8 or i8, input 1 absent, and every
// row has the params of `src`.
struct QuantizedLinearAttrs {
  static constexpr OpKind kKind = OpKind::kQuantizedLinear;
  std::shared_ptr<const QuantizedConstant> weights;
  Epilogue epilogue;
  QuantizationScheme scheme = QuantizationScheme::w8a8();
  std::vector<LayerPart> parts;  // in row order, covering all N rows
  StaticParams src = {};         // of a scheme with a static range
};
auto fields(Is<QuantizedLinearAttrs> auto& attrs, auto&& visit) {
  return visit(identity("weights", attrs.weights), identity("epilogue", attrs.epilogue),
               identity("scheme", attrs.scheme), label("parts", attrs.parts),
               identity("src", attrs.src));
}
Result<OutputTypes> infer(const QuantizedLinearAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const QuantizedLinearAttrs& attrs, InputTypes inputs,
                       const OutputTypes& outputs);

}  // namespace octet
