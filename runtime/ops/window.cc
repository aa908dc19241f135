// Extents and padding of sliding windows.
#include "runtime/ops/window.h"

#include <algorithm>

#include "runtime/ops/infer.h"

namespace octet {
namespace {

// Products of two of these stay far inside of 64 bits.
constexpr int64_t kMaxWindowNumber = int64_t{1} << 30;

Status check_numbers(const char* what, const std::vector<int64_t>& numbers, size_t count,
                     int64_t least) {
  if (numbers.size() != count)
    return invalid_model(std::string("has ") + std::to_string(numbers.size()) + " " + what +
                         "s, expected one per spatial axis, " + std::to_string(count));
  for (size_t i = 0; i < count; ++i)
    if (numbers[i] < least || numbers[i] > kMaxWindowNumber)
      return invalid_model(std::string(what) + " " + std::to_string(i) + " is " +
                           std::to_string(numbers[i]) + ", expected " + std::to_string(least) +
                           " to " + std::to_string(kMaxWindowNumber));
  return Status::ok();
}

Dim ceil_div(const Dim& a, int64_t b) { return Dim::floor_div(a + Dim(b - 1), b); }

}  // namespace

const char* padding_name(Padding padding) {
  constexpr const char* kNames[] = {"explicit", "same_upper", "same_lower"};
  return kNames[static_cast<size_t>(padding)];
}

PadPair pads_of(const Window& window, size_t axis, int64_t extent) {
  if (window.padding == Padding::kExplicit) return {window.begins[axis], window.ends[axis]};
  const int64_t stride = window.strides[axis];
  const int64_t windows = (extent + stride - 1) / stride;
  const int64_t total =
      std::max<int64_t>((windows - 1) * stride + window.covered(axis) - extent, 0);
  const int64_t smaller = total / 2, larger = total - smaller;
  return window.padding == Padding::kSameUpper ? PadPair{smaller, larger}
                                               : PadPair{larger, smaller};
}

Dim window_count(const Window& window, size_t axis, const Dim& extent) {
  const int64_t stride = window.strides[axis];
  if (window.padding != Padding::kExplicit) return ceil_div(extent, stride);
  const Dim padded = extent + Dim(window.begins[axis] + window.ends[axis]);
  const Dim room = padded - Dim(window.covered(axis));
  if (!window.ceil_mode) return Dim::floor_div(room, stride) + Dim(1);
  // The last window must start before the end of src, not in the padding behind it.
  return Dim::min(ceil_div(room, stride) + Dim(1),
                  ceil_div(extent + Dim(window.begins[axis]), stride));
}

Status check_window_fits(const Window& window, size_t axis, const Dim& extent,
                         std::vector<Check>& checks) {
  if (window.padding != Padding::kExplicit) return Status::ok();
  const std::string place = "axis " + std::to_string(axis + 2) + " of input 0";
  // Global pooling as some exporters write it: in ceil mode the last window may end beyond.
  if (window.ceil_mode)
    return require({.kind = Check::Kind::kAtLeast,
                    .found = window_count(window, axis, extent),
                    .expected = 1,
                    .guard = extent,
                    .what = "the number of windows along " + place},
                   checks);
  return require({.kind = Check::Kind::kAtLeast,
                  .found = extent + Dim(window.begins[axis] + window.ends[axis]),
                  .expected = window.covered(axis),
                  .guard = extent,
                  .what = place + ", with its padding, under a window of " +
                          std::to_string(window.covered(axis)) + " elements"},
                 checks);
}

Status check_window(const Window& window, size_t spatial_rank) {
  OCTET_RETURN_IF_ERROR(check_numbers("kernel extent", window.kernel, spatial_rank, 1));
  OCTET_RETURN_IF_ERROR(check_numbers("stride", window.strides, spatial_rank, 1));
  OCTET_RETURN_IF_ERROR(check_numbers("dilation", window.dilations, spatial_rank, 1));
  if (window.padding != Padding::kExplicit) return Status::ok();
  OCTET_RETURN_IF_ERROR(check_numbers("begin pad", window.begins, spatial_rank, 0));
  return check_numbers("end pad", window.ends, spatial_rank, 0);
}

}  // namespace octet
