// The sliding window of convolutions and pooling over the spatial axes of [N, C, spatial..].
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/core/fields.h"
#include "runtime/ops/type_info.h"

namespace octet {

// Where a window's padding comes from. kSameUpper and kSameLower: as much as makes the output
// ceil(src / stride) long, the odd element at the end or at the beginning; it depends on the
// extent.
enum class Padding { kExplicit, kSameUpper, kSameLower };
const char* padding_name(Padding padding);  // "explicit", "same_upper", "same_lower"

// One entry per spatial axis in each vector. A window covers dilation * (kernel - 1) + 1 elements;
// tap t of window i reads src[i * stride + t * dilation - begin].
struct Window {
  std::vector<int64_t> kernel;     // >= 1
  std::vector<int64_t> strides;    // >= 1
  std::vector<int64_t> dilations;  // >= 1
  Padding padding = Padding::kExplicit;
  std::vector<int64_t> begins, ends;  // >= 0; meaningless unless kExplicit
  bool ceil_mode =
      false;  // a last window that starts inside of src or its padding, but ends beyond

  size_t rank() const { return kernel.size(); }
  int64_t covered(size_t axis) const { return dilations[axis] * (kernel[axis] - 1) + 1; }
};
auto fields(Is<Window> auto& window, auto&& visit) {
  return visit(identity("kernel", window.kernel), identity("strides", window.strides),
               identity("dilations", window.dilations),
               identity("padding", window.padding, padding_name), identity("begins", window.begins),
               identity("ends", window.ends), identity("ceil_mode", window.ceil_mode));
}

struct PadPair {
  int64_t begin = 0;
  int64_t end = 0;
};
// The padding of spatial axis `axis` for a src of `extent`.
PadPair pads_of(const Window& window, size_t axis, int64_t extent);
// How many windows there are along it; may be negative for a src that is too small.
Dim window_count(const Window& window, size_t axis, const Dim& extent);
// A window larger than a src with elements, where both are known, is the model's mistake where the
// formula gives no window: everything after it would silently be empty.
// Error: kInvalidModel.
Status check_window_fits(const Window& window, size_t axis, const Dim& extent,
                         std::vector<Check>& checks);
// The number of spatial axes and the ranges of all numbers, small enough that nothing overflows.
// Error: kInvalidModel, for example "stride 0 is 0, expected 1 or more".
Status check_window(const Window& window, size_t spatial_rank);

}  // namespace octet
