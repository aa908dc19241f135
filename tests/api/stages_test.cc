// Shapes that depend on data: stages, and graphs that are made when values are seen.
#include <gmock/gmock.h>

#include "tests/support/run_model.h"

namespace octet::test {
namespace {

std::vector<float> ramp(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(static_cast<int>(i * 7 % 19) - 9) / 8;
  return values;
}

LoadOptions with(const QuantizationScheme& scheme) {
  LoadOptions options;
  options.quantization.standard = scheme;
  return options;
}

// The rows of x whose mark is not zero, through a layer.
ModelBuilder marked_rows() {
  ModelBuilder model;
  model.input("x", {"rows", 32}).input("marks", {"rows"});
  model.initializer<float>("w", {32, 16}, ramp(32 * 16)).ints("flat", {-1});
  model.node("NonZero", {"marks"}, {"places"});
  model.node("Reshape", {"places", "flat"}, {"indices"});
  model.node("Gather", {"x", "indices"}, {"picked"});
  model.node("MatMul", {"picked", "w"}, {"y"}).named("fc");
  model.output("y").output("places");
  return model;
}

ModelBuilder plain_layer() {
  ModelBuilder model;
  model.input("x", {"rows", 32}).initializer<float>("w", {32, 16}, ramp(32 * 16));
  model.node("MatMul", {"x", "w"}, {"y"}).named("fc");
  model.output("y");
  return model;
}

class MarkedRows : public ::testing::TestWithParam<const char*> {};

TEST_P(MarkedRows, GiveWhatThePickedRowsAloneGive) {
  const auto scheme = scheme_named(GetParam());
  ASSERT_TRUE(scheme.is_ok());
  for (const int64_t rows : {0, 1, 5, 700})
    for (const int every : {1, 3, 1000}) {
      const Tensor x = random_floats({rows, 32}, 5);
      Tensor marks(DType::kF32, {rows});
      std::vector<float> picked;
      for (int64_t row = 0; row < rows; ++row) {
        if ((row + 1) % every != 0) continue;
        marks.elements<float>()[static_cast<size_t>(row)] = -2;
        const auto elements = x.elements<float>().subspan(static_cast<size_t>(row) * 32, 32);
        picked.insert(picked.end(), elements.begin(), elements.end());
      }
      const auto count = static_cast<int64_t>(picked.size() / 32);
      const auto found = run_onnx(marked_rows(), {x, marks}, with(*scheme));
      ASSERT_TRUE(found.is_ok()) << found.status().message();
      const auto expected =
          run_onnx(plain_layer(), {Tensor::from<float>(picked, {count, 32})}, with(*scheme));
      ASSERT_TRUE(expected.is_ok()) << expected.status().message();
      EXPECT_EQ((*found)[0].shape(), Shape({count, 16}));
      EXPECT_EQ((*found)[1].shape(), Shape({1, count}));
      EXPECT_EQ(to_doubles((*found)[0]), to_doubles((*expected)[0])) << rows << " rows, " << every;
    }
}

INSTANTIATE_TEST_SUITE_P(Schemes, MarkedRows, ::testing::Values("none", "w8a8"));

TEST(Stages, CountTheLayersOfAll) {
  auto engine = Engine::create({.threads = 1});
  const std::string bytes = marked_rows().bytes();
  const auto model = Model::load_memory(*engine, std::as_bytes(std::span(bytes)),
                                        with(QuantizationScheme::w8a8()));
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  ASSERT_EQ((*model)->layers().size(), 1u);
  const auto layer = (*model)->find_layer("fc");
  ASSERT_TRUE(layer.is_ok()) << layer.status().message();
  auto weights = (*model)->weights(*layer);
  ASSERT_TRUE(weights.is_ok()) << weights.status().message();

  // Twice the scale gives twice the result.
  for (float& scale : weights->scale.elements<float>()) scale *= 2;
  const auto replaced = (*model)->replace(*layer, *weights);
  ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
  const Tensor x = random_floats({4, 32}, 5), marks = random_floats({4}, 7, 1, 2);
  const std::vector<TensorView> inputs = {x.view(), marks.view()};
  std::vector<TensorView> before(2), after(2);
  const auto first = (*model)->make_session(), second = (*replaced)->make_session();
  ASSERT_TRUE(first->run(inputs, before).is_ok());
  ASSERT_TRUE(second->run(inputs, after).is_ok());
  const auto a = to_doubles(Tensor(nullptr, before[0])), b = to_doubles(Tensor(nullptr, after[0]));
  ASSERT_EQ(a.size(), 64u);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(2 * a[i], b[i]);
}

TEST(Stages, GiveOutputsInRoomThatTheCallerHas) {
  auto engine = Engine::create({.threads = 1});
  const std::string bytes = marked_rows().bytes();
  const auto model = Model::load_memory(*engine, std::as_bytes(std::span(bytes)), {});
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  const auto session = (*model)->make_session();
  const Tensor x = random_floats({4, 32}, 5);
  const Tensor marks = make_tensor<float>({4}, {1, 0, 0, 1});
  const std::vector<TensorView> inputs = {x.view(), marks.view()};
  ASSERT_TRUE(session->prepare(inputs).is_ok());
  EXPECT_EQ(session->output_shapes()[0], Shape({-1, 16}));
  Tensor room(DType::kF32, {3, 16});
  std::vector<TensorView> outputs = {room.view(), {}};
  const Status status = session->run(inputs, outputs);
  ASSERT_TRUE(status.is_ok()) << status.message();
  EXPECT_EQ(outputs[0].shape, Shape({2, 16}));
  EXPECT_EQ(outputs[0].data, room.bytes());
  Tensor small(DType::kF32, {1, 16});
  outputs = {small.view(), {}};
  const Status refused = session->run(inputs, outputs);
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("came to be [2x16]"));
}

// sizes = round(sum of x) elements of a range, as rows of a matrix.
TEST(Stages, TakeComputedSizesOfAllKinds) {
  ModelBuilder model;
  model.input("x", {"n"}).input("table", {6, 4});
  model.ints("one", {1}).ints("zero", {0}).ints("ends", {100}).scalar("first", 0).scalar("step", 1);
  model.initializer<float>("value", {1}, {0.5f});
  model.node("ReduceSum", {"x"}, {"sum"}).attr("keepdims", 0);
  model.node("Cast", {"sum"}, {"count"}).attr("to", int{kInt64});
  model.node("Range", {"first", "count", "step"}, {"range"});
  model.node("Unsqueeze", {"count", "zero"}, {"size"});
  model.node("Slice", {"table", "zero", "size", "zero"}, {"rows"});
  model.node("Concat", {"size", "one"}, {"shape"}).attr("axis", 0);
  model.node("Expand", {"value", "shape"}, {"column"});
  model.node("Add", {"rows", "column"}, {"sums"});
  model.ints("four", {4});
  model.node("Mul", {"size", "four"}, {"flat_shape"});
  model.node("Reshape", {"sums", "flat_shape"}, {"flat"});
  model.output("range").output("flat");
  for (const int count : {0, 1, 4}) {
    Tensor x(DType::kF32, {5});
    for (int i = 0; i < count; ++i) x.elements<float>()[static_cast<size_t>(i)] = 1;
    const Tensor table = random_floats({6, 4}, 3);
    const auto outputs = run_onnx(model, {x, table});
    ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
    EXPECT_EQ((*outputs)[0].shape(), Shape({count}));
    ASSERT_EQ((*outputs)[1].shape(), Shape({4 * count}));
    const auto flat = to_doubles((*outputs)[1]), rows = to_doubles(table);
    for (size_t i = 0; i < flat.size(); ++i)
      EXPECT_EQ(static_cast<float>(flat[i]), static_cast<float>(rows[i]) + 0.5f);
  }
}

TEST(Stages, ReportWhatTheDataGiveInTheModelsWords) {
  ModelBuilder model;
  model.input("x", {4}).input("shape", {2}, kInt64);
  model.ints("two", {2});
  model.node("Add", {"shape", "two"}, {"raised"});
  model.node("NonZero", {"raised"}, {"places"});
  model.node("Cast", {"places"}, {"numbers"}).attr("to", int{kInt64});
  model.node("ReduceSum", {"numbers"}, {"sum"}).attr("keepdims", 0);
  model.ints("zero", {0});
  model.node("Unsqueeze", {"sum", "zero"}, {"size"});
  model.node("Reshape", {"x", "size"}, {"y"}).named("fold");
  model.output("y");
  // One place of two, the first: 0 copies the extent; the second, 1, does not fit four elements.
  const auto fits = run_onnx(model, {random_floats({4}, 1), make_tensor<int64_t>({2}, {1, -2})});
  ASSERT_TRUE(fits.is_ok()) << fits.status().message();
  EXPECT_EQ((*fits)[0].shape(), Shape({4}));
  EXPECT_THAT(run_error(model, {random_floats({4}, 1), make_tensor<int64_t>({2}, {1, 1})}),
              ::testing::HasSubstr("\"fold\" (Reshape)"));
}

// What decides is a constant by the time that the stages are cut.
TEST(Stages, OfConstantsGiveWhatTheyHold) {
  ModelBuilder model;
  model.input("x", {3, 2}).ints("marks", {0, 5, 1}).ints("flat", {-1});
  model.node("Add", {"marks", "marks"}, {"twice"});
  model.node("NonZero", {"twice"}, {"places"});
  model.node("Reshape", {"places", "flat"}, {"indices"});
  model.node("Gather", {"x", "indices"}, {"y"});
  model.node("Unique", {"marks"}, {"unique"});
  model.output("y").output("places").output("unique");
  const auto outputs = run_onnx(model, {make_tensor<float>({3, 2}, {1, 2, 3, 4, 5, 6})});
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  EXPECT_EQ(to_doubles((*outputs)[0]), (std::vector<double>{3, 4, 5, 6}));
  EXPECT_EQ(to_doubles((*outputs)[1]), (std::vector<double>{1, 2}));
  EXPECT_EQ(to_doubles((*outputs)[2]), (std::vector<double>{0, 1, 5}));
}

TEST(Unique, GivesAllOfItsOutputs) {
  ModelBuilder model;
  model.input("x", {"n"});
  model.node("Unique", {"x"}, {"y", "indices", "inverse", "counts"}).attr("sorted", 0);
  model.node("Unique", {"x"}, {"sorted"});
  model.output("y").output("indices").output("inverse").output("counts").output("sorted");
  const auto outputs = run_onnx(model, {make_tensor<float>({6}, {2, 1, 1, 3, 4, 3})});
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  using Doubles = std::vector<double>;
  EXPECT_EQ(to_doubles((*outputs)[0]), (Doubles{2, 1, 3, 4}));
  EXPECT_EQ(to_doubles((*outputs)[1]), (Doubles{0, 1, 3, 4}));
  EXPECT_EQ(to_doubles((*outputs)[2]), (Doubles{0, 1, 1, 2, 3, 2}));
  EXPECT_EQ(to_doubles((*outputs)[3]), (Doubles{1, 2, 2, 1}));
  EXPECT_EQ(to_doubles((*outputs)[4]), (Doubles{1, 2, 3, 4}));
  const auto none = run_onnx(model, {Tensor(DType::kF32, {0})});
  ASSERT_TRUE(none.is_ok()) << none.status().message();
  EXPECT_EQ((*none)[0].shape(), Shape({0}));
}

// Axes that arrive as an input: the rest of the model is made when they are seen.
TEST(LateGraphs, AreMadeForTheValuesThatAreSeen) {
  ModelBuilder model(18);
  model.input("x", {"a", "b"}).input("axes", {1}, kInt64);
  model.initializer<float>("w", {4, 4}, ramp(16));
  model.node("MatMul", {"x", "w"}, {"h"}).named("before");
  model.node("ReduceSum", {"h", "axes"}, {"s"}).attr("keepdims", 1);
  model.node("MatMul", {"h", "w"}, {"h2"}).named("after");
  model.node("Add", {"h2", "s"}, {"y"});
  model.output("y").output("h");
  auto& type = *model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(kFloat);
  type.mutable_shape()->add_dim();
  type.mutable_shape()->add_dim();

  auto engine = Engine::create({.threads = 1});
  const std::string bytes = model.bytes();
  const auto loaded = Model::load_memory(*engine, std::as_bytes(std::span(bytes)), {});
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  const auto session = (*loaded)->make_session();
  const Tensor x = random_floats({3, 4}, 2);
  for (int repeat = 0; repeat < 2; ++repeat)
    for (const int64_t axis : {0, 1, -1}) {
      const Tensor axes = make_tensor<int64_t>({1}, {axis});
      const std::vector<TensorView> inputs = {x.view(), axes.view()};
      std::vector<TensorView> outputs(2);
      const Status status = session->run(inputs, outputs);
      ASSERT_TRUE(status.is_ok()) << status.message();
      ASSERT_EQ(outputs[0].shape, Shape({3, 4}));
      const auto y = to_doubles(Tensor(nullptr, outputs[0])),
                 h = to_doubles(Tensor(nullptr, outputs[1]));
      const auto w = ramp(16);
      for (size_t row = 0; row < 3; ++row)
        for (size_t column = 0; column < 4; ++column) {
          double expected = 0;
          for (size_t k = 0; k < 4; ++k) expected += h[row * 4 + k] * w[k * 4 + column];
          for (size_t i = 0; i < (axis == 0 ? 3 : 4); ++i)
            expected += axis == 0 ? h[i * 4 + column] : h[row * 4 + i];
          EXPECT_NEAR(y[row * 4 + column], expected, 1e-5);
        }
    }
  const Tensor axes = make_tensor<int64_t>({1}, {2});
  const std::vector<TensorView> inputs = {x.view(), axes.view()};
  std::vector<TensorView> outputs(2);
  EXPECT_THAT(session->run(inputs, outputs).message(), ::testing::HasSubstr("axis is 2"));
}

// A caller allocates by the declared type.
TEST(LateGraphs, MustGiveWhatTheModelDeclares) {
  for (const int declared : {int{pb::TensorProto::DOUBLE}, int{kFloat}}) {
    ModelBuilder model(18);
    model.input("x", {"a", "b"}).input("axes", {1}, kInt64);
    model.node("ReduceSum", {"x", "axes"}, {"y"}).attr("keepdims", 1);
    model.output("y");
    auto& type = *model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
    type.set_elem_type(declared);
    for (int axis = 0; axis < (declared == kFloat ? 3 : 2); ++axis) type.mutable_shape()->add_dim();
    EXPECT_THAT(run_error(model, {random_floats({3, 4}, 1), make_tensor<int64_t>({1}, {0})}),
                ::testing::HasSubstr("but the model declares it as"));
  }
}

// The bytes of a model in memory may be gone by the time that it is made.
TEST(LateGraphs, KeepWhatTheyNeedOfAModelInMemory) {
  ModelBuilder model(18);
  model.input("x", {2, 2}).input("axes", {1}, kInt64);
  model.initializer<float>("w", {2, 2}, {1, 2, 3, 4});
  ModelBuilder then_branch, else_branch;
  then_branch.initializer<float>("c", {1}, {100}).node("Add", {"s", "c"}, {"t"});
  then_branch.output("t");
  else_branch.node("Neg", {"s"}, {"e"});
  else_branch.output("e");
  model.input("c0", {}, kBoolean);
  model.node("ReduceSum", {"x", "axes"}, {"s"}).attr("keepdims", 1);
  model.node("If", {"c0"}, {"y"})
      .graph("then_branch", then_branch.graph())
      .graph("else_branch", else_branch.graph());
  model.output("y");
  auto& type = *model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(kFloat);
  for (int axis = 0; axis < 2; ++axis) type.mutable_shape()->add_dim();
  auto engine = Engine::create({.threads = 1});
  std::string bytes = model.bytes();
  const auto loaded = Model::load_memory(*engine, std::as_bytes(std::span(bytes)), {});
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  std::fill(bytes.begin(), bytes.end(), '\x7f');
  const auto session = (*loaded)->make_session();
  const bool yes = true;
  const Tensor x = make_tensor<float>({2, 2}, {1, 2, 3, 4}), axes = make_tensor<int64_t>({1}, {0}),
               condition = Tensor::from<bool>(std::span(&yes, 1), {});
  const std::vector<TensorView> inputs = {x.view(), axes.view(), condition.view()};
  std::vector<TensorView> outputs(1);
  const Status status = session->run(inputs, outputs);
  ASSERT_TRUE(status.is_ok()) << status.message();
  EXPECT_EQ(to_doubles(Tensor(nullptr, outputs[0])), (std::vector<double>{104, 106}));
}

}  // namespace
}  // namespace octet::test
