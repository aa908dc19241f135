// Importers of Pad, Resize, Tile, DepthToSpace, Trilu, OneHot, ArgMax, Hardmax and of activations
// with parameters.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One node of x float32[batch, seq, 4, 6] and int64 vectors.
ModelBuilder one(const std::string& op, std::vector<std::vector<int64_t>> vectors = {},
                 int64_t opset = 18) {
  ModelBuilder model(opset);
  model.input("x", {"batch", "seq", 4, 6}).output("y");
  std::vector<std::string> inputs = {"x"};
  for (const auto& vector : vectors) {
    inputs.push_back(vector.empty() ? "" : "v" + std::to_string(inputs.size()));
    if (!vector.empty()) model.ints(inputs.back(), vector);
  }
  model.node(op, inputs, {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }
std::string result(const ModelBuilder& model) { return output_text(loaded(model)); }

TEST(ImportPad, InputsAttributesAndAxes) {
  EXPECT_EQ(result(one("Pad", {{0, 1, 0, 2, 0, 0, 3, 0}})), "float32[batch, 1 + seq, 7, 8]");
  EXPECT_EQ(result(one("Pad", {{1, 2}, {}, {-1}})), "float32[batch, seq, 4, 9]");
  ModelBuilder old = one("Pad", {}, 10);
  only_node(old).ints("pads", {0, 0, 1, 0, 0, 0, 0, 0}).attr("value", 2.5f).attr("mode", "edge");
  EXPECT_EQ(first<PadAttrs>(loaded(old)).mode, PadMode::kEdge);
  EXPECT_EQ(ops(loaded(one("Pad", {{0, 0, 0, 0, 0, 0, 0, 0}}))), "");
  EXPECT_THAT(load_error(one("Pad", {{1, 2}})), HasSubstr("there are 2 pads, expected 8"));
  ModelBuilder mode = one("Pad", {{0, 0, 1, 0, 0, 0, 0, 0}});
  only_node(mode).attr("mode", "mirror");
  EXPECT_THAT(load_error(mode), HasSubstr("\"mode\" is \"mirror\""));
}

TEST(ImportPad, NegativePadsCut) {
  const Graph graph = loaded(one("Pad", {{0, 0, -1, 2, 0, 0, 0, -2}}));
  EXPECT_EQ(ops(graph), "slice pad");
  EXPECT_EQ(output_text(graph), "float32[batch, seq, 3, 6]");
  EXPECT_THAT(
      load_error(one("Pad", {{0, 0, -5, 0, 0, 0, 0, 0}})),
      HasSubstr("the number of elements that the pads leave along axis 2 of input 0 is -1"));
  // What is cut off beyond the axis comes off what the other side adds.
  EXPECT_EQ(result(one("Pad", {{0, 0, -6, 0, 0, 0, 5, 0}})), "float32[batch, seq, 3, 6]");
  EXPECT_EQ(result(one("Pad", {{0, 0, 5, 0, 0, 0, -6, 0}})), "float32[batch, seq, 3, 6]");
  EXPECT_THAT(load_error(one("Pad", {{0, 0, -3, 0, 0, 0, -2, 0}})), HasSubstr("-1"));
  // The same where the extent shows only at run time.
  EXPECT_EQ(result(one("Pad", {{0, -6, 0, 0, 0, 5, 0, 0}})), "float32[batch, -1 + seq, 4, 6]");
  EXPECT_EQ(result(one("Pad", {{0, -3, 0, 0, 0, -2, 0, 0}})), "float32[batch, -5 + seq, 4, 6]");
}

TEST(ImportResize, ScalesAndSizes) {
  const auto resize = [](std::vector<float> scales, std::vector<int64_t> sizes) {
    ModelBuilder model;
    model.input("x", {"batch", 3, "height", 5}).output("y");
    std::vector<std::string> inputs = {"x", "", "", ""};
    if (!scales.empty()) {
      model.initializer<float>("scales", {static_cast<int64_t>(scales.size())}, scales);
      inputs[2] = "scales";
    }
    if (!sizes.empty()) model.ints("sizes", sizes);
    if (!sizes.empty()) inputs[3] = "sizes";
    model.node("Resize", inputs, {"y"}).attr("mode", "linear");
    return model;
  };
  EXPECT_EQ(result(resize({1, 1, 2, 0.5f}, {})), "float32[batch, 3, 2*height, 2]");
  EXPECT_EQ(result(resize({1, 1, 0.75f, 1.5f}, {})),
            "float32[batch, 3, floor_div(3*height, 4), 7]");
  EXPECT_EQ(result(resize({}, {2, 3, 9, 4})), "float32[2, 3, 9, 4]");
  EXPECT_THAT(load_error(resize({1, 1, 0.3f, 1}, {})), HasSubstr("multiple of a power of two"));
  EXPECT_THAT(load_error(resize({1, 1, -2, 1}, {})), HasSubstr("expected more than 0"));
  EXPECT_THAT(load_error(resize({2, 2}, {})), HasSubstr("there are 2 scales, expected 4"));
  EXPECT_THAT(load_error(resize({}, {})), HasSubstr("neither scales nor sizes"));
}

TEST(ImportTile, RepeatsThroughAView) {
  EXPECT_EQ(ops(loaded(one("Tile", {{1, 2, 1, 3}}))), "reshape expand reshape");
  EXPECT_EQ(result(one("Tile", {{1, 2, 1, 3}})), "float32[batch, 2*seq, 4, 18]");
  EXPECT_EQ(ops(loaded(one("Tile", {{1, 1, 1, 1}}))), "");
  EXPECT_EQ(result(one("Tile", {{0, 1, 1, 1}})), "float32[0, seq, 4, 6]");
  ModelBuilder deep;  // more repeated axes than the rank has room for
  deep.input("x", {2, 2, 2, 2, 2, 2}).ints("r", {2, 3, 2, 3, 2, 3}).output("y");
  deep.node("Tile", {"x", "r"}, {"y"});
  EXPECT_EQ(result(deep), "float32[4, 6, 4, 6, 4, 6]");
  EXPECT_THAT(load_error(one("Tile", {{1, 2}})), HasSubstr("there are 2 repeats"));
}

TEST(ImportBlocks, DepthAndSpace) {
  ModelBuilder space = one("SpaceToDepth");
  only_node(space).attr("blocksize", 2);
  EXPECT_EQ(result(space), "float32[batch, 4*seq, 2, 3]");
  ModelBuilder depth;
  depth.input("x", {"batch", 8, 2, 3}).output("y");
  depth.node("DepthToSpace", {"x"}, {"y"}).attr("blocksize", 2).attr("mode", "CRD");
  EXPECT_EQ(result(depth), "float32[batch, 2, 4, 6]");
  EXPECT_THAT(load_error(one("SpaceToDepth")), HasSubstr("\"blocksize\" is 0"));
}

TEST(ImportTrilu, ComparesIndices) {
  EXPECT_EQ(ops(loaded(one("Trilu"))), "range reshape range greater_or_equal where");
  ModelBuilder lower = one("Trilu", {{-1}});
  only_node(lower).attr("upper", 0);
  EXPECT_THAT(ops(loaded(lower)), HasSubstr("less_or_equal"));
}

TEST(ImportOneHot, AddsAnAxis) {
  ModelBuilder model;
  model.input("x", {"batch", 3}, kInt64).ints("depth", {5}).output("y");
  model.initializer<float>("values", {2}, {0, 1});
  model.node("OneHot", {"x", "depth", "values"}, {"y"}).attr("axis", 1);
  EXPECT_EQ(result(model), "float32[batch, 5, 3]");
}

TEST(ImportOneHot, TakesASingleDepth) {
  const auto error = [](Extent extent) {
    ModelBuilder model;
    model.input("x", {"batch", 3}, kInt64).input("depth", {extent}).output("y");
    model.initializer<float>("values", {2}, {0, 1});
    model.node("OneHot", {"x", "depth", "values"}, {"y"});
    return load_error(model);
  };
  EXPECT_THAT(error(2), HasSubstr("int64[2], expected a single element"));
  EXPECT_THAT(error("n"), HasSubstr("int64[n], expected a single element"));
}

TEST(ImportArgReduce, AxesAndHardmax) {
  ModelBuilder arg = one("ArgMin");
  only_node(arg).attr("axis", -1).attr("keepdims", 0).attr("select_last_index", 1);
  const Graph graph = loaded(arg);
  EXPECT_EQ(output_text(graph), "int64[batch, seq, 4]");
  EXPECT_FALSE(first<ArgReduceAttrs>(graph).largest);
  EXPECT_TRUE(first<ArgReduceAttrs>(graph).last_index);
  EXPECT_EQ(ops(loaded(one("Hardmax"))), "arg_max range reshape equal cast");
  EXPECT_EQ(result(one("Hardmax", {}, 12)), "float32[batch, seq, 4, 6]");
}

TEST(ImportActivation, ParametersAndTheirDefaults) {
  const auto attrs = [](const ModelBuilder& model) { return first<UnaryAttrs>(loaded(model)); };
  EXPECT_EQ(attrs(one("Elu")).alpha, 1.0f);
  EXPECT_EQ(attrs(one("Selu")).function, UnaryFunction::kElu);
  EXPECT_EQ(attrs(one("Selu")).beta, 1.05070102214813232421875f);
  EXPECT_EQ(attrs(one("LeakyRelu")).alpha, 0.01f);
  EXPECT_EQ(attrs(one("HardSigmoid")).alpha, 0.2f);
  EXPECT_EQ(attrs(one("HardSigmoid")).beta, 0.5f);
  EXPECT_EQ(attrs(one("HardSwish")).function, UnaryFunction::kHardSwish);
  ModelBuilder celu = one("Celu");
  only_node(celu).attr("alpha", 2.0f);
  EXPECT_EQ(attrs(celu).alpha, 2.0f);
}

TEST(ImportActivation, PReluIsASelection) {
  ModelBuilder model;
  model.input("x", {"batch", 3, 4}).output("y").initializer<float>("slope", {3, 1}, {1, 2, 3});
  model.node("PRelu", {"x", "slope"}, {"y"});
  EXPECT_EQ(ops(loaded(model)), "less mul where");
  ModelBuilder wrong;
  wrong.input("x", {3}).output("y").initializer<float>("slope", {2, 3}, {1, 2, 3, 4, 5, 6});
  wrong.node("PRelu", {"x", "slope"}, {"y"});
  EXPECT_THAT(load_error(wrong), HasSubstr("does not broadcast to"));
}

}  // namespace
}  // namespace octet::test
