// Importers of convolutions, pools and channel norms.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One node of x float32[batch, 4, height, 9]; with weights w of `dims`, when there are any.
ModelBuilder one(const std::string& op, std::vector<int64_t> dims = {}, int64_t opset = 17) {
  ModelBuilder model(opset);
  model.input("x", {"batch", 4, "height", 9}).output("y");
  std::vector<std::string> inputs = {"x"};
  if (!dims.empty()) {
    int64_t count = 1;
    for (int64_t dim : dims) count *= dim;
    model.initializer<float>("w", dims, std::vector<float>(static_cast<size_t>(count), 1));
    inputs.push_back("w");
  }
  model.node(op, inputs, {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

TEST(ImportConv, AttributesAndTheirDefaults) {
  const Graph plain = loaded(one("Conv", {6, 4, 3, 3}));
  EXPECT_EQ(output_text(plain), "float32[batch, 6, -2 + height, 7]");
  EXPECT_THAT(first<ConvAttrs>(plain).window.kernel, ElementsAre(3, 3));
  ModelBuilder full = one("Conv", {6, 2, 3, 3});
  only_node(full)
      .ints("kernel_shape", {3, 3})
      .ints("strides", {2, 1})
      .ints("dilations", {1, 2})
      .ints("pads", {1, 2, 1, 3})
      .attr("group", 2);
  const Graph graph = loaded(full);
  EXPECT_EQ(output_text(graph), "float32[batch, 6, floor_div(1 + height, 2), 10]");
  EXPECT_THAT(first<ConvAttrs>(graph).window.begins, ElementsAre(1, 2));
  EXPECT_THAT(first<ConvAttrs>(graph).window.ends, ElementsAre(1, 3));
  EXPECT_EQ(first<ConvAttrs>(graph).groups, 2);
}

TEST(ImportConv, AutoPadIsSettledWhereExtentsAreKnown) {
  ModelBuilder same = one("Conv", {6, 4, 3, 3});
  only_node(same).attr("auto_pad", "SAME_UPPER").ints("strides", {2, 2});
  const Graph symbolic = loaded(same);
  EXPECT_EQ(output_text(symbolic), "float32[batch, 6, floor_div(1 + height, 2), 5]");
  EXPECT_EQ(first<ConvAttrs>(symbolic).window.padding, Padding::kSameUpper);

  ModelBuilder constant;
  constant.input("x", {1, 1, 6}).output("y").initializer<float>("w", {1, 1, 3}, {1, 1, 1});
  constant.node("Conv", {"x", "w"}, {"y"}).attr("auto_pad", "SAME_LOWER").ints("strides", {2});
  const Graph settled = loaded(constant);
  EXPECT_EQ(first<ConvAttrs>(settled).window.padding, Padding::kExplicit);
  EXPECT_THAT(first<ConvAttrs>(settled).window.begins, ElementsAre(1));
  EXPECT_THAT(first<ConvAttrs>(settled).window.ends, ElementsAre(0));
}

TEST(ImportConv, SaysWhatIsWrong) {
  ModelBuilder kernel = one("Conv", {6, 4, 3, 3});
  only_node(kernel).ints("kernel_shape", {3, 5});
  EXPECT_THAT(load_error(kernel), HasSubstr("\"kernel_shape\" is [3, 5], but the weights are"));
  ModelBuilder pads = one("Conv", {6, 4, 3, 3});
  only_node(pads).ints("pads", {1, 1});
  EXPECT_THAT(load_error(pads), HasSubstr("expected 4 numbers, two per spatial axis"));
  ModelBuilder stride = one("Conv", {6, 4, 3, 3});
  only_node(stride).ints("strides", {0, 1});
  EXPECT_THAT(load_error(stride), HasSubstr("stride 0 is 0"));
  ModelBuilder large = one("Conv", {6, 4, 3, 3});
  only_node(large).ints("pads", {int64_t{1} << 62, 0, 0, 0});
  EXPECT_THAT(load_error(large), HasSubstr("begin pad 0 is"));
  ModelBuilder mode = one("Conv", {6, 4, 3, 3});
  only_node(mode).attr("auto_pad", "SOME");
  EXPECT_THAT(load_error(mode), HasSubstr("\"auto_pad\" is \"SOME\""));
  ModelBuilder group = one("Conv", {6, 4, 3, 3});
  only_node(group).attr("group", 0);
  EXPECT_THAT(load_error(group), HasSubstr("has 0 groups"));
}

TEST(ImportConvTranspose, OutputShapeBecomesPadding) {
  ModelBuilder model;
  model.input("x", {1, 1, 3}).output("y").initializer<float>("w", {1, 2, 3}, {1, 1, 1, 1, 1, 1});
  model.node("ConvTranspose", {"x", "w"}, {"y"}).ints("strides", {2}).ints("output_shape", {6});
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph), "float32[1, 2, 6]");
  EXPECT_THAT(first<ConvTransposeAttrs>(graph).window.begins, ElementsAre(1));
  EXPECT_THAT(first<ConvTransposeAttrs>(graph).window.ends, ElementsAre(0));
  ModelBuilder same = one("ConvTranspose", {4, 2, 3, 3});
  only_node(same).attr("auto_pad", "SAME_UPPER").ints("strides", {2, 3});
  EXPECT_EQ(output_text(loaded(same)), "float32[batch, 2, 2*height, 27]");
  ModelBuilder huge = one("ConvTranspose", {4, 2, 3, 3});
  only_node(huge).ints("output_padding", {-1, 0});
  EXPECT_THAT(load_error(huge), HasSubstr("has the number -1"));
}

TEST(ImportPool, MaxAndAverage) {
  ModelBuilder max = one("MaxPool");
  only_node(max).ints("kernel_shape", {2, 2}).ints("strides", {2, 2}).attr("ceil_mode", 1);
  EXPECT_EQ(output_text(loaded(max)), "float32[batch, 4, floor_div(1 + height, 2), 5]");
  ModelBuilder average = one("AveragePool");
  only_node(average).ints("kernel_shape", {3, 3}).attr("count_include_pad", 1);
  EXPECT_TRUE(first<PoolAttrs>(loaded(average)).count_include_pad);
  EXPECT_THAT(load_error(one("MaxPool")), HasSubstr("\"kernel_shape\" is missing"));
  EXPECT_EQ(ops(loaded(one("GlobalAveragePool"))), "reduce_mean");
  EXPECT_EQ(output_text(loaded(one("GlobalMaxPool"))), "float32[batch, 4, 1, 1]");
}

TEST(ImportPool, Indices) {
  ModelBuilder model;
  model.input("x", {"batch", 4, 6}).output("y").output("i");
  model.node("MaxPool", {"x"}, {"y", "i"}).ints("kernel_shape", {2});
  const Graph graph = loaded(model);
  EXPECT_TRUE(first<PoolAttrs>(graph).indices);
  EXPECT_EQ(output_text(graph, 1), "int64[batch, 4, 5]");
}

ModelBuilder norm(const std::string& op, int64_t opset, size_t vectors, int64_t size = 4) {
  ModelBuilder model(opset);
  model.input("x", {"batch", 4, "height", 9}).output("y");
  std::vector<std::string> inputs = {"x"};
  for (size_t i = 0; i < vectors; ++i) {
    inputs.push_back("v" + std::to_string(i));
    model.initializer<float>(inputs.back(), {size},
                             std::vector<float>(static_cast<size_t>(size), 1));
  }
  model.node(op, inputs, {"y"});
  return model;
}

TEST(ImportChannelNorm, BatchNormalizationIsAScaleAndAShift) {
  EXPECT_EQ(ops(loaded(norm("BatchNormalization", 15, 4))),
            "add sqrt div mul sub reshape reshape mul add");
}

TEST(ImportChannelNorm, GroupsAreRows) {
  EXPECT_EQ(ops(loaded(norm("InstanceNormalization", 17, 2))),
            "reshape expand layer_norm reshape reshape reshape mul add");
  ModelBuilder group = norm("GroupNormalization", 21, 2);
  only_node(group).attr("num_groups", 2);
  EXPECT_EQ(output_text(loaded(group)), "float32[batch, 4, height, 9]");
  ModelBuilder old = norm("GroupNormalization", 18, 2, 2);
  only_node(old).attr("num_groups", 2);
  EXPECT_EQ(output_text(loaded(old)), "float32[batch, 4, height, 9]");
  ModelBuilder bad = norm("GroupNormalization", 21, 2);
  only_node(bad).attr("num_groups", 3);
  EXPECT_THAT(load_error(bad), HasSubstr("expected a divisor of the 4 channels"));
}

TEST(ImportChannelNorm, OthersAreArithmetic) {
  EXPECT_EQ(ops(loaded(one("LpNormalization"))), "reduce_l2 equal where div");
  EXPECT_EQ(output_text(loaded(one("MeanVarianceNormalization"))), "float32[batch, 4, height, 9]");
}

}  // namespace
}  // namespace octet::test
