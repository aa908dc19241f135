// Loops over one run of an elementwise op, for files that are compiled once per target: written for
// the compiler to vectorize with the target's instructions.
#if defined(OCTET_KERNELS_CPU_ELEMENTWISE_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_ELEMENTWISE_ELEMENTWISE_INL_H_
#undef OCTET_KERNELS_CPU_ELEMENTWISE_ELEMENTWISE_INL_H_
#else
#define OCTET_KERNELS_CPU_ELEMENTWISE_ELEMENTWISE_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cpu/elementwise/elementwise.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {

// A run of an input: elements that follow each other, one element for all, or elements at some
// stride.
template <class T>
struct Contiguous {
  const T* data;
  HWY_INLINE T operator[](int64_t i) const { return data[i]; }
};
template <class T>
struct Repeated {
  T value;
  HWY_INLINE T operator[](int64_t) const { return value; }
};
template <class T>
struct Strided {
  const std::byte* data;
  int64_t step;
  HWY_INLINE T operator[](int64_t i) const { return *reinterpret_cast<const T*>(data + i * step); }
};

// Calls body with the form of input `index` that suits its step.
template <class T, class Body>
HWY_INLINE void with_run(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, size_t index,
                         Body body) {
  const auto* data = reinterpret_cast<const T*>(pointers[index]);
  if (steps[index] == static_cast<int64_t>(sizeof(T)))
    body(Contiguous<T>{data});
  else if (steps[index] == 0)
    body(Repeated<T>{*data});
  else
    body(Strided<T>{pointers[index], steps[index]});
}

// dst[i] = function(src[i])
template <class R, class T, class Function>
HWY_INLINE void run_unary(const cpu::RunPointers& pointers, const cpu::RunSteps& steps,
                          int64_t count, Function function) {
  R* dst = reinterpret_cast<R*>(pointers[0]);
  with_run<T>(pointers, steps, 1, [&](auto src) HWY_ATTR {
    for (int64_t i = 0; i < count; ++i) dst[i] = function(src[i]);
  });
}

// dst[i] = function(lhs[i], rhs[i])
template <class R, class T, class Function>
HWY_INLINE void run_binary(const cpu::RunPointers& pointers, const cpu::RunSteps& steps,
                           int64_t count, Function function) {
  R* dst = reinterpret_cast<R*>(pointers[0]);
  with_run<T>(pointers, steps, 1, [&](auto lhs) HWY_ATTR {
    with_run<T>(pointers, steps, 2, [&](auto rhs) HWY_ATTR {
      for (int64_t i = 0; i < count; ++i) dst[i] = function(lhs[i], rhs[i]);
    });
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif  // the toggled guard
