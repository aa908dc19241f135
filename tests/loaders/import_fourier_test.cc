// DFT and STFT: axes and lengths of every opset, and frames.
#include "runtime/ops/dft.h"
#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// DFT of x float32 with dft_length and axis as initializers where they are given.
ModelBuilder dft(int64_t opset, const std::vector<Extent>& shape, std::vector<int64_t> length = {},
                 std::vector<int64_t> axis = {}) {
  ModelBuilder model(opset);
  model.input("x", shape).output("y");
  if (!length.empty()) model.ints("length", length);
  if (!axis.empty()) model.ints("axis", axis);
  model.node("DFT", {"x", length.empty() ? "" : "length", axis.empty() ? "" : "axis"}, {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }
std::string result(const ModelBuilder& model) { return output_text(loaded(model)); }

TEST(ImportDft, AxisOfEveryOpset) {
  EXPECT_EQ(result(dft(17, {"b", 6, 4, 1})), "float32[b, 6, 4, 2]");
  const auto axis = [](const ModelBuilder& model) {
    return describe(loaded(model).nodes()[0].attributes)[0].text;
  };
  EXPECT_EQ(axis(dft(17, {2, 6, 4, 1})), "1");
  EXPECT_EQ(axis(dft(20, {2, 6, 4, 1})), "2");
  EXPECT_EQ(axis(dft(20, {2, 6, 4, 1}, {}, {-3})), "1");
  ModelBuilder old = dft(19, {2, 6, 4, 1});
  only_node(old).attr("axis", -2);
  EXPECT_EQ(axis(old), "2");
  EXPECT_THAT(load_error(dft(20, {2, 6, 4, 1}, {}, {3})),
              HasSubstr("where the real and imaginary parts are"));
  EXPECT_THAT(load_error(dft(20, {2, 6, 4, 3})), HasSubstr("a last axis of 1 or 2"));
}

TEST(ImportDft, LengthsCutAndFill) {
  EXPECT_EQ(result(dft(20, {"b", "n", 1}, {8})), "float32[b, 8, 2]");
  EXPECT_EQ(ops(loaded(dft(20, {2, 6, 1}, {8}))), "pad dft");
  EXPECT_EQ(ops(loaded(dft(20, {2, 6, 1}, {4}))), "slice dft");
  EXPECT_EQ(ops(loaded(dft(20, {2, 6, 1}, {6}))), "dft");
  EXPECT_THAT(load_error(dft(20, {2, 6, 1}, {0})),
              HasSubstr("dft_length, input 1, is 0, expected 1 or more"));
  ModelBuilder half = dft(20, {"b", "n", 1});
  only_node(half).attr("onesided", 1);
  EXPECT_EQ(result(half), "float32[b, 1 + floor_div(n, 2), 2]");
}

TEST(ImportDft, OfHalfASpectrum) {
  ModelBuilder inverse = dft(20, {1, 4, 2});
  only_node(inverse).attr("onesided", 1).attr("inverse", 1);
  EXPECT_EQ(result(inverse), "float32[1, 6, 1]");
  ModelBuilder odd = dft(20, {1, 4, 2}, {5});
  only_node(odd).attr("onesided", 1).attr("inverse", 1);
  EXPECT_EQ(result(odd), "float32[1, 5, 1]");
  EXPECT_EQ(ops(loaded(odd)), "slice dft");
  ModelBuilder real = dft(20, {1, 4, 1});
  only_node(real).attr("onesided", 1).attr("inverse", 1);
  EXPECT_THAT(load_error(real), HasSubstr("expected a last axis of 2"));
  ModelBuilder single = dft(20, {1, 1, 2});
  only_node(single).attr("onesided", 1).attr("inverse", 1);
  EXPECT_THAT(load_error(single), HasSubstr("is 0, expected 1 or more"));
}

TEST(ImportDft, ValuesByHand) {
  // Filled up to 4: 1 2 0 0.
  EXPECT_THAT(outputs_of<float>(dft(20, {1, 2, 1}, {4}), {floats({1, 2, 1}, {1, 2})}),
              ElementsAre(3, 0, 1, -2, -1, 0, 1, 2));
}

// STFT of signal float32 with frames of `length` every `step` elements.
ModelBuilder stft(const std::vector<Extent>& shape, int64_t step, std::vector<int64_t> length,
                  std::vector<float> window = {}) {
  ModelBuilder model(17);
  model.input("signal", shape).output("y").scalar("step", step);
  std::vector<std::string> inputs = {"signal", "step", "", ""};
  if (!window.empty()) {
    model.initializer("window", {static_cast<int64_t>(window.size())}, window);
    inputs[2] = "window";
  }
  if (!length.empty()) model.ints(inputs[3] = "length", length);
  model.node("STFT", inputs, {"y"});
  return model;
}

TEST(ImportStft, FramesAreTransformed) {
  // Frames 1 2, 3 4 and 5 6: sums and differences.
  ModelBuilder plain = stft({1, 7, 1}, 2, {2});
  const Tensor signal = floats({1, 7, 1}, {1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(result(plain), "float32[1, 3, 2, 2]");
  EXPECT_THAT(outputs_of<float>(plain, {signal}),
              ElementsAre(3, 0, -1, 0, 7, 0, -1, 0, 11, 0, -1, 0));
  EXPECT_THAT(outputs_of<float>(stft({1, 7, 1}, 4, {}, {1, 0}), {signal}),
              ElementsAre(1, 0, 1, 0, 5, 0, 5, 0));
  ModelBuilder both = stft({"b", "n", 2}, 1, {4});
  only_node(both).attr("onesided", 0);
  EXPECT_EQ(result(both), "float32[b, -3 + n, 4, 2]");
  EXPECT_EQ(result(stft({"b", 8, 1}, 1, {})), "float32[b, 1, 5, 2]");
}

TEST(ImportStft, RefusesWithAReason) {
  EXPECT_THAT(load_error(stft({1, 3, 1}, 1, {4})),
              HasSubstr("axis 1 of input 0 is 3, expected 4 or more"));
  EXPECT_THAT(load_error(stft({1, 8, 1}, 0, {4})),
              HasSubstr("frame_step, input 1, is 0, expected 1 or more"));
  EXPECT_THAT(load_error(stft({1, 8, 1}, 1, {4}, {1, 1})),
              HasSubstr("axis 0 of input 2 is 2, expected 4"));
  EXPECT_THAT(load_error(stft({8, 1}, 1, {4})), HasSubstr("expected rank 3"));
}

}  // namespace
}  // namespace octet::test
