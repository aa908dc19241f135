// Patches of src, copied into the rows of a panel.
#include <algorithm>
#include <array>

#include "kernels/cpu/convolution/convolution_block.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convolution/convolution_patches.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::ConvShape;
using cpu::kTileColumns;
using cpu::kTileVector;
using cpu::PatchPanel;
using cpu::PatchPlan;
using cpu::TapRange;

using F32 = hn::CappedTag<float, static_cast<size_t>(kTileVector)>;
constexpr int64_t kLanes = hn::MaxLanes(F32());

// The three below write whole vectors: up to a vector beyond the last element, which the next
// segment or row overwrites.
HWY_INLINE void write_zeros(float* to, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) hn::StoreU(hn::Zero(F32()), F32(), to + i);
}

HWY_INLINE void copy_run(const float* from, int64_t count, float* to) {
  const F32 d;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < count) hn::StoreU(hn::LoadN(d, from + i, static_cast<size_t>(count - i)), d, to + i);
}

// to[i] = from[2 * i]
HWY_INLINE void copy_even(const float* from, int64_t count, float* to) {
  const F32 d;
  int64_t i = 0;
  for (; i < count; i += kLanes) {
    const int64_t rest = 2 * (count - i) - 1;  // elements up to the last one that is wanted
    const auto low = hn::LoadN(d, from + 2 * i, static_cast<size_t>(std::min(rest, kLanes)));
    const auto high = rest > kLanes
                          ? hn::LoadN(d, from + 2 * i + kLanes,
                                      static_cast<size_t>(std::min(rest - kLanes, kLanes)))
                          : hn::Zero(d);
    hn::StoreU(hn::ConcatEven(d, high, low), d, to + i);
  }
}

HWY_INLINE void copy_strided(const float* from, int64_t stride, int64_t count, float* to) {
  if (stride == 1) return copy_run(from, count, to);
  if (stride == 2) return copy_even(from, count, to);
  for (int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
}

// Output pixels of one output row within a panel.
struct Segment {
  int64_t src_row;          // of tap 0; may be negative
  int64_t first_x, last_x;  // output columns [first_x, last_x)
};
using Segments = std::array<Segment, static_cast<size_t>(kTileColumns)>;

size_t cut_segments(const ConvShape& shape, const PatchPanel& patches, Segments& segments) {
  size_t count = 0;
  for (int64_t done = 0; done < patches.columns;) {
    const int64_t y = (patches.column + done) / shape.dst_width,
                  x = (patches.column + done) % shape.dst_width;
    const int64_t pixels = std::min(shape.dst_width - x, patches.columns - done);
    segments[count++] = {y * shape.stride_height - shape.begin_height, x, x + pixels};
    done += pixels;
  }
  return count;
}

bool plan(const ConvShape& shape, const PatchPanel& patches) {
  const int64_t taps = shape.kernel_height * shape.kernel_width;
  if (shape.stride_width != 1 || taps > PatchPlan::kMaxTaps ||
      shape.dst_width < PatchPlan::kMinWidth)
    return false;
  Segments segments;
  const size_t count = cut_segments(shape, patches, segments);
  PatchPlan& plan = *patches.plan;
  uint32_t pieces = 0, entry = 0;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int64_t offset_y = tap / shape.kernel_width * shape.dilation_height;
    const int64_t offset_x = tap % shape.kernel_width * shape.dilation_width - shape.begin_width;
    const TapRange inside = cpu::windows_inside(offset_x, 1, shape.width, shape.dst_width);
    for (int64_t vector = 0; vector < patches.pitch(); vector += kLanes) {
      plan.first[entry++] = pieces;
      int64_t column = 0;  // of the panel, where the segment begins
      for (size_t s = 0; s < count; ++s) {
        const Segment& segment = segments[s];
        const int64_t src_y = segment.src_row + offset_y;
        // The lanes of this vector that the segment fills from src.
        const int64_t shift = column - segment.first_x - vector;  // x + shift is the lane
        column += segment.last_x - segment.first_x;
        const int64_t first = std::max({segment.first_x, inside.first, -shift});
        const int64_t last = std::min({segment.last_x, inside.last, kLanes - shift});
        if (first >= last || src_y < 0 || src_y >= shape.height) continue;
        PatchPlan::Piece& piece = plan.pieces[pieces++];
        piece.offset = src_y * shape.width + offset_x - shift;
        const uint32_t lanes = (1u << (last + shift)) - (1u << (first + shift));
        std::fill_n(piece.lanes, sizeof(piece.lanes), uint8_t{0});
        piece.lanes[0] = static_cast<uint8_t>(lanes);
        piece.lanes[1] = static_cast<uint8_t>(lanes >> 8);
      }
    }
  }
  plan.first[entry] = pieces;
  return true;
}

