// Where as a task kernel with broadcasting; elements are moved by their size.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/where.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/elementwise/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void where_run(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  T* dst = reinterpret_cast<T*>(pointers[0]);
  with_run<uint8_t>(pointers, steps, 1, [&](auto condition) HWY_ATTR {
    with_run<T>(pointers, steps, 2, [&](auto on_true) HWY_ATTR {
      with_run<T>(pointers, steps, 3, [&](auto on_false) HWY_ATTR {
        for (int64_t i = 0; i < count; ++i) {
          const T yes = on_true[i],
                  no = on_false[i];  // both are read, so that the choice is a blend
          dst[i] = condition[i] != 0 ? yes : no;
        }
      });
    });
  });
}

cpu::RunFunction choose_where(size_t element_size) {
  switch (element_size) {
    case 1:
      return where_run<uint8_t>;
    case 2:
      return where_run<uint16_t>;
    case 4:
      return where_run<uint32_t>;
    default:
      return where_run<uint64_t>;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(choose_where);

Support accept_where(const KernelRequest&) { return Support::yes(); }

Result<Kernel> make_where(const KernelRequest& request) {
  return make_elementwise(HWY_DYNAMIC_DISPATCH(choose_where)(dtype_size(request.outputs[0].dtype)));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
