// Reference of RandomUniform and RandomNormal.
#include "runtime/ops/random.h"

#include "kernels/numerics/random.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// dst[i] = number(i).
template <class Number>
Status fill(const TensorView& dst, Share& share, Number number) {
  walk<1>(share, dst.shape, {dst.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    store_number(dst, offsets[0], number(static_cast<uint64_t>(index)));
  });
  return Status::ok();
}

}  // namespace

Status random_uniform(const RandomUniformAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte*) {
  const auto seed = static_cast<uint64_t>(attrs.seed);
  const double low = static_cast<double>(attrs.low), high = static_cast<double>(attrs.high);
  const int digits = significand_digits(attrs.dtype);
  return fill(args.outputs[0], share, [&](uint64_t index) {
    return low + (high - low) * random_fraction(seed, index, digits);
  });
}

Status random_normal(const RandomNormalAttrs& attrs, const TaskArgs& args, Share& share,
                     std::byte*) {
  const auto seed = static_cast<uint64_t>(attrs.seed);
  const double mean = static_cast<double>(attrs.mean);
  const double deviation = static_cast<double>(attrs.deviation);
  return fill(args.outputs[0], share,
              [&](uint64_t index) { return mean + deviation * octet::random_normal(seed, index); });
}

}  // namespace octet::reference
