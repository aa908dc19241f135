// Reference of Cast.
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"
#include "runtime/core/small_float.h"

namespace octet::reference {
namespace {

// int64 to float32 in one rounding: the way through double would round twice.
float to_float32(const TensorView& src, int64_t offset) {
  const int64_t bits = load_integer(src, offset);
  return src.dtype == DType::kU64 ? static_cast<float>(static_cast<uint64_t>(bits))
                                  : static_cast<float>(bits);
}

// A double on its way to 16 bits: cut off at a float whose last bit is 1 unless that is all of it,
// so that rounding the float rounds the double.
double rounded_to_odd(double value) {
  const auto nearest = static_cast<float>(value);
  const bool is_odd = (std::bit_cast<uint32_t>(nearest) & 1u) != 0;
  if (is_odd || !std::isfinite(nearest) || double{nearest} == value) return double{nearest};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return double{std::nextafter(nearest, value > double{nearest} ? kInfinity : -kInfinity)};
}

}  // namespace

Status cast(const CastAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const bool from_float = is_floating(src.dtype) || is_small_float(src.dtype);
  const bool to_floating = is_floating(dst.dtype), to_small = is_small_float(dst.dtype);
  const SmallFloatRule rule{attrs.saturate, attrs.rounding};
  walk<1>(share, src.shape, {src.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    if (to_small)
      *element(dst, index) =
          std::byte{to_small_float(dst.dtype, load_number(src, offsets[0]), rule)};
    else if (!from_float && !to_floating)
      store_integer(dst, index, load_integer(src, offsets[0]));
    else if (!from_float && dst.dtype != DType::kF64)
      store_number(dst, index, static_cast<double>(to_float32(src, offsets[0])));
    else if (src.dtype == DType::kF64 && dtype_size(dst.dtype) == 2 && to_floating)
      store_number(dst, index, rounded_to_odd(load_number(src, offsets[0])));
    else
      store_number(dst, index, load_number(src, offsets[0]));
  });
  return Status::ok();
}

}  // namespace octet::reference
