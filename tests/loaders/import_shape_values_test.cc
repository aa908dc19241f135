// Constants, and values made from shapes.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Value>
Constant constant_with(const std::string& attribute, Value value) {
  ModelBuilder model;
  model.output("y").node("Constant", {}, {"y"}).attr(attribute, value);
  const Graph graph = loaded(model);
  return *graph.value(graph.outputs().at(0)).constant;
}

Constant constant_with_ints(std::vector<int64_t> values) {
  ModelBuilder model;
  model.output("y").node("Constant", {}, {"y"}).ints("value_ints", std::move(values));
  const Graph graph = loaded(model);
  return *graph.value(graph.outputs().at(0)).constant;
}

TEST(ImportConstant, AllForms) {
  EXPECT_THAT(elements<float>(constant_with("value", raw_tensor<float>("", {2}, {1, 2}))),
              ElementsAre(1, 2));
  EXPECT_THAT(elements<float>(constant_with("value_float", 1.5f)), ElementsAre(1.5f));
  EXPECT_THAT(elements<int64_t>(constant_with("value_int", INT64_MAX)), ElementsAre(INT64_MAX));
  EXPECT_EQ(constant_with("value_int", int64_t{3}).shape().rank(), 0);
  EXPECT_THAT(elements<int64_t>(constant_with_ints({4, 5})), ElementsAre(4, 5));
  ModelBuilder text;
  text.output("y").node("Constant", {}, {"y"}).attr("value_string", "a");
  EXPECT_THAT(load_error(text), HasSubstr("not a plain tensor of numbers"));
  ModelBuilder broken;
  broken.output("y")
      .node("Constant", {}, {"y"})
      .attr("value", raw_tensor<float>("", {3}, {1}))
      .named("k");
  EXPECT_THAT(
      load_error(broken),
      HasSubstr("node \"k\" (Constant): attribute \"value\": has 4 bytes of data, expected 12"));
}

TEST(ImportConstantOfShape, ExpandsItsValue) {
  ModelBuilder model;
  model.input("x", {"n", 2}).output("y");
  model.node("Shape", {"x"}, {"s"});
  model.node("ConstantOfShape", {"s"}, {"y"}).attr("value", raw_tensor<int64_t>("", {1}, {7}));
  EXPECT_EQ(output_text(loaded(model)), "int64[n, 2]");
  model.graph().mutable_node(1)->clear_attribute();
  EXPECT_EQ(output_text(loaded(model)), "float32[n, 2]");
}

TEST(ImportConstantOfShape, MarksShapesAsTheExportersDo) {
  // Where(shape == -1, ones, shape), as it stands before Expand in exported models.
  ModelBuilder model;
  model.input("x", {1, 1}).input("like", {"n", 5}).ints("minus", {-1}).output("y");
  model.node("Shape", {"like"}, {"s"});
  model.node("Shape", {"s"}, {"rank"});
  model.node("ConstantOfShape", {"rank"}, {"ones"})
      .attr("value", raw_tensor<int64_t>("", {1}, {1}));
  model.node("Mul", {"ones", "minus"}, {"minus_ones"});
  model.node("Equal", {"s", "minus_ones"}, {"open"});
  model.node("Where", {"open", "ones", "s"}, {"final"});
  model.node("Expand", {"x", "final"}, {"y"});
  EXPECT_EQ(output_text(loaded(model)), "float32[n, 5]");
}

TEST(ImportShape, StartAndEnd) {
  const auto shape = [](std::optional<int64_t> start, std::optional<int64_t> end) {
    ModelBuilder model(15);
    model.input("x", {"a", "b", 3}).output("y");
    auto node = model.node("Shape", {"x"}, {"y"});
    if (start) node.attr("start", *start);
    if (end) node.attr("end", *end);
    return to_string(first<ShapeValuesAttrs>(loaded(model)).values);
  };
  EXPECT_EQ(shape({}, {}), "[a, b, 3]");
  EXPECT_EQ(shape(1, {}), "[b, 3]");
  EXPECT_EQ(shape({}, -1), "[a, b]");
  EXPECT_EQ(shape(-2, 99), "[b, 3]");
  EXPECT_EQ(shape(2, 1), "[]");
}

TEST(ImportSize, IsTheProduct) {
  ModelBuilder model;
  model.input("x", {"a", "b", 3}).output("y");
  model.node("Size", {"x"}, {"y"});
  EXPECT_EQ(to_string(first<ShapeValuesAttrs>(loaded(model)).values), "[3*a*b]");
  EXPECT_EQ(output_text(loaded(model)), "int64[]");
}

ModelBuilder range(int64_t start, int64_t limit, int64_t delta) {
  ModelBuilder model;
  model.scalar("a", start).scalar("b", limit).scalar("c", delta).output("y");
  model.node("Range", {"a", "b", "c"}, {"y"});
  return model;
}

TEST(ImportRange, Integers) {
  EXPECT_EQ(output_text(loaded(range(3, 10, 2))), "int64[4]");
  EXPECT_EQ(output_text(loaded(range(10, 3, -2))), "int64[4]");
  EXPECT_EQ(output_text(loaded(range(10, 3, 2))), "int64[0]");
  EXPECT_THAT(load_error(range(0, 1, 0)), HasSubstr("delta is 0"));
  EXPECT_THAT(load_error(range(INT64_MIN, INT64_MAX, 1)), HasSubstr("too large"));
  ModelBuilder model;
  model.input("x", {"batch", "seq"}).scalar("zero", 0).scalar("one", 1).output("y");
  model.node("Shape", {"x"}, {"shape"});
  model.node("Gather", {"shape", "one"}, {"length"});
  model.node("Range", {"zero", "length", "one"}, {"y"});
  EXPECT_EQ(output_text(loaded(model)), "int64[seq]");
}

TEST(ImportRange, FloatsMustBeKnown) {
  ModelBuilder model;
  model.initializer<float>("a", {}, {0})
      .initializer<float>("b", {}, {1})
      .initializer<float>("c", {}, {0.4f})
      .output("y");
  model.node("Range", {"a", "b", "c"}, {"y"});
  const Graph graph = loaded(model);
  // start + i * delta, computed in double and rounded once.
  EXPECT_THAT(elements<float>(*graph.value(graph.outputs().at(0)).constant),
              ElementsAre(0, 0.4f, static_cast<float>(2 * static_cast<double>(0.4f))));
  ModelBuilder open;
  open.input("b", {}).initializer<float>("a", {}, {0}).output("y");
  open.node("Range", {"a", "b", "a"}, {"y"});
  EXPECT_THAT(load_error(open), HasSubstr("depends on values that only a run shows"));
}

}  // namespace
}  // namespace octet::test
