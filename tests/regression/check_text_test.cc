// What a run is refused with: the node, the axis and both extents, in the words of the model.
#include "tests/support/run_model.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// y = op(x, z), x and z of the given shapes.
ModelBuilder binary(const std::string& op, std::vector<Extent> x, std::vector<Extent> z) {
  ModelBuilder builder;
  builder.input("x", std::move(x)).input("z", std::move(z)).output("y");
  builder.node(op, {"x", "z"}, {"y"}).named("layer/op");
  return builder;
}

TEST(CheckText, BroadcastingNamesBothInputs) {
  const ModelBuilder builder = binary("Add", {"b", "s", 4}, {1, "t", 4});
  EXPECT_TRUE(
      run_onnx(builder, {random_floats({2, 3, 4}, 1), random_floats({1, 1, 4}, 2)}).is_ok());
  EXPECT_EQ(run_error(builder, {random_floats({2, 5, 4}, 1), random_floats({1, 3, 4}, 2)}),
            "node \"layer/op\" (Add): axis 1 is 3 in input 1 and 5 in input 0; they must be equal "
            "or 1");
}

TEST(CheckText, ProductsNameTheirInnerExtents) {
  EXPECT_EQ(run_error(binary("MatMul", {2, "k"}, {"l", 3}),
                      {random_floats({2, 4}, 1), random_floats({5, 3}, 2)}),
            "node \"layer/op\" (MatMul): axis 0 of input 1 is 5 and axis 1 of input 0 is 4; they "
            "must be equal");
}

TEST(CheckText, ConcatNamesTheAxis) {
  ModelBuilder builder = binary("Concat", {"n", 2}, {"m", 3});
  NodeBuilder(*builder.graph().mutable_node(0)).attr("axis", 1);
  EXPECT_EQ(run_error(builder, {random_floats({4, 2}, 1), random_floats({5, 3}, 2)}),
            "node \"layer/op\" (Concat): axis 0 is 5 in input 1 and 4 in input 0; they must be "
            "equal");
}

TEST(CheckText, ReshapeCountsElements) {
  ModelBuilder builder;
  builder.input("x", {"n", 3}).ints("shape", {2, 6}).output("y");
  builder.node("Reshape", {"x", "shape"}, {"y"}).named("r");
  EXPECT_EQ(run_error(builder, {random_floats({5, 3}, 1)}),
            "node \"r\" (Reshape): the number of elements of input 0 is 15, expected 12");
}

// A table of 8 positions under a text of 9 tokens.
TEST(CheckText, TooManyPositions) {
  ModelBuilder builder;
  builder.input("x", {"b", "s", 4}).output("y");
  builder.initializer("table", {8, 4}, std::vector<float>(32, 1));
  builder.ints("zero", {0}).ints("one", {1});
  builder.node("Shape", {"x"}, {"shape"});
  builder.node("Gather", {"shape", "one"}, {"length"}).attr("axis", 0);
  builder.node("Slice", {"table", "zero", "length", "zero"}, {"positions"}).named("positions");
  builder.node("Add", {"x", "positions"}, {"y"}).named("embeddings/add");
  EXPECT_TRUE(run_onnx(builder, {random_floats({1, 8, 4}, 1)}).is_ok());
  EXPECT_EQ(run_error(builder, {random_floats({1, 9, 4}, 1)}),
            "node \"positions\" (Slice): the end of the slice along axis 0 of input 0 is 9, "
            "expected at most 8");
}

// The result is used by its shape alone, which the loader knows without the node.
TEST(CheckText, SurvivesWhereOnlyTheShapeIsUsed) {
  ModelBuilder builder;
  builder.input("x", {"a", 3}).input("z", {"b", 3}).output("y");
  builder.node("Add", {"x", "z"}, {"sum"}).named("sum");
  builder.node("Shape", {"sum"}, {"y"});
  EXPECT_EQ(run_error(builder, {random_floats({2, 3}, 1), random_floats({3, 3}, 2)}),
            "node \"sum\" (Add): axis 0 is 3 in input 1 and 2 in input 0; they must be equal or 1");
}

// What no output needs is not run, and not refused.
TEST(CheckText, NodesThatNobodyNeedsAskNothing) {
  ModelBuilder builder;
  builder.input("x", {"a", 3}).input("z", {"b", 3}).output("y");
  builder.node("Add", {"x", "z"}, {"sum"});
  builder.node("Relu", {"x"}, {"y"});
  EXPECT_TRUE(run_onnx(builder, {random_floats({2, 3}, 1), random_floats({3, 3}, 2)}).is_ok());
}

// The importer adds an Expand for C: the message names C as the model does.
TEST(CheckText, InnerNodesNameTheInputsOfTheirNode) {
  ModelBuilder builder;
  builder.input("a", {"m", 4}).input("b", {4, 3}).input("c", {"k", 3}).output("y");
  builder.node("Gemm", {"a", "b", "c"}, {"y"}).named("fc");
  const std::string error = run_error(
      builder, {random_floats({3, 4}, 1), random_floats({4, 3}, 2), random_floats({2, 3}, 3)});
  EXPECT_THAT(error, HasSubstr("node \"fc\" (Gemm): axis 0 of input 2 is 2"));
}

