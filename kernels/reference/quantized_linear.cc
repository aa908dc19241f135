// Reference of the quantized linear layer: exact integer sums, then the formula of
// numerics/linear_epilogue.h.
#include <numeric>

#include "kernels/numerics/linear_epilogue.h"
#include "kernels/numerics/quantize_weights.h"
#include "kernels/reference/epilogue.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// In s32 over runs that can't overflow: 32,768 * 255 * 255 < 2^31.
template <class Code>
int64_t dot(Share& share, const uint8_t* codes, const Code* weights, int64_t count) {
  constexpr int64_t kRun = 32768;
  int64_t sum = 0;
  for (int64_t start = 0; start < count && !share.stop(kRun / 4); start += kRun) {
    const int64_t end = start + kRun < count ? start + kRun : count;
    int32_t run = 0;
    for (int64_t i = start; i < end; ++i) run += int32_t{codes[i]} * int32_t{weights[i]};
    sum += run;
  }
  return sum;
}

int64_t dot(Share& share, const uint8_t* codes, const Tensor& int_data, int64_t n, int64_t k) {
  if (int_data.dtype() == DType::kI8)
    return dot(share, codes, int_data.view().as<int8_t>() + n * k, k);
  return dot(share, codes, int_data.view().as<uint8_t>() + n * k, k);
}

// src without gaps. Codes of i8 become u8 by adding 128, which is returned: their zero point grows
// by it as well.
int32_t copy_as_u8(Share& share, const TensorView& src, const TensorView& codes) {
  TensorView bytes = src;
  bytes.dtype = DType::kU8;
  copy(share, bytes, codes);
  if (src.dtype == DType::kU8) return 0;
  for (int64_t i = 0; i < codes.element_count() && !share.stop(); ++i)
    codes.data[i] ^= std::byte{0x80};
  return 128;
}

}  // namespace

Result<QuantizedTensor> loaded_weights(const QuantizedLinearAttrs& attrs) {
  OCTET_ASSIGN_OR_RETURN(Tensor codes, attrs.weights->int_data->load());
  return attrs.weights->load_with(std::move(codes));
}

Result<QuantizedLinearAttrs> with_loaded_weights(QuantizedLinearAttrs attrs) {
  if (!attrs.weights->has_codes())
    return internal_error("the codes were packed for another kernel");
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor weights, attrs.weights->load());
  attrs.weights = std::make_shared<const QuantizedConstant>(weights, attrs.weights->key);
  return attrs;
}

// The codes without gaps.
size_t quantized_linear_scratch(const QuantizedLinearAttrs& attrs, const TaskShapes& shapes) {
  if (attrs.scheme.is_weight_only()) return float_layer_scratch(shapes);
  return static_cast<size_t>(shapes.inputs[0].element_count());
}

Status quantized_linear(const QuantizedLinearAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte* scratch) {
  if (attrs.scheme.is_weight_only()) return weight_only_linear(attrs, args, share, scratch);
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor weights, loaded_weights(attrs));
  assert(weights.granularity != Granularity::kBlocked && "infer() refuses blocks");
  const TensorView& dst = args.outputs[0];
  const TensorView* bias = optional_view(args.inputs, 2);
  const TensorView* residual = optional_view(args.inputs, 3);
  const TensorView codes = contiguous_view(scratch, DType::kU8, args.inputs[0].shape);
  Share all(args.control);  // every task needs them
  const auto shift_to_u8 = copy_as_u8(all, args.inputs[0], codes);
  const TensorView rows = row_starts(dst);
  const TensorView* params = optional_view(args.inputs, 1);
  const Strides param_strides = params ? params->strides : zero_strides(rows.shape);
  const Strides residual_strides =
      residual ? row_starts(*residual).strides : zero_strides(rows.shape);
  const int64_t features = weights.n(), columns = weights.k();

  const Share::Range own = share.of(features);
  for (int64_t n = own.first; n < own.last && !share.stop(); ++n) {
    int64_t colsum = 0;
    for (int64_t k = 0; k < columns && !share.stop(); ++k)
      colsum += numerics::code_at(weights, n, k);
    const float scale =
        weights.scale.elements<const float>()[static_cast<size_t>(scale_index(weights, n, 0))];
    const int32_t zero_point = numerics::zero_point_at(weights, n, 0);
    const float shift = bias ? bias->as<float>()[n * bias->strides[0]] : 0.0f;
    walk_all<2>(share, rows.shape, {param_strides, residual_strides},
                [&](int64_t m, const auto& offsets, const auto&) {
                  const uint8_t* row_codes = codes.as<uint8_t>() + m * columns;
                  RowParams row{attrs.src.scale, attrs.src.zero_point + shift_to_u8, 0, 0};
                  if (params != nullptr)
                    row = params->as<RowParams>()[offsets[0]];
                  else if (zero_point != 0)
                    row.row_sum = std::accumulate(row_codes, row_codes + columns, int32_t{0});
                  const int64_t acc = dot(share, row_codes, weights.int_data, n, columns);
                  const int64_t corrected = numerics::correct_zero_points(
                      acc, row.zero_point, colsum, zero_point, row.row_sum, columns);
                  float value = numerics::dequantize_sum(corrected, row.scale, scale, shift);
                  if (attrs.epilogue.activation != Activation::kNone)
                    value = static_cast<float>(
                        activate(attrs.epilogue.activation, static_cast<double>(value)));
                  if (residual)
                    value += residual->as<float>()[offsets[1] + n * residual->strides.back()];
                  store_output(attrs.epilogue, dst, m * features + n, static_cast<double>(value));
                });
  }
  return Status::ok();
}

}  // namespace octet::reference
