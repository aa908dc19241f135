// Opsets 1 to 6: how ops said then what they say otherwise since.
#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

// One op of a [..] and a constant b.
ModelBuilder with_constant(const std::string& op, int64_t opset, std::vector<Extent> a,
                           std::vector<int64_t> dims, const std::vector<float>& b) {
  ModelBuilder model(opset);
  model.input("a", std::move(a)).initializer<float>("b", std::move(dims), b).output("y");
  model.node(op, {"a", "b"}, {"y"});
  return model;
}

TEST(OldOpsets, TheRightOperandIsBroadcastFromAnAxis) {
  ModelBuilder model = with_constant("Add", 6, {2, 3}, {2}, {10, 20});
  only_node(model).attr("broadcast", 1).attr("axis", 0);
  const Tensor a = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(outputs_of<float>(model, {a}), ElementsAre(11, 12, 13, 24, 25, 26));
  // Without an axis it lies at the last ones.
  ModelBuilder last = with_constant("Mul", 6, {2, 3}, {3}, {1, 2, 3});
  only_node(last).attr("broadcast", 1);
  EXPECT_THAT(outputs_of<float>(last, {a}), ElementsAre(1, 4, 9, 4, 10, 18));
  // One element goes everywhere, wherever it lies.
  ModelBuilder scalar = with_constant("Pow", 6, {2, 3}, {1, 1, 1}, {2});
  only_node(scalar).attr("broadcast", 1).attr("axis", 0);
  EXPECT_THAT(outputs_of<float>(scalar, {a}), ElementsAre(1, 4, 9, 16, 25, 36));
  ModelBuilder less = with_constant("Less", 1, {2, 3}, {2, 1}, {2, 5});
  only_node(less).attr("broadcast", 1).attr("axis", 0);
  EXPECT_EQ(output_text(loaded(less)), "bool[2, 3]");
}

TEST(OldOpsets, TheLeftOperandIsNotBroadcast) {
  ModelBuilder wide = with_constant("Sub", 6, {1, 3}, {2, 3}, std::vector<float>(6));
  EXPECT_THAT(load_error(wide), HasSubstr("their shapes must be equal"));
  only_node(wide).attr("broadcast", 1);
  EXPECT_THAT(load_error(wide), HasSubstr("does not broadcast to [1, 3]"));
  ModelBuilder behind = with_constant("Div", 6, {2, 3}, {2, 3}, std::vector<float>(6));
  only_node(behind).attr("broadcast", 1).attr("axis", 1);
  EXPECT_THAT(load_error(behind), HasSubstr("from axis 1 on does not fit float32[2, 3]"));
  // Extents that only the run shows are checked by it.
  ModelBuilder late = with_constant("Sub", 6, {"n", 3}, {2, 3}, {0, 0, 0, 1, 1, 1});
  const Graph graph = loaded(late);
  ASSERT_FALSE(graph.checks().empty());
  EXPECT_EQ(graph.checks()[0].kind, Check::Kind::kEqual);
}

TEST(OldOpsets, CastNamesItsType) {
  ModelBuilder model(5);
  model.input("x", {2}).output("y");
  model.node("Cast", {"x"}, {"y"}).attr("to", "INT32");
  EXPECT_THAT(outputs_of<int32_t>(model, {floats({2}, {1.5f, -2.5f})}), ElementsAre(1, -2));
  model.graph().mutable_node(0)->mutable_attribute(0)->set_s("int");
  EXPECT_THAT(load_error(model), HasSubstr("attribute \"to\" is \"int\""));
}

TEST(OldOpsets, ReshapeHasItsShapeAsAnAttribute) {
  ModelBuilder model(4);
  model.input("x", {"n", 2, 3}).output("y");
  model.node("Reshape", {"x"}, {"y"}).ints("shape", {0, -1});
  EXPECT_EQ(output_text(loaded(model)), "float32[n, 6]");
  model.graph().mutable_node(0)->clear_attribute();
  EXPECT_THAT(load_error(model), HasSubstr("attribute \"shape\" is missing"));
  model.proto.mutable_opset_import(0)->set_version(5);
  EXPECT_THAT(load_error(model), HasSubstr("input 1, the new shape, is missing"));
}

