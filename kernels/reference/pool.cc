// Reference of pooling.
#include <cmath>
#include <limits>

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/window_taps.h"

namespace octet::reference {
namespace {

// The number of `at` in one channel's spatial axes, row-major or with the axes in reverse order.
int64_t channel_index(const Shape& at, const Shape& spatial, bool column_major) {
  int64_t index = 0;
  for (int i = 0; i < at.rank(); ++i) {
    const int axis = column_major ? at.rank() - 1 - i : i;
    index = index * spatial[axis] + at[axis];
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
  Pooling(const PoolAttrs& attrs, const TaskArgs& args)
      : attrs_(attrs),
        args_(args),
        space_(attrs.window, axes_from(args.inputs[0].shape, 2)),
        strides_(axes_from(args.inputs[0].strides, 2)) {}

  void average(int64_t index) const {
    const Shape position = WindowSpace::position_of(index, dst().shape);
    double sum = 0;
    int64_t count = 0;
    space_.for_taps(axes_from(position, 2), [&](int64_t, const Shape& at) {
      const bool inside = space_.inside(at);
      count += inside || attrs_.count_include_pad ? 1 : 0;
      if (inside) sum += load_number(src(), offset(position, at));
    });
    store_number(dst(), index, sum / static_cast<double>(count));
  }

  // `load` gives a double or an int64, `store` takes it.
  template <class T, class Load, class Store>
  void max(int64_t index, T lowest, Load load, Store store) const {
    const Shape position = WindowSpace::position_of(index, dst().shape);
    T largest = lowest;
    int64_t largest_at = -1;
    space_.for_taps(axes_from(position, 2), [&](int64_t, const Shape& at) {
      if (!space_.inside(at)) return;
      const T value = load(src(), offset(position, at));
      // Not `value <= largest`: a NaN is taken, and stays.
      if (largest_at >= 0 && (value <= largest || largest != largest)) return;
      largest = value;
      largest_at = channel_index(at, space_.spatial, attrs_.column_major);
    });
    store(dst(), index, largest);
    if (!attrs_.indices) return;
    const int64_t channel = position[0] * dst().shape[1] + position[1];
    args_.outputs[1].as<int64_t>()[index] =
        std::max<int64_t>(largest_at, 0) + channel * space_.spatial.element_count();
  }

  const TensorView& src() const { return args_.inputs[0]; }
  const TensorView& dst() const { return args_.outputs[0]; }

 private:
  int64_t offset(const Shape& position, const Shape& at) const {
    return position[0] * src().strides[0] + position[1] * src().strides[1] +
           WindowSpace::offset(at, strides_);
  }

  const PoolAttrs& attrs_;
  const TaskArgs& args_;
  WindowSpace space_;
  Strides strides_;
};

}  // namespace

Status pool(const PoolAttrs& attrs, const TaskArgs& args, std::byte*) {
  OCTET_RETURN_IF_ERROR(check_has_pixels(args.inputs[0].shape, args.outputs[0].shape));
  const Pooling pooling(attrs, args);
  const int64_t count = pooling.dst().element_count();
  const DType dtype = pooling.src().dtype;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (int64_t index = 0; index < count; ++index) {
    if (attrs.function == PoolFunction::kAverage)
      pooling.average(index);
    else if (is_floating(dtype))
      pooling.max(index, -kInfinity, load_number, store_number);
    else if (dtype == DType::kU64)
      pooling.max<uint64_t>(
          index, 0,
          [](const TensorView& view, int64_t at) {
            return static_cast<uint64_t>(load_integer(view, at));
          },
          [](const TensorView& view, int64_t at, uint64_t value) {
            store_integer(view, at, static_cast<int64_t>(value));
          });
    else
      pooling.max<int64_t>(index, lowest_integer(dtype), load_integer, store_integer);
  }
  return Status::ok();
}

}  // namespace octet::reference
