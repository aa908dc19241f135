// Pools whose window is larger than their padded input, as exporters write global pooling; values
// as ONNX Runtime gives them.
#include "tests/support/run_model.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

struct Case {
  std::vector<int64_t> kernel, strides, pads, dilations;
  double max, mean, mean_with_pads;  // over 1, 2, 4
};

ModelBuilder pool(const char* op, const Case& c, Extent extent, bool ceil_mode) {
  ModelBuilder model(19);
  model.input("x", {1, 1, extent}).output("y");
  model.node(op, {"x"}, {"y"})
      .named("pool")
      .ints("kernel_shape", c.kernel)
      .ints("strides", c.strides)
      .ints("pads", c.pads)
      .ints("dilations", c.dilations)
      .attr("ceil_mode", ceil_mode ? 1 : 0);
  return model;
}

TEST(LargeWindows, CountOnlyWhatIsThere) {
  const Case cases[] = {
      {{4}, {4}, {0, 0}, {1}, 4, 7.0 / 3, 7.0 / 3}, {{9}, {9}, {0, 0}, {1}, 4, 7.0 / 3, 7.0 / 3},
      {{4}, {4}, {1, 1}, {1}, 4, 7.0 / 3, 7.0 / 4}, {{8}, {8}, {1, 1}, {1}, 4, 7.0 / 3, 7.0 / 5},
      {{3}, {3}, {0, 0}, {2}, 4, 2.5, 2.5},
  };
  const std::vector<Tensor> inputs = {make_tensor<float>({1, 1, 3}, {1, 2, 4})};
  for (const Case& c : cases)
    for (const bool reference : {false, true})
      for (const Extent& extent : {Extent(3), Extent("n")}) {
        const auto expect = [&](const ModelBuilder& model, double expected) {
          const ModelRun run = run_model(model, inputs, reference);
          EXPECT_EQ(run.error, "");
          EXPECT_EQ(run.shape, (Shape{1, 1, 1}));
          EXPECT_THAT(run.values, Pointwise(testing::DoubleNear(1e-6), {expected}));
        };
        expect(pool("MaxPool", c, extent, true), c.max);
        ModelBuilder mean = pool("AveragePool", c, extent, true);
        expect(mean, c.mean);
        NodeBuilder(*mean.graph().mutable_node(0)).attr("count_include_pad", 1);
        expect(mean, c.mean_with_pads);
      }
}

// The formula gives no window: everything behind it would silently be empty.
TEST(LargeWindows, WithoutAPlaceAreRefused) {
  const Case dense{{5}, {2}, {0, 0}, {1}, 0, 0, 0};
  EXPECT_THAT(load_error(pool("MaxPool", dense, 3, true)),
              HasSubstr("the number of windows along axis 2 of input 0 is"));
  const Case floor{{4}, {4}, {0, 0}, {1}, 0, 0, 0};
  EXPECT_THAT(load_error(pool("MaxPool", floor, 3, false)),
              HasSubstr("under a window of 4 elements is 3, expected 4 or more"));
}

}  // namespace
}  // namespace octet::test
