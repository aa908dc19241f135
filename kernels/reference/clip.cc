// Reference of Clip.
#include <cmath>

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// min(max(x, low), high) in the order of T; a NaN in x stays.
template <class T>
T clamp(T x, const T* low, const T* high) {
  if (low != nullptr && x < *low) x = *low;
  if (high != nullptr && x > *high) x = *high;
  return x;
}

template <class T, class Load, class Store>
void clip_as(const TaskArgs& args, Share& share, Load load, Store store) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const TensorView* low = optional_view(args.inputs, 1);
  const TensorView* high = optional_view(args.inputs, 2);
  const T low_value = low ? static_cast<T>(load(*low, 0)) : T{},
          high_value = high ? static_cast<T>(load(*high, 0)) : T{};
  walk<1>(share, src.shape, {src.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    const T x = static_cast<T>(load(src, offsets[0]));
    store(dst, index, clamp(x, low ? &low_value : nullptr, high ? &high_value : nullptr));
  });
}

}  // namespace

Status clip(const ClipAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  if (is_floating(args.inputs[0].dtype)) {
    clip_as<double>(args, share, load_number, store_number);
  } else if (args.inputs[0].dtype == DType::kU64) {
    clip_as<uint64_t>(args, share, load_integer,
                      [](const TensorView& dst, int64_t index, uint64_t value) {
                        store_integer(dst, index, static_cast<int64_t>(value));
                      });
  } else {
    clip_as<int64_t>(args, share, load_integer, store_integer);
  }
  return Status::ok();
}

}  // namespace octet::reference
