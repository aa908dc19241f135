// Work of nodes: what has to be done, whatever the kernel.
#include "runtime/ops/work.h"

#include <gtest/gtest.h>

namespace octet::test {
namespace {

double work(const Attributes& attributes, std::vector<Shape> inputs, const Shape& output) {
  const std::vector<Shape> outputs = {output};
  return work_of(attributes, inputs, outputs);
}

Window square(int64_t kernel, int64_t pad, int64_t stride = 1, int64_t dilation = 1) {
  return {{kernel, kernel},
          {stride, stride},
          {dilation, dilation},
          Padding::kExplicit,
          {pad, pad},
          {pad, pad},
          false};
}

TEST(Work, OfProductsIsTheirMultiplyAdds) {
  EXPECT_EQ(work(MatMulAttrs{}, {{2, 3, 50}, {50, 7}}, {2, 3, 7}),
            2 * 3 * 7 * 50 + 2 * 3 * 50 + 50 * 7 + 2 * 3 * 7);
  const double conv =
      work(ConvAttrs{.window = square(3, 1)}, {{1, 8, 32, 32}, {16, 8, 3, 3}}, {1, 16, 32, 32});
  EXPECT_GT(conv, 16.0 * 8 * 9 * 32 * 32);
  EXPECT_LT(conv, 1.1 * 16 * 8 * 9 * 32 * 32);
}

TEST(Work, OfMovementIsItsElements) {
  EXPECT_EQ(work(TransposeAttrs{{1, 0}}, {{30, 40}}, {40, 30}), 2400);
  EXPECT_EQ(work(GatherAttrs{0}, {{1000000, 8}, {4}}, {4, 8}), 32);  // the table is not read
  EXPECT_EQ(work(ShapeValuesAttrs{}, {}, {0}), 1);
}

TEST(Work, OfWindowsIsWhatTheyRead) {
  // Every window of a giant kernel sees all of the picture, and nothing but the picture.
  const double giant =
      work(PoolAttrs{.function = PoolFunction::kAverage, .window = square(4001, 2000)},
           {{1, 1, 10, 10}}, {1, 1, 10, 10});
  EXPECT_LT(giant, 1.1 * 100 * 100 + 200);
  // One window over everything, and a kernel whose taps lie so far apart that a window has one.
  EXPECT_LT(useful_taps(square(1000, 0), 0, 1000, 1), 1001);
  EXPECT_EQ(useful_taps(square(3, 1 << 20, 1, 1 << 20), 0, 100, 100), 100);
  // A transposed convolution by a large stride: an output sees few elements of src.
  const double transposed =
      work(ConvTransposeAttrs{.window = square(64, 0, 64), .output_padding = {0, 0}},
           {{1, 1, 16, 16}, {1, 1, 64, 64}}, {1, 1, 1024, 1024});
  EXPECT_LT(transposed, 3.1 * 1024 * 1024);
}

TEST(Work, DoesNotOverflow) {
  const int64_t large = int64_t{1} << 40;
  EXPECT_GT(work(MatMulAttrs{}, {{large, large}, {large, large}}, {large, large}), 1e36);
}

}  // namespace
}  // namespace octet::test