TEST(OldOpsets, ConcatIsAlongAxisOne) {
  ModelBuilder model = with_constant("Concat", 3, {2, 1}, {2, 2}, {3, 4, 5, 6});
  EXPECT_THAT(outputs_of<float>(model, {floats({2, 1}, {1, 2})}), ElementsAre(1, 3, 4, 2, 5, 6));
  model.proto.mutable_opset_import(0)->set_version(4);
  EXPECT_THAT(load_error(model), HasSubstr("\"axis\" is missing"));
}

TEST(OldOpsets, SplitTakesSizesFromAnInput) {
  ModelBuilder model(1);
  model.input("x", {3}).initializer<int32_t>("sizes", {2}, {1, 2}).output("b");
  model.node("Split", {"x", "sizes"}, {"a", "b"});
  EXPECT_THAT(outputs_of<float>(model, {floats({3}, {1, 2, 3})}), ElementsAre(2, 3));
}

TEST(OldOpsets, TileRepeatsOneAxis) {
  ModelBuilder model(5);
  model.input("x", {2, 1}).output("y").scalar("tiles", 3).scalar("axis", 1);
  model.node("Tile", {"x", "tiles", "axis"}, {"y"});
  EXPECT_THAT(outputs_of<float>(model, {floats({2, 1}, {1, 2})}), ElementsAre(1, 1, 1, 2, 2, 2));
  model.graph().mutable_node(0)->mutable_input()->RemoveLast();
  EXPECT_THAT(load_error(model), HasSubstr("input 2, the axis, is missing"));
}

TEST(OldOpsets, UpsampleHasOneScalePerSide) {
  ModelBuilder model(6);
  model.input("x", {1, 1, 1, 2}).output("y");
  model.node("Upsample", {"x"}, {"y"}).attr("height_scale", 2.0f).attr("width_scale", 1.0f);
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 1, 1, 2}, {1, 2})}), ElementsAre(1, 2, 1, 2));
  model.graph().mutable_node(0)->mutable_attribute()->RemoveLast();
  EXPECT_THAT(load_error(model), HasSubstr("\"height_scale\" and \"width_scale\" are missing"));
}

TEST(OldOpsets, ASlopePerChannel) {
  ModelBuilder model = with_constant("PRelu", 6, {1, 2, 2}, {2}, {10, 100});
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 2, 2}, {-1, 1, -1, 1})}),
              ElementsAre(-10, 1, -100, 1));
  model.proto.mutable_opset_import(0)->set_version(7);
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 2, 2}, {-1, -1, 1, -1})}),
              ElementsAre(-10, -100, 1, -100));
}

TEST(OldOpsets, SeluOfOpsetOneHasFewerDigits) {
  for (const int64_t opset : {1, 6}) {
    ModelBuilder model(opset);
    model.input("x", {1}).output("y").node("Selu", {"x"}, {"y"}).ints("consumed_inputs", {0});
    EXPECT_THAT(outputs_of<float>(model, {floats({1}, {1})}),
                ElementsAre(opset == 1 ? 1.0507f : 1.05070102214813232421875f));
  }
}

TEST(OldOpsets, PadsAreCalledPaddings) {
  ModelBuilder model(1);
  model.input("x", {2}).output("y");
  model.node("Pad", {"x"}, {"y"}).ints("paddings", {1, 0}).attr("value", 7.0f);
  EXPECT_THAT(outputs_of<float>(model, {floats({2}, {1, 2})}), ElementsAre(7, 1, 2));
}

TEST(OldOpsets, ClipHasItsBoundsAsAttributes) {
  ModelBuilder model(1);
  model.input("x", {3}).output("y");
  model.node("Clip", {"x"}, {"y"}).attr("min", -1.0f).attr("max", 2.0f);
  EXPECT_THAT(outputs_of<float>(model, {floats({3}, {-3, 1, 3})}), ElementsAre(-1, 1, 2));
}

}  // namespace
}  // namespace octet::test
