// Unary functions as a task kernel: what the row kernel does not take, because of its type or its
// rank.
#include <cmath>
#include <type_traits>
#include <utility>

#include "kernels/cpu/elementwise/unary_f32.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/unary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/elementwise/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void abs_of(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  using Bits = std::make_unsigned_t<T>;  // the lowest number wraps
  run_unary<T, T>(pointers, steps, count, [](T x) {
    return static_cast<T>(x < 0 ? Bits{0} - static_cast<Bits>(x) : static_cast<Bits>(x));
  });
}
template <class T>
void bitwise_not_of(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_unary<T, T>(pointers, steps, count, [](T x) { return static_cast<T>(~x); });
}
template <class T>
void neg_of(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  using Bits = std::make_unsigned_t<T>;
  run_unary<T, T>(pointers, steps, count,
                  [](T x) { return static_cast<T>(Bits{0} - static_cast<Bits>(x)); });
}
template <class T>
void relu_of(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_unary<T, T>(pointers, steps, count, [](T x) { return x < 0 ? T{0} : x; });
}
template <class T>
void sign_of(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_unary<T, T>(pointers, steps, count, [](T x) { return static_cast<T>((x > 0) - (x < 0)); });
}

// A bool is one byte, 0 or 1.
void not_of(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_unary<uint8_t, uint8_t>(pointers, steps, count,
                              [](uint8_t x) { return static_cast<uint8_t>(x == 0); });
}
void is_nan(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_unary<uint8_t, float>(pointers, steps, count,
                            [](float x) { return static_cast<uint8_t>(x != x); });
}
void is_inf(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_unary<uint8_t, float>(pointers, steps, count, [](float x) {
    return static_cast<uint8_t>(std::fabs(x) == HUGE_VALF);
  });
}

// The f32 loops want contiguous elements; what is not is computed one by one.
template <UnaryFunction kFunction>
void f32_of(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  const cpu::UnaryF32 function = cpu::unary_f32(kFunction);
  auto* dst = reinterpret_cast<float*>(pointers[0]);
  if (steps[1] == sizeof(float))
    return function(reinterpret_cast<const float*>(pointers[1]), dst, count);
  for (int64_t i = 0; i < count; ++i)
    function(reinterpret_cast<const float*>(pointers[1] + i * steps[1]), dst + i, 1);
}

template <class T>
cpu::RunFunction choose_integer(UnaryFunction function) {
  switch (function) {
    case UnaryFunction::kAbs:
      return abs_of<T>;
    case UnaryFunction::kBitwiseNot:
      return bitwise_not_of<T>;
    case UnaryFunction::kNeg:
      return neg_of<T>;
    case UnaryFunction::kRelu:
      return relu_of<T>;
    case UnaryFunction::kSign:
      return sign_of<T>;
    default:
      return nullptr;
  }
}

template <size_t... kRow>
cpu::RunFunction choose_f32(UnaryFunction function, std::index_sequence<kRow...>) {
  constexpr cpu::RunFunction kAll[] = {f32_of<kUnaryTable[kRow].function>...};
  return cpu::unary_f32(function) == nullptr ? nullptr : kAll[static_cast<size_t>(function)];
}

cpu::RunFunction choose_unary_run(UnaryFunction function, DType type) {
  if (type == DType::kI64) return choose_integer<int64_t>(function);
  if (type == DType::kI32) return choose_integer<int32_t>(function);
  if (type == DType::kBool) return function == UnaryFunction::kNot ? not_of : nullptr;
  if (type != DType::kF32) return nullptr;
  if (function == UnaryFunction::kIsNaN) return is_nan;
  if (function == UnaryFunction::kIsInf) return is_inf;
  return choose_f32(function, std::make_index_sequence<std::size(kUnaryTable)>());
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(choose_unary_run);

RunFunction choose(const KernelRequest& request) {
  return HWY_DYNAMIC_DISPATCH(choose_unary_run)(attributes_of<UnaryAttrs>(request).function,
                                                request.inputs[0]->dtype);
}

}  // namespace

Support accept_unary(const KernelRequest& request) {
  if (choose(request) != nullptr) return Support::yes();
  return Support::no(std::string("there is no loop for ") + dtype_name(request.inputs[0]->dtype));
}

Result<Kernel> make_unary(const KernelRequest& request) {
  return make_elementwise(choose(request));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
