// Reference of MaxRoiPool.
#include "runtime/ops/max_roi_pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reference/largest.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// Of coordinates that no picture has.
constexpr double kFar = int64_t{1} << 41;

// The pixels of one bin along one axis: [first, last).
struct Pixels {
  int64_t first, last;
};
Pixels pixels_of(double begin, double end, double scale, int64_t bin, int64_t bins,
                 int64_t extent) {
  const auto pixel = [&](double coordinate) {
    const double at = std::round(coordinate * scale);
    return std::isnan(at) ? -kFar : std::clamp(at, -kFar, kFar);
  };
  const double first = pixel(begin), size = std::max(pixel(end) - first + 1, 1.0);
  const auto border = [&](int64_t i) {
    return static_cast<double>(i) * size / static_cast<double>(bins);
  };
  const auto inside = [&](double at) {
    return static_cast<int64_t>(std::clamp(at, 0.0, static_cast<double>(extent)));
  };
  return {inside(first + std::floor(border(bin))), inside(first + std::ceil(border(bin + 1)))};
}

}  // namespace

Status max_roi_pool(const MaxRoiPoolAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &rois = args.inputs[1], &dst = args.outputs[0];
  const double scale = static_cast<double>(attrs.scale);
  Strides roi_strides = zero_strides(dst.shape);
  roi_strides[0] = rois.strides[0];
  Status status;
  walk<1>(
      share, dst.shape, {roi_strides}, [&](int64_t index, const auto& from, const Position& at) {
        const auto number = [&](int i) { return load_number(rois, from[0] + i * rois.strides[1]); };
        const double given = std::trunc(number(0));
        const auto batch =
            given > -kFar && given < kFar ? static_cast<int64_t>(given) : int64_t{-1};
        if (Status found = check_roi_batch(at[0], batch, src.shape[0]); !found.is_ok())
          return share.end(), void(status = std::move(found));
        const Pixels rows =
            pixels_of(number(2), number(4), scale, at[2], attrs.height, src.shape[2]);
        const Pixels columns =
            pixels_of(number(1), number(3), scale, at[3], attrs.width, src.shape[3]);
        const bool is_empty = rows.first >= rows.last || columns.first >= columns.last;
        double largest = is_empty ? 0 : -std::numeric_limits<double>::infinity();
        const int64_t plane = batch * src.strides[0] + at[1] * src.strides[1];
        for (int64_t y = rows.first; y < rows.last && !share.stop(); ++y) {
          for (int64_t x = columns.first; x < columns.last && !share.stop(); ++x) {
            const double value = load_number(src, plane + y * src.strides[2] + x * src.strides[3]);
            take_larger(value, largest);
          }
        }
        store_number(dst, index, largest);
      });
  return status;
}

}  // namespace octet::reference
