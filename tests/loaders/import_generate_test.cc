// Tables made of a few numbers: EyeLike, windows, MelWeightMatrix, AffineGrid; CenterCropPad and
// Shrink. Expected values are those of ONNX's reference evaluator.
#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

constexpr auto kInt32 = pb::TensorProto::INT32;
constexpr auto kDouble = pb::TensorProto::DOUBLE;

MATCHER_P(NearTo, tolerance, "") {
  return std::abs(std::get<0>(arg) - std::get<1>(arg)) <= tolerance;
}

ModelBuilder eye(int64_t k) {
  ModelBuilder model(22);
  model.input("x", {2, 3}).output("y").node("EyeLike", {"x"}, {"y"}).attr("k", k);
  return model;
}

TEST(ImportEyeLike, HasOnesOnADiagonal) {
  const Tensor x(DType::kF32, {2, 3});
  EXPECT_THAT(outputs_of<float>(eye(0), {x}), ElementsAre(1, 0, 0, 0, 1, 0));
  EXPECT_THAT(outputs_of<float>(eye(2), {x}), ElementsAre(0, 0, 1, 0, 0, 0));
  EXPECT_THAT(outputs_of<float>(eye(-1), {x}), ElementsAre(0, 0, 0, 1, 0, 0));
  EXPECT_THAT(outputs_of<float>(eye(INT64_MIN), {x}), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(ImportEyeLike, TakesAnyShapeOfRank2) {
  ModelBuilder model(9);
  model.input("x", {"rows", "columns"}).output("y");
  model.node("EyeLike", {"x"}, {"y"}).attr("dtype", int{kInt32});
  EXPECT_EQ(output_text(loaded(model)), "int32[rows, columns]");
  ModelBuilder cube(9);
  cube.input("x", {2, 2, 2}).output("y").node("EyeLike", {"x"}, {"y"});
  EXPECT_THAT(load_error(cube), HasSubstr("expected rank 2"));
}

ModelBuilder window(const std::string& op, int size, bool periodic) {
  ModelBuilder model(17);
  model.scalar("size", size).output("y");
  model.node(op, {"size"}, {"y"}).attr("periodic", periodic ? 1 : 0);
  return model;
}

TEST(ImportWindow, IsASumOfCosines) {
  EXPECT_THAT(outputs_of<float>(window("HannWindow", 5, true), {}),
              Pointwise(NearTo(1e-6), {0.f, 0.34549153f, 0.90450853f, 0.90450847f, 0.34549144f}));
  EXPECT_THAT(outputs_of<float>(window("HannWindow", 5, false), {}),
              Pointwise(NearTo(1e-6), {0.f, 0.5f, 1.f, 0.5f, 0.f}));
  EXPECT_THAT(
      outputs_of<float>(window("HammingWindow", 5, true), {}),
      Pointwise(NearTo(1e-6), {0.08695652f, 0.40240529f, 0.91281211f, 0.91281211f, 0.40240523f}));
  ModelBuilder typed = window("BlackmanWindow", 5, false);
  NodeBuilder(*typed.graph().mutable_node(0)).attr("output_datatype", int{kDouble});
  EXPECT_THAT(outputs_of<double>(typed, {}), Pointwise(NearTo(1e-12), {0., 0.34, 1., 0.34, 0.}));
}

TEST(ImportWindow, TakesItsSizeFromARun) {
  ModelBuilder model(17);
  model.input("size", {}, kInt32).output("y").node("HannWindow", {"size"}, {"y"});
  EXPECT_EQ(output_text(loaded(model)), "float32[size[0]]");
  EXPECT_THAT(load_error(window("HannWindow", -1, true)),
              HasSubstr("the size of the window is -1, expected 0 or more"));
  ModelBuilder strings = window("HannWindow", 4, true);
  NodeBuilder(*strings.graph().mutable_node(0)).attr("output_datatype", 8);
  EXPECT_THAT(load_error(strings), HasSubstr("element type string, which is not supported"));
}

TEST(ImportMelWeightMatrix, HasTriangles) {
  ModelBuilder model(17);
  model.scalar("bins", 3).scalar("length", 16).scalar("rate", 8000).output("y");
  model.initializer<float>("low", {}, {0}).initializer<float>("high", {}, {4000});
  model.node("MelWeightMatrix", {"bins", "length", "rate", "low", "high"}, {"y"});
  EXPECT_EQ(output_text(loaded(model)), "float32[9, 3]");
  EXPECT_THAT(outputs_of<float>(model, {}),
              ElementsAre(1, 0, 0, 0, 1, 0, 0, 0.5, 0.5, 0, 0, 1, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0,
                          0, 0, 0, 0));
}

TEST(ImportAffineGrid, Of2DAnd3D) {
  ModelBuilder flat(20);
  flat.input("theta", {2, 2, 3}).ints("size", {2, 1, 2, 3}).output("y");
  flat.node("AffineGrid", {"theta", "size"}, {"y"});
  EXPECT_EQ(output_text(loaded(flat)), "float32[2, 2, 3, 2]");
  const Tensor theta = floats({2, 2, 3}, {1, 2, 3, 4, 5, 6, 0.5f, -1, 0, 0, 1, 2});
  EXPECT_THAT(
      outputs_of<float>(flat, {theta}),
      Pointwise(NearTo(1e-6), {1.33333337f,  0.83333331f, 2.f,   3.5f, 2.66666675f,  6.16666651f,
                               3.33333325f,  5.83333349f, 4.f,   8.5f, 4.66666651f,  11.1666670f,
                               0.16666667f,  1.5f,        0.5f,  1.5f, 0.83333331f,  1.5f,
                               -0.83333331f, 2.5f,        -0.5f, 2.5f, -0.16666667f, 2.5f}));
  ModelBuilder aligned(20);
  aligned.input("theta", {1, 2, 3}).ints("size", {1, 1, 2, 3}).output("y");
  aligned.node("AffineGrid", {"theta", "size"}, {"y"}).attr("align_corners", 1);
  EXPECT_THAT(outputs_of<float>(aligned, {floats({1, 2, 3}, {1, 2, 3, 4, 5, 6})}),
              ElementsAre(0, -3, 1, 1, 2, 5, 4, 7, 5, 11, 6, 15));
  ModelBuilder deep(20);
  deep.input("theta", {1, 3, 4}).ints("size", {1, 1, 2, 1, 2}).output("y");
  deep.node("AffineGrid", {"theta", "size"}, {"y"});
  EXPECT_THAT(outputs_of<float>(deep, {floats({1, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})}),
              ElementsAre(2, 2, 2, 2, 6, 10, 4, 8, 12, 4, 12, 20));
}

TEST(ImportAffineGrid, RefusesWithAReason) {
  const auto error = [](std::vector<Extent> theta, std::vector<int64_t> size) {
    ModelBuilder model(20);
    model.input("theta", std::move(theta)).ints("size", std::move(size)).output("y");
    model.node("AffineGrid", {"theta", "size"}, {"y"});
    return load_error(model);
  };
  EXPECT_THAT(error({1, 2, 3}, {1, 1, 2}), HasSubstr("has 3 elements, expected 4 or 5"));
  EXPECT_THAT(error({1, 3, 4}, {1, 1, 2, 2}), HasSubstr("expected [N, 2, 3]"));
  EXPECT_THAT(error({2, 2, 3}, {3, 1, 2, 2}), HasSubstr("is 2, expected 3"));
  EXPECT_THAT(error({1, 2, 3}, {1, 1, -2, 2}),
              HasSubstr("element 2 of the size is -2, expected 0 or more"));
}

// [rows, 4] to `shape` along `axes`, all where they are empty.
ModelBuilder crop_pad(std::vector<int64_t> shape, std::vector<int64_t> axes, Extent rows = 3) {
  ModelBuilder model(18);
  model.input("x", {rows, 4}).ints("shape", std::move(shape)).output("y");
  NodeBuilder node = model.node("CenterCropPad", {"x", "shape"}, {"y"});
  if (!axes.empty()) node.ints("axes", axes);
  return model;
}

TEST(ImportCenterCropPad, CutsAndPads) {
  const Tensor x = floats({3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  EXPECT_THAT(outputs_of<float>(crop_pad({4, 1}, {}), {x}), ElementsAre(2, 6, 10, 0));
  EXPECT_THAT(outputs_of<float>(crop_pad({7}, {-1}), {x}),
              ElementsAre(0, 1, 2, 3, 4, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 9, 10, 11, 12, 0, 0));
  EXPECT_EQ(ops(loaded(crop_pad({3, 4}, {}))), "");
  EXPECT_EQ(output_text(loaded(crop_pad({5, 2}, {}, "rows"))), "float32[5, 2]");
}

TEST(ImportCenterCropPad, RefusesWithAReason) {
  EXPECT_THAT(load_error(crop_pad({4}, {})), HasSubstr("1 elements, expected one for each of 2"));
  EXPECT_THAT(load_error(crop_pad({4, -1}, {})), HasSubstr("element 1 of the shape is -1"));
  EXPECT_THAT(load_error(crop_pad({4}, {2})), HasSubstr("axis is 2, expected -2 to 1"));
  EXPECT_THAT(load_error(crop_pad({4, 4}, {0, -2})), HasSubstr("listed twice"));
}

template <class T>
std::vector<T> shrunk(float lambd, float bias, const std::vector<T>& x) {
  ModelBuilder model(9);
  model.input("x", {static_cast<int>(x.size())}, onnx_type<T>()).output("y");
  model.node("Shrink", {"x"}, {"y"}).attr("lambd", lambd).attr("bias", bias);
  return outputs_of<T>(
      model, {Tensor::from(std::span<const T>(x), Shape{static_cast<int64_t>(x.size())})});
}

TEST(ImportShrink, OfFloatsAndIntegers) {
  EXPECT_THAT(shrunk<float>(0.75f, 0.25f, {-2, -1, -0.5f, 0, 0.5f, 1, 2}),
              ElementsAre(-1.75, -0.75, 0, 0, 0, 0.75, 1.75));
  EXPECT_THAT(shrunk<uint8_t>(1.5f, 1, {0, 1, 2, 200}), ElementsAre(0, 0, 1, 199));
  EXPECT_THAT(shrunk<int32_t>(1.5f, 1.5f, {-3, -2, -1, 0, 1, 2}), ElementsAre(-1, 0, 0, 0, 0, 0));
}

}  // namespace
}  // namespace octet::test