void copy_planned(const ConvShape& shape, const PatchPanel& patches) {
  const F32 d;
  const int64_t taps = shape.kernel_height * shape.kernel_width, vectors = patches.pitch() / kLanes;
  const float* plane = patches.src + patches.k / taps * shape.src_plane();
  int64_t tap = patches.k % taps;
  const PatchPlan& plan = *patches.plan;
  float* to = patches.panel;
  for (int64_t i = 0; i < patches.depth; ++i) {
    const uint32_t* first = plan.first + tap * vectors;
    for (int64_t v = 0; v < vectors; ++v, to += kLanes) {
      auto lanes = hn::Zero(d);
      for (uint32_t p = first[v]; p < first[v + 1]; ++p) {
        const PatchPlan::Piece& piece = plan.pieces[p];
        lanes = hn::Or(lanes,
                       hn::MaskedLoad(hn::LoadMaskBits(d, piece.lanes), d, plane + piece.offset));
      }
      hn::Store(lanes, d, to);
    }
    if (++tap == taps) tap = 0, plane += shape.src_plane();
  }
}

void copy(const ConvShape& shape, const PatchPanel& patches) {
  if (patches.planned) return copy_planned(shape, patches);
  Segments segments;
  const size_t count = cut_segments(shape, patches, segments);
  const int64_t taps = shape.kernel_height * shape.kernel_width;
  int64_t channel = patches.k / taps;
  int64_t tap_y = patches.k % taps / shape.kernel_width, tap_x = patches.k % shape.kernel_width;
  const int64_t pitch = patches.pitch();
  float* row = patches.panel;
  for (int64_t i = 0; i < patches.depth; ++i, row += pitch) {
    const float* plane = patches.src + channel * shape.src_plane();
    const int64_t offset_y = tap_y * shape.dilation_height;
    const int64_t offset_x = tap_x * shape.dilation_width - shape.begin_width;
    const TapRange inside =
        cpu::windows_inside(offset_x, shape.stride_width, shape.width, shape.dst_width);
    float* to = row;
    for (size_t s = 0; s < count; ++s) {
      const Segment& segment = segments[s];
      const int64_t src_y = segment.src_row + offset_y, pixels = segment.last_x - segment.first_x;
      const int64_t first = std::clamp(inside.first, segment.first_x, segment.last_x);
      const int64_t last = std::clamp(inside.last, first, segment.last_x);
      if (src_y < 0 || src_y >= shape.height || first == last) {
        write_zeros(to, pixels);
      } else {
        if (first > segment.first_x) write_zeros(to, first - segment.first_x);
        copy_strided(plane + src_y * shape.width + first * shape.stride_width + offset_x,
                     shape.stride_width, last - first, to + (first - segment.first_x));
        if (last < segment.last_x)
          write_zeros(to + (last - segment.first_x), segment.last_x - last);
      }
      to += pixels;
    }
    if (patches.columns < pitch) write_zeros(to, pitch - patches.columns);
    if (++tap_x == shape.kernel_width) {
      tap_x = 0;
      if (++tap_y == shape.kernel_height) tap_y = 0, ++channel;
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(copy);
HWY_EXPORT(plan);

bool plan_patches(const ConvShape& shape, const PatchPanel& patches) {
  return HWY_DYNAMIC_DISPATCH(plan)(shape, patches);
}

void copy_patches(const ConvShape& shape, const PatchPanel& patches) {
  HWY_DYNAMIC_DISPATCH(copy)(shape, patches);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
