// Clip as a task kernel: f32, i64 and i32, with either bound or both.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/clip.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/elementwise/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

// A NaN in x stays, a bound that is NaN bounds nothing, as in the reference.
struct Raise {
  template <class T>
  T operator()(T x, T low) const {
    return x < low ? low : x;
  }
};
struct Lower {
  template <class T>
  T operator()(T x, T high) const {
    return x > high ? high : x;
  }
};

template <class T, class Function>
void one_bound(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_binary<T, T>(pointers, steps, count, Function());
}

template <class T>
void both_bounds(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  const T low = *reinterpret_cast<const T*>(pointers[2]),
          high = *reinterpret_cast<const T*>(pointers[3]);
  run_unary<T, T>(pointers, steps, count,
                  [low, high](T x) { return Lower()(Raise()(x, low), high); });
}

template <class T>
cpu::RunFunction choose_bounds(bool has_low, bool has_high) {
  if (has_low) return has_high ? both_bounds<T> : one_bound<T, Raise>;
  return has_high ? one_bound<T, Lower> : nullptr;
}

cpu::RunFunction choose_clip(DType type, bool has_low, bool has_high) {
  switch (type) {
    case DType::kF32:
      return choose_bounds<float>(has_low, has_high);
    case DType::kI64:
      return choose_bounds<int64_t>(has_low, has_high);
    case DType::kI32:
      return choose_bounds<int32_t>(has_low, has_high);
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

HWY_EXPORT(choose_clip);

RunFunction choose(const KernelRequest& request) {
  const auto has = [&](size_t i) {
    return i < request.inputs.size() && request.inputs[i] != nullptr;
  };
  return HWY_DYNAMIC_DISPATCH(choose_clip)(request.inputs[0]->dtype, has(1), has(2));
}

}  // namespace

Support accept_clip(const KernelRequest& request) {
  if (choose(request) != nullptr) return Support::yes();
  return Support::no(std::string("there is no loop for these bounds and ") +
                     dtype_name(request.inputs[0]->dtype));
}

Result<Kernel> make_clip(const KernelRequest& request) { return make_elementwise(choose(request)); }

}  // namespace octet::cpu
#endif  // HWY_ONCE
