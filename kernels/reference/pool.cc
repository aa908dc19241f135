// Reference of pooling.
#include <cmath>
#include <limits>

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/window_taps.h"

namespace octet::reference {
namespace {

// The number of `at` in one channel's spatial axes, row-major or with the axes in reverse order.
int64_t channel_index(const Position& at, const Shape& spatial, bool column_major) {
  int64_t index = 0;
  for (int i = 0; i < spatial.rank(); ++i) {
    const int axis = column_major ? spatial.rank() - 1 - i : i;
    index = index * spatial[axis] + at[static_cast<size_t>(axis)];
  }
  return index;
}

// Of an integer type but uint64.
int64_t lowest_integer(DType dtype) {
  const bool is_unsigned = dtype == DType::kU8 || dtype == DType::kU16 || dtype == DType::kU32;
  return is_unsigned ? 0 : std::numeric_limits<int64_t>::min() >> (64 - 8 * dtype_size(dtype));
}

class Pooling {
 public:
  Pooling(const PoolAttrs& attrs, const TaskArgs& args, Share& share)
      : attrs_(attrs),
        args_(args),
        share_(share),
        space_(attrs.window, axes_from(args.inputs[0].shape, 2)),
        strides_(axes_from(args.inputs[0].strides, 2)) {}

  void average(int64_t index, const Position& position) const {
    const TapRuns runs = space_.taps_in_src(&position[2]);
    double count = 1;
    for (int axis = 0; axis < strides_.rank(); ++axis)
      count *= static_cast<double>(runs[static_cast<size_t>(axis)].count);
    if (attrs_.count_include_pad) count = space_.count_with_padding(&position[2]);
    double sum = 0;
    for_src(runs, position,
            [&](int64_t offset, const Position&) { sum += load_number(src(), offset); });
    store_number(dst(), index, sum / count);
  }

  void norm(int64_t index, const Position& position) const {
    const auto p = static_cast<double>(attrs_.p);
    double sum = 0;
    for_src(space_.taps_in_src(&position[2]), position, [&](int64_t offset, const Position&) {
      sum += std::pow(std::abs(load_number(src(), offset)), p);
    });
    store_number(dst(), index, std::pow(sum, 1 / p));
  }

  // `load` gives a double or an int64, `store` takes it.
  template <class T, class Load, class Store>
  void max(int64_t index, const Position& position, T lowest, Load load, Store store) const {
    T largest = lowest;
    int64_t largest_at = -1;
    for_src(space_.taps_in_src(&position[2]), position, [&](int64_t offset, const Position& at) {
      const T value = load(src(), offset);
      // Not `value <= largest`: a NaN is taken, and stays.
      if (largest_at >= 0 && (value <= largest || largest != largest)) return;
      largest = value;
      largest_at = channel_index(at, space_.spatial(), attrs_.column_major);
    });
    store(dst(), index, largest);
    if (!attrs_.indices) return;
    const int64_t channel = position[0] * dst().shape[1] + position[1];
    args_.outputs[1].as<int64_t>()[index] =
        std::max<int64_t>(largest_at, 0) + channel * space_.spatial().element_count();
  }

  const TensorView& src() const { return args_.inputs[0]; }
  const TensorView& dst() const { return args_.outputs[0]; }

 private:
  // Calls visit(offset, at) for the elements of src under a window.
  template <class Visit>
  void for_src(const TapRuns& runs, const Position& position, Visit visit) const {
    const int64_t base = position[0] * src().strides[0] + position[1] * src().strides[1];
    for_taps(share_, runs, strides_.rank(), strides_, strides_,
             [&](int64_t offset, int64_t, const Position& at) { visit(base + offset, at); });
  }

  const PoolAttrs& attrs_;
  const TaskArgs& args_;
  Share& share_;
  WindowSpace space_;
  Strides strides_;
};

}  // namespace

Status pool(const PoolAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  OCTET_RETURN_IF_ERROR(check_has_pixels(args.inputs[0].shape, args.outputs[0].shape));
  const Pooling pooling(attrs, args, share);
  const DType dtype = pooling.src().dtype;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  walk<0>(share, pooling.dst().shape, {}, [&](int64_t index, const auto&, const Position& at) {
    if (attrs.function == PoolFunction::kAverage)
      pooling.average(index, at);
    else if (attrs.function == PoolFunction::kNorm)
      pooling.norm(index, at);
    else if (is_floating(dtype))
      pooling.max(index, at, -kInfinity, load_number, store_number);
    else if (dtype == DType::kU64)
      pooling.max<uint64_t>(
          index, at, 0,
          [](const TensorView& view, int64_t offset) {
            return static_cast<uint64_t>(load_integer(view, offset));
          },
          [](const TensorView& view, int64_t offset, uint64_t value) {
            store_integer(view, offset, static_cast<int64_t>(value));
          });
    else
      pooling.max<int64_t>(index, at, lowest_integer(dtype), load_integer, store_integer);
  });
  return Status::ok();
}

}  // namespace octet::reference