TEST(CheckText, SqueezeWithoutAxesKeepsItsRank) {
  ModelBuilder builder;
  builder.input("x", {1, "s", 4}).output("y");
  builder.node("Squeeze", {"x"}, {"y"}).named("q");
  const auto outputs = run_onnx(builder, {random_floats({1, 3, 4}, 1)});
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  EXPECT_EQ(outputs.value()[0].shape(), (Shape{3, 4}));
  EXPECT_EQ(
      run_error(builder, {random_floats({1, 1, 4}, 1)}),
      "node \"q\" (Squeeze): without axes to squeeze, axis 1 of input 0 is 1, expected another "
      "number than 1");
}

// A window larger than its padded input, where that shows only at run time.
TEST(CheckText, WindowsLargerThanTheirInput) {
  ModelBuilder builder;
  builder.input("x", {1, 1, "h", 8}).output("y");
  builder.node("MaxPool", {"x"}, {"y"})
      .named("p")
      .ints("kernel_shape", {3, 3})
      .ints("strides", {2, 2});
  EXPECT_TRUE(run_onnx(builder, {random_floats({1, 1, 3, 8}, 1)}).is_ok());
  EXPECT_EQ(
      run_error(builder, {random_floats({1, 1, 2, 8}, 1)}),
      "node \"p\" (MaxPool): axis 2 of input 0, with its padding, under a window of 3 elements "
      "is 2, expected 3 or more");
}

// To the shape of another input, as exporters write expand_as().
TEST(CheckText, ExpandNamesTheAxis) {
  ModelBuilder builder;
  builder.input("x", {"b", 3}).input("z", {"s", 3}).output("y");
  builder.node("Shape", {"z"}, {"shape"});
  builder.node("Expand", {"x", "shape"}, {"y"}).named("e");
  const auto wide = run_onnx(builder, {random_floats({1, 3}, 1), random_floats({2, 3}, 2)});
  ASSERT_TRUE(wide.is_ok()) << wide.status().message();
  EXPECT_EQ(wide.value()[0].shape(), (Shape{2, 3}));
  EXPECT_EQ(run_error(builder, {random_floats({3, 3}, 1), random_floats({2, 3}, 2)}),
            "node \"e\" (Expand): axis 0 of input 0 is 3, expected 2 or 1");
}

// Passes make other nodes of these; the words stay the model's.
TEST(CheckText, SurvivesFusion) {
  ModelBuilder builder;
  builder.input("x", {"b", "s", 4}).input("z", {"b", "t", 4}).output("y");
  builder.initializer("w", {4, 4}, std::vector<float>(16, 1));
  builder.node("MatMul", {"x", "w"}, {"product"}).named("fc");
  builder.node("Add", {"product", "z"}, {"y"}).named("residual");
  EXPECT_EQ(run_error(builder, {random_floats({1, 5, 4}, 1), random_floats({1, 3, 4}, 2)}),
            "node \"residual\" (Add): axis 1 is 3 in input 1 and 5 in input 0; they must be equal "
            "or 1");
}

TEST(CheckText, OverflowNamesItsNode) {
  ModelBuilder builder;
  builder.input("x", {"n"}).ints("size", {int64_t{1} << 40, 1 << 20}).output("y");
  builder.node("Shape", {"x"}, {"n"});
  builder.node("Mul", {"n", "size"}, {"large"});
  builder.node("Expand", {"x", "large"}, {"y"}).named("blow");
  const std::string error = run_error(builder, {random_floats({4096}, 1)});
  EXPECT_THAT(error, HasSubstr("blow"));
  EXPECT_THAT(error, ::testing::Not(HasSubstr("*")));
}

// Of more axes than the input has: expressions must not grow with each.
TEST(CheckText, ReshapeByDataOfManyAxes) {
  ModelBuilder builder;
  builder.input("x", {2, "n", 4}).input("shape", {7}, kInt64).output("y");
  builder.node("Reshape", {"x", "shape"}, {"y"});
  const auto outputs = run_onnx(
      builder, {random_floats({2, 3, 4}, 1), make_tensor<int64_t>({7}, {2, 0, 1, -1, 1, 2, 1})});
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  EXPECT_EQ(outputs.value()[0].shape(), (Shape{2, 3, 1, 2, 1, 2, 1}));
}

// The new shape is an input of the model.
TEST(CheckText, ReshapeByData) {
  ModelBuilder builder;
  builder.input("x", {"n", 4}).input("shape", {2}, kInt64).output("y");
  builder.node("Reshape", {"x", "shape"}, {"y"}).named("r");
  const Tensor x = random_floats({3, 4}, 1);
  const auto shape_of = [&](int64_t first, int64_t second) {
    const auto outputs = run_onnx(builder, {x, make_tensor<int64_t>({2}, {first, second})});
    return outputs.is_ok() ? to_string(outputs.value()[0].shape()) : outputs.status().message();
  };
  EXPECT_EQ(shape_of(2, 6), "2x6");
  EXPECT_EQ(shape_of(-1, 2), "6x2");
  EXPECT_EQ(shape_of(0, 4), "3x4");
  EXPECT_EQ(shape_of(0, -1), "3x4");
  EXPECT_THAT(shape_of(-1, -1), HasSubstr("node \"r\" (Reshape)"));
  EXPECT_THAT(shape_of(-5, 3), HasSubstr("node \"r\" (Reshape)"));
}

}  // namespace
}  // namespace octet::test
