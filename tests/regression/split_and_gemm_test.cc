// Extents that are known only at run time: Split dropped what did not divide, Gemm widened its
// product.
#include "tests/support/run_model.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor counted(const Shape& shape) {
  Tensor tensor(DType::kF32, shape);
  float next = 1;
  for (float& element : tensor.elements<float>()) element = next++;
  return tensor;
}

// Split of x [n, 2] along axis 0.
ModelBuilder split(int64_t opset, int parts, bool wants_last) {
  ModelBuilder model(opset);
  model.input("x", {"n", 2}).output("y0");
  std::vector<std::string> names;
  for (int i = 0; i < parts; ++i) names.push_back("y" + std::to_string(i));
  if (wants_last) model.output(names.back());
  NodeBuilder node = model.node("Split", {"x"}, names).named("halves").attr("axis", 0);
  if (opset >= 18) node.attr("num_outputs", parts);
  return model;
}

TEST(Split, RefusesAnExtentThatDoesNotDivide) {
  for (const int64_t opset : {11, 13, 17})
    for (const bool wants_last : {false, true}) {
      const ModelBuilder model = split(opset, 2, wants_last);
      EXPECT_THAT(run_model(model, {counted({4, 2})}).values, ElementsAre(1, 2, 3, 4));
      EXPECT_EQ(run_model(model, {counted({0, 2})}).shape, (Shape{0, 2}));
      const std::string error = run_model(model, {counted({5, 2})}).error;
      EXPECT_THAT(error, HasSubstr("5"));
      EXPECT_THAT(error, HasSubstr("4"));
    }
}

TEST(Split, TheLastPartMayBeSmallerFromOpset18) {
  const ModelBuilder model = split(18, 2, true);
  EXPECT_THAT(run_model(model, {counted({3, 2})}).values, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(run_model(model, {counted({2, 2})}).values, ElementsAre(1, 2));
  EXPECT_THAT(run_model(split(18, 4, true), {counted({5, 2})}).error,
              HasSubstr("is -1, expected 0 or more"));
}

TEST(Split, OfAnInnerAxisWithOuterOnesUnknown) {
  ModelBuilder model(13);
  model.input("x", {"batch", "n"}).output("z");
  model.node("Split", {"x"}, {"a", "b"}).attr("axis", 1);
  model.node("Sub", {"b", "a"}, {"z"});
  EXPECT_THAT(run_model(model, {counted({2, 4})}).values, ElementsAre(2, 2, 2, 2));
  EXPECT_NE(run_model(model, {counted({2, 3})}).error, "");
}

// A [m, 2] . B [2, n] + C.
ModelBuilder gemm(std::vector<Extent> c, Extent n, bool constant_b) {
  ModelBuilder model;
  model.input("a", {"m", 2}).output("y");
  if (constant_b)
    model.initializer<float>("b", {2, n.value},
                             std::vector<float>(2 * static_cast<size_t>(n.value), 1));
  else
    model.input("b", {2, n});
  model.input("c", std::move(c));
  model.node("Gemm", {"a", "b", "c"}, {"y"}).named("fc");
  return model;
}

TEST(Gemm, CDoesNotWidenTheProduct) {
  for (const bool constant_b : {false, true}) {
    const auto run = [&](std::vector<Extent> extents, int64_t m, const Shape& c) {
      std::vector<Tensor> inputs = {counted({m, 2})};
      if (!constant_b) inputs.push_back(counted({2, 3}));
      inputs.push_back(counted(c));
      return run_model(gemm(std::move(extents), 3, constant_b), inputs);
    };
    // Rows of C that are known, and those that are not.
    EXPECT_NE(run({4, 3}, 1, {4, 3}).error, "");
    EXPECT_EQ(run({4, 3}, 4, {4, 3}).shape, (Shape{4, 3}));
    EXPECT_NE(run({"r", 3}, 1, {2, 3}).error, "");
    EXPECT_EQ(run({"r", 3}, 2, {2, 3}).shape, (Shape{2, 3}));
    EXPECT_EQ(run({"r", 3}, 2, {1, 3}).shape, (Shape{2, 3}));
    EXPECT_NE(run({"r", 3}, 2, {3, 3}).error, "");
    EXPECT_NE(run({"m", "c"}, 2, {2, 2}).error, "");
    EXPECT_EQ(run({"m", "c"}, 2, {2, 1}).shape, (Shape{2, 3}));
    EXPECT_EQ(run({"c"}, 2, {3}).shape, (Shape{2, 3}));
  }
  ModelBuilder narrow;
  narrow.input("a", {"m", 2}).input("c", {"m", 4}).output("y");
  narrow.initializer<float>("b", {2, 1}, {1, 1});
  narrow.node("Gemm", {"a", "b", "c"}, {"y"}).named("fc");
  EXPECT_THAT(load_error(narrow), HasSubstr("node \"fc\" (Gemm): C is float32[m, 4]"));
}

TEST(Gemm, AddsCWhereItFits) {
  const ModelBuilder model = gemm({"r", 3}, 3, false);
  EXPECT_THAT(run_model(model, {counted({2, 2}), counted({2, 3}), counted({1, 3})}).values,
              ElementsAre(10, 14, 18, 20, 28, 36));
}

}  // namespace
}  // namespace octet::test
