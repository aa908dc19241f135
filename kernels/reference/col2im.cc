// Reference of Col2Im.
#include "runtime/ops/col2im.h"

#include <optional>

#include "kernels/reference/numbers.h"
#include "kernels/reference/window_taps.h"

namespace octet::reference {
namespace {

// The strides of a row-major tensor of `shape` that is one axis of src, of stride `step`.
Strides strides_within(const Shape& shape, int64_t step) {
  Strides strides = contiguous_strides(shape);
  for (int axis = 0; axis < shape.rank(); ++axis) strides[axis] *= step;
  return strides;
}

// How many blocks there are along each axis of the image.
Shape block_counts(const Window& window, const Shape& image) {
  Shape counts;
  for (int axis = 0; axis < image.rank(); ++axis) {
    const auto i = static_cast<size_t>(axis);
    const int64_t room = image[axis] + window.begins[i] + window.ends[i] - window.covered(i);
    counts.push_back(room < 0 ? 0 : room / window.strides[i] + 1);
  }
  return counts;
}

}  // namespace

// Gathers what every block adds to one element of dst, so that each is rounded once.
Status col2im(const Col2ImAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const Shape image = axes_from(dst.shape, 2), block = kernel_shape(attrs.window);
  const Shape counts = block_counts(attrs.window, image);
  const Strides tap_strides = strides_within(block, src.strides[1]),
                block_strides = strides_within(counts, src.strides[2]);
  std::array<std::optional<TransposedTaps>, kMaxRank> taps;
  for (int axis = 0; axis < image.rank(); ++axis)
    taps[static_cast<size_t>(axis)].emplace(attrs.window, static_cast<size_t>(axis), counts[axis]);
  const int64_t channel_step = block.element_count() * src.strides[1];
  const bool numbers = is_floating(src.dtype);
  walk<0>(share, dst.shape, {}, [&](int64_t index, const auto&, const Position& position) {
    const int64_t base = position[0] * src.strides[0] + position[1] * channel_step;
    TapRuns runs;
    for (size_t axis = 0; axis < static_cast<size_t>(image.rank()); ++axis)
      runs[axis] = taps[axis]->at(position[axis + 2]);
    double sum = 0;
    uint64_t integer_sum = 0;
    for_taps(share, runs, image.rank(), block_strides, tap_strides,
             [&](int64_t block_at, int64_t tap_at, const Position&) {
               const int64_t from = base + block_at + tap_at;
               if (numbers)
                 sum += load_number(src, from);
               else
                 integer_sum += static_cast<uint64_t>(load_integer(src, from));
             });
    if (numbers)
      store_number(dst, index, sum);
    else
      store_integer(dst, index, static_cast<int64_t>(integer_sum));
  });
  return Status::ok();
}

}  // namespace octet::reference
