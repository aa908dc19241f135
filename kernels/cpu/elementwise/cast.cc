// Cast as a task kernel, between the types that encoders use.
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/cast.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/elementwise/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

// Float to integer truncates and saturates, NaN gives 0; integer to integer wraps; anything to bool
// is != 0.
template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr auto kLow = static_cast<From>(std::numeric_limits<To>::min());
    // As a float it is 2^31 or 2^63 (or 2^8 - 1, ...), which may be one more than the greatest
    // number of the type.
    constexpr auto kHigh = static_cast<From>(std::numeric_limits<To>::max());
    if (x != x) return 0;
    if (x >= kHigh) return std::numeric_limits<To>::max();
    return x <= kLow ? std::numeric_limits<To>::min() : static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
void cast_run(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_unary<To, From>(pointers, steps, count, [](From x) { return convert<To>(x); });
}

template <class From>
cpu::RunFunction choose_target(DType to) {
  switch (to) {
    case DType::kF32:
      return cast_run<float, From>;
    case DType::kF64:
      return cast_run<double, From>;
    case DType::kI64:
      return cast_run<int64_t, From>;
    case DType::kI32:
      return cast_run<int32_t, From>;
    case DType::kI8:
      return cast_run<int8_t, From>;
    case DType::kU8:
      return cast_run<uint8_t, From>;
    case DType::kBool:
      return cast_run<bool, From>;
    default:
      return nullptr;
  }
}

cpu::RunFunction choose_cast(DType from, DType to) {
  switch (from) {
    case DType::kF32:
      return choose_target<float>(to);
    case DType::kF64:
      return choose_target<double>(to);
    case DType::kI64:
      return choose_target<int64_t>(to);
    case DType::kI32:
      return choose_target<int32_t>(to);
    case DType::kI8:
      return choose_target<int8_t>(to);
    case DType::kU8:
    case DType::kBool:
      return choose_target<uint8_t>(to);
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(choose_cast);

RunFunction choose(const KernelRequest& request) {
  return HWY_DYNAMIC_DISPATCH(choose_cast)(request.inputs[0]->dtype,
                                           attributes_of<CastAttrs>(request).to);
}

}  // namespace

Support accept_cast(const KernelRequest& request) {
  if (choose(request) != nullptr) return Support::yes();
  return Support::no(std::string("there is no loop from ") + dtype_name(request.inputs[0]->dtype) +
                     " to " + dtype_name(attributes_of<CastAttrs>(request).to));
}

Result<Kernel> make_cast(const KernelRequest& request) { return make_elementwise(choose(request)); }

}  // namespace octet::cpu
#endif  // HWY_ONCE
