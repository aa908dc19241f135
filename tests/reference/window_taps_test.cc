// The taps that arithmetic finds are those that a search over the whole kernel finds, in its order.
#include "kernels/reference/window_taps.h"

#include <gtest/gtest.h>

#include <vector>

namespace octet::reference {
namespace {

using Pairs = std::vector<std::pair<int64_t, int64_t>>;  // (tap, element of src)

Pairs listed(const TapRun& run) {
  Pairs pairs;
  for (int64_t i = 0; i < run.count; ++i)
    pairs.emplace_back(run.tap + i * run.tap_step, run.at + i * run.at_step);
  return pairs;
}

Window make_window(int64_t kernel, int64_t stride, int64_t dilation, int64_t begin, int64_t end) {
  return {{kernel}, {stride}, {dilation}, Padding::kExplicit, {begin}, {end}, false};
}

template <class Visit>
void for_all_windows(Visit visit) {
  for (int64_t extent : {0, 1, 2, 5, 9})
    for (int64_t kernel : {1, 2, 3, 7})
      for (int64_t stride : {1, 2, 3, 4, 6})
        for (int64_t dilation : {1, 2, 3, 4})
          for (int64_t begin : {0, 1, 5})
            visit(extent, make_window(kernel, stride, dilation, begin, 2));
}

TEST(WindowTaps, AreThoseInSrc) {
  for_all_windows([](int64_t extent, const Window& window) {
    const WindowSpace space(window, Shape{extent});
    for (int64_t position = 0; position < 12; ++position) {
      Pairs expected;
      double with_padding = 0;
      for (int64_t tap = 0; tap < window.kernel[0]; ++tap) {
        const int64_t at =
            position * window.strides[0] + tap * window.dilations[0] - window.begins[0];
        if (at >= 0 && at < extent) expected.emplace_back(tap, at);
        with_padding += at < extent + window.ends[0];
      }
      ASSERT_EQ(listed(space.taps_in_src(&position)[0]), expected);
      ASSERT_EQ(space.count_with_padding(&position), with_padding);
    }
  });
}

TEST(TransposedTaps, AreThoseThatReachTheElement) {
  for_all_windows([](int64_t extent, const Window& window) {
    const TransposedTaps taps(window, 0, extent);
    for (int64_t position = 0; position < 40; ++position) {
      Pairs expected;
      for (int64_t tap = 0; tap < window.kernel[0]; ++tap) {
        const int64_t steps = position + window.begins[0] - tap * window.dilations[0];
        const int64_t at = steps / window.strides[0];
        if (steps >= 0 && steps % window.strides[0] == 0 && at < extent)
          expected.emplace_back(tap, at);
      }
      ASSERT_EQ(listed(taps.at(position)), expected)
          << "extent " << extent << " kernel " << window.kernel[0] << " stride "
          << window.strides[0] << " dilation " << window.dilations[0] << " at " << position;
    }
  });
}

TEST(WindowTaps, AGiantWindowCostsWhatItReads) {
  constexpr int64_t kGiant = int64_t{1} << 30;
  const int64_t position = kGiant - 2;
  const Window window = make_window(kGiant, 1, 1, kGiant - 1, kGiant - 1);
  const WindowSpace space(window, Shape{3});
  EXPECT_EQ(listed(space.taps_in_src(&position)[0]), (Pairs{{1, 0}, {2, 1}, {3, 2}}));
  const TransposedTaps transposed(make_window(kGiant, kGiant, 1, 0, 0), 0, 3);
  EXPECT_EQ(listed(transposed.at(kGiant + 5)), (Pairs{{5, 1}}));
}

}  // namespace
}  // namespace octet::reference
