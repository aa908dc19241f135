// Reference of codes: Quantize, Dequantize, and the choice of their parameters.
#include "runtime/ops/quantize.h"

#include "kernels/numerics/quantize.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"
#include "runtime/core/small_float.h"

namespace octet::reference {
namespace {

// Scale and zero point of each element, wherever they lie.
class Scales {
 public:
  Scales(const ScaleAxis& scales, const TaskArgs& args)
      : scales_(scales),
        scale_(args.inputs[1]),
        zero_point_(optional_view(args.inputs, 2)),
        per_tensor_(scale_.element_count() == 1 && scale_.shape.rank() <= 1) {}

  // Of the element at `position`, an index for each axis of the codes.
  double scale(const Position& position) const {
    return load_number(scale_, offset(scale_, position));
  }
  int32_t zero_point(const Position& position) const {
    if (zero_point_ == nullptr) return 0;
    return static_cast<int32_t>(load_integer(*zero_point_, offset(*zero_point_, position)));
  }
  // Of codes that are floats.
  double float_zero_point(const Position& position) const {
    return zero_point_ == nullptr ? 0 : load_number(*zero_point_, offset(*zero_point_, position));
  }

 private:
  int64_t offset(const TensorView& part, const Position& position) const {
    if (per_tensor_) return 0;
    const auto axis = static_cast<size_t>(scales_.axis);
    if (scales_.block == 0) return position[axis] * part.strides[0];
    int64_t offset = 0;
    for (int i = 0; i < part.shape.rank(); ++i) {
      const int64_t index = position[static_cast<size_t>(i)];
      offset += (i == scales_.axis ? index / scales_.block : index) * part.strides[i];
    }
    return offset;
  }

  ScaleAxis scales_;
  const TensorView& scale_;
  const TensorView* zero_point_;
  bool per_tensor_;
};

float rounded_to(DType type, float value) {
  if (type == DType::kF16) return to_float(to_float16(value));
  if (type == DType::kBF16) return to_float(to_bfloat16(value));
  return value;
}

// x / scale in a float type. A quotient of float16 or bfloat16 numbers that is rounded to float
// first is rounded right: float has more than twice their bits.
double quotient(double x, double scale, DType precision) {
  if (precision == DType::kF64) return x / scale;
  const float divided = rounded_to(precision, static_cast<float>(x)) /
                        rounded_to(precision, static_cast<float>(scale));
  return double{rounded_to(precision, divided)};
}

void quantize_to_floats(const QuantizeAttrs& attrs, const Scales& scales, const TaskArgs& args,
                        Share& share) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const SmallFloatRule rule{.saturate = attrs.saturate};
  walk<1>(share, src.shape, {src.strides},
          [&](int64_t index, const auto& offsets, const Position& position) {
            const double scaled =
                quotient(load_number(src, offsets[0]), scales.scale(position), attrs.precision);
            *element(dst, index) = std::byte{
                to_small_float(dst.dtype, scaled + scales.float_zero_point(position), rule)};
          });
}

void dequantize_floats(const Scales& scales, const TaskArgs& args, Share& share) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  walk<1>(share, src.shape, {src.strides},
          [&](int64_t index, const auto& offsets, const Position& position) {
            const double shifted = load_number(src, offsets[0]) - scales.float_zero_point(position);
            store_number(
                dst, index,
                double{static_cast<float>(shifted) * static_cast<float>(scales.scale(position))});
          });
}

}  // namespace

Status quantize(const QuantizeAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const Scales scales(attrs.scales, args);
  if (is_small_float(dst.dtype)) {
    quantize_to_floats(attrs, scales, args, share);
    return Status::ok();
  }
  const int32_t low = attrs.low(), high = attrs.high();
  walk<1>(share, src.shape, {src.strides},
          [&](int64_t index, const auto& offsets, const Position& position) {
            const double scaled =
                quotient(load_number(src, offsets[0]), scales.scale(position), attrs.precision);
            store_integer(
                dst, index,
                numerics::quantize_quotient(scaled, scales.zero_point(position), low, high));
          });
  return Status::ok();
}

Status dequantize(const DequantizeAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const Scales scales(attrs.scales, args);
  if (is_small_float(src.dtype)) {
    dequantize_floats(scales, args, share);
    return Status::ok();
  }
  walk<1>(share, src.shape, {src.strides},
          [&](int64_t index, const auto& offsets, const Position& position) {
            const auto code = static_cast<int32_t>(load_integer(src, offsets[0]));
            const float x = numerics::dequantize(code, static_cast<float>(scales.scale(position)),
                                                 scales.zero_point(position));
            store_number(dst, index, double{x});
          });
  return Status::ok();
}

Status quantization_params(const QuantizationParamsAttrs&, const TaskArgs& args, Share&,
                           std::byte*) {
  const RowParams params =
      numerics::params_of_range(*args.inputs[0].as<float>(), *args.inputs[1].as<float>());
  *args.outputs[0].as<float>() = params.scale;
  *args.outputs[1].as<uint8_t>() = static_cast<uint8_t>(params.zero_point);
  return Status::ok();
}

}  // namespace octet::reference
