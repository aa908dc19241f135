// If, Loop and Scan: their graphs, the layers in them, and what ends them.
#include <gmock/gmock.h>

#include "tests/support/run_model.h"

namespace octet::test {
namespace {

std::vector<float> ramp(size_t count, float scale) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = scale * static_cast<float>(static_cast<int>(i * 7 % 19) - 9);
  return values;
}

std::shared_ptr<const Model> load(const ModelBuilder& builder, const char* scheme,
                                  int threads = 1) {
  auto engine = Engine::create({.threads = threads});
  LoadOptions options;
  options.quantization.standard = *scheme_named(scheme);
  const std::string bytes = builder.bytes();
  auto model = Model::load_memory(*engine, std::as_bytes(std::span(bytes)), options);
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  return model.is_ok() ? *model : nullptr;
}

std::vector<Tensor> run(const Model& model, const std::vector<Tensor>& tensors) {
  const auto session = model.make_session();
  std::vector<TensorView> inputs, outputs(model.program()->outputs.size());
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  const Status status = session->run(inputs, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  std::vector<Tensor> copies;
  for (const TensorView& output : outputs)
    copies.push_back(status.is_ok() ? contiguous_copy(Tensor(nullptr, output)) : Tensor());
  return copies;
}

// x = gelu-like steps of a layer, `steps` times.
ModelBuilder loop_of_a_layer() {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).input("h", {"n", 16});
  body.node("MatMul", {"h", "w"}, {"p"}).named("fc");
  body.node("Tanh", {"p"}, {"next"});
  body.node("ReduceMax", {"next"}, {"top"}).attr("keepdims", 0);
  body.node("Identity", {"going"}, {"still"});
  body.output("still").output("next").output("top");
  ModelBuilder model;
  model.input("x", {"n", 16}).input("steps", {}, kInt64);
  model.initializer<float>("w", {16, 16}, ramp(256, 0.02f));
  model.node("Loop", {"steps", "", "x"}, {"y", "tops"}).named("loop").graph("body", body.graph());
  model.output("y").output("tops");
  return model;
}

ModelBuilder layer_step() {
  ModelBuilder model;
  model.input("x", {"n", 16}).initializer<float>("w", {16, 16}, ramp(256, 0.02f));
  model.node("MatMul", {"x", "w"}, {"p"}).named("fc");
  model.node("Tanh", {"p"}, {"y"});
  model.output("y");
  return model;
}

class Loops : public ::testing::TestWithParam<const char*> {};

TEST_P(Loops, RepeatTheirLayer) {
  const auto loop = load(loop_of_a_layer(), GetParam()), step = load(layer_step(), GetParam());
  ASSERT_NE(loop, nullptr);
  for (const int64_t rows : {0, 1, 40})
    for (const int64_t steps : {0, 1, 3}) {
      if (rows == 0 && steps > 0) continue;  // ReduceMax of nothing is -inf: fine, but no tops
      const Tensor x = random_floats({rows, 16}, 4);
      Tensor expected = x;
      std::vector<double> tops;
      for (int64_t i = 0; i < steps; ++i) {
        expected = run(*step, {expected})[0];
        const auto values = to_doubles(expected);
        tops.push_back(*std::max_element(values.begin(), values.end()));
      }
      const auto outputs = run(*loop, {x, Tensor::from<int64_t>(std::span(&steps, 1), {})});
      EXPECT_EQ(to_doubles(outputs[0]), to_doubles(expected));
      EXPECT_EQ(outputs[1].shape(), Shape({steps}));
      EXPECT_EQ(to_doubles(outputs[1]), tops);
    }
}

TEST_P(Loops, GiveTheSameBitsOverThreads) {
  const Tensor x = random_floats({67, 16}, 9), steps = make_tensor<int64_t>({}, {5});
  const auto one = run(*load(loop_of_a_layer(), GetParam(), 1), {x, steps});
  const auto four = run(*load(loop_of_a_layer(), GetParam(), 4), {x, steps});
  EXPECT_EQ(to_doubles(one[0]), to_doubles(four[0]));
}

INSTANTIATE_TEST_SUITE_P(Schemes, Loops, ::testing::Values("none", "w8a8"));

TEST(LoopLayers, AreListedAndReplaced) {
  const auto model = load(loop_of_a_layer(), "w8a8");
  ASSERT_EQ(model->layers().size(), 1u);
  EXPECT_EQ(model->layer(0).name, "loop/body/fc");
  auto weights = model->weights(0);
  ASSERT_TRUE(weights.is_ok());
  for (float& scale : weights->scale.elements<float>()) scale = 0;
  const auto replaced = model->replace(0, *weights);
  ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
  const Tensor x = random_floats({2, 16}, 4), steps = make_tensor<int64_t>({}, {1});
  for (const double value : to_doubles(run(**replaced, {x, steps})[0])) EXPECT_EQ(value, 0);
  double sum = 0;
  for (const double value : to_doubles(run(*model, {x, steps})[0])) sum += std::abs(value);
  EXPECT_GT(sum, 0.1);
}

// A value that grows by a row in each iteration, and a condition that ends it.
TEST(LoopShapes, MayChangeFromOneIterationToTheNext) {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).input("rows", {"n", 2});
  body.node("Cast", {"i"}, {"number"}).attr("to", int{kFloat});
  body.node("Expand", {"number", "row_shape"}, {"row"});
  body.node("Concat", {"rows", "row"}, {"longer"}).attr("axis", 0);
  body.node("Less", {"i", "last"}, {"more"});
  body.output("more").output("longer");
  ModelBuilder model;
  model.input("start", {"k", 2}).input("last", {}, kInt64);
  model.ints("row_shape", {1, 2});
  model.node("Loop", {"", "", "start"}, {"y"}).named("grow").graph("body", body.graph());
  model.node("ReduceSum", {"y"}, {"sum"}).attr("keepdims", 0);
  model.output("y").output("sum");
  const auto loaded = load(model, "none");
  const auto outputs =
      run(*loaded, {make_tensor<float>({1, 2}, {7, 8}), make_tensor<int64_t>({}, {2})});
  EXPECT_EQ(outputs[0].shape(), Shape({4, 2}));
  EXPECT_EQ(to_doubles(outputs[0]), (std::vector<double>{7, 8, 0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(to_doubles(outputs[1]), (std::vector<double>{21}));
}

// Of no iteration the carried values come out as they went in, in memory of their own: the outer
// program's may be another value's by then.
TEST(LoopShapes, OfNoIterationKeepTheirValues) {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).input("rows", {"n", 2});
  body.node("Concat", {"rows", "rows"}, {"longer"}).attr("axis", 0);
  body.node("Identity", {"going"}, {"still"});
  body.output("still").output("longer");
  ModelBuilder model;
  model.input("x", {"k", 2}).input("times", {}, kInt64);
  model.node("Neg", {"x"}, {"start"});
  model.node("Loop", {"times", "", "start"}, {"y"}).graph("body", body.graph());
  model.node("Exp", {"x"}, {"e"});
  model.node("CumSum", {"e", "zero"}, {"sums"});
  model.scalar("zero", 0);
  model.node("Relu", {"y"}, {"z"});
  model.output("z").output("sums").output("y");
  const auto outputs = run(*load(model, "none"), {make_tensor<float>({2, 2}, {-1, -2, -3, -4}),
                                                  make_tensor<int64_t>({}, {0})});
  EXPECT_EQ(to_doubles(outputs[0]), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(to_doubles(outputs[2]), (std::vector<double>{1, 2, 3, 4}));
}

TEST(LoopShapes, WithoutABoundEndByTheirDeadline) {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).input("h", {2});
  body.node("Add", {"h", "h"}, {"next"});
  body.node("Identity", {"going"}, {"still"});
  body.output("still").output("next");
  ModelBuilder model;
  model.input("x", {2});
  model.node("Loop", {"", "", "x"}, {"y"}).graph("body", body.graph());
  model.output("y");
  const auto loaded = load(model, "none");
  const auto session = loaded->make_session();
  const Tensor x = random_floats({2}, 1);
  std::vector<TensorView> outputs(1);
  RunControl control;
  control.deadline = RunControl::Clock::now() + std::chrono::milliseconds(50);
  const std::vector<TensorView> inputs = {x.view()};
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(session->run(inputs, outputs, control).code(), StatusCode::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(LoopShapes, AreBoundedByMemory) {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).input("h", {"n"});
  body.node("Concat", {"h", "h"}, {"next"}).attr("axis", 0);
  body.node("Identity", {"going"}, {"still"});
  body.output("still").output("next");
  ModelBuilder model;
  model.input("x", {"m"});
  model.node("Loop", {"", "", "x"}, {"y"}).graph("body", body.graph());
  model.output("y");
  auto engine = Engine::create({.threads = 1, .memory_limit = 1 << 20});
  const std::string bytes = model.bytes();
  const auto loaded = Model::load_memory(*engine, std::as_bytes(std::span(bytes)), {});
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  const auto session = (*loaded)->make_session();
  const Tensor x = random_floats({2}, 1);
  std::vector<TensorView> outputs(1);
  const std::vector<TensorView> inputs = {x.view()};
  const Status status = session->run(inputs, outputs);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.message();
}

// Two layers, of which the condition takes one.
ModelBuilder branches(bool same_shape) {
  ModelBuilder then_branch, else_branch;
  then_branch.node("MatMul", {"x", "w1"}, {"a"}).named("fc");
  then_branch.output("a");
  else_branch.node("MatMul", {"x", same_shape ? "w2" : "w3"}, {"b"}).named("fc");
  else_branch.output("b");
  ModelBuilder model;
  model.input("x", {"n", 8}).input("c", {}, kBoolean);
  model.initializer<float>("w1", {8, 4}, ramp(32, 0.1f));
  model.initializer<float>("w2", {8, 4}, ramp(32, -0.2f));
  model.initializer<float>("w3", {8, 6}, ramp(48, 0.1f));
  model.node("If", {"c"}, {"y"})
      .named("if")
      .graph("then_branch", then_branch.graph())
      .graph("else_branch", else_branch.graph());
  model.node("Relu", {"y"}, {"z"});
  model.output("z");
  return model;
}

ModelBuilder branch(const char* weights) {
  ModelBuilder model = branches(false);
  model.graph().clear_node();
  model.graph().mutable_input()->RemoveLast();
  model.node("MatMul", {"x", weights}, {"y"});
  model.node("Relu", {"y"}, {"z"});
  return model;
}

class Branches : public ::testing::TestWithParam<const char*> {};

TEST_P(Branches, AreTakenByTheCondition) {
  for (const bool same_shape : {true, false}) {
    const auto model = load(branches(same_shape), GetParam());
    ASSERT_NE(model, nullptr);
    ASSERT_EQ(model->layers().size(), 2u);
    EXPECT_EQ(model->layer(0).name, "if/then_branch/fc");
    EXPECT_EQ(model->layer(1).name, "if/else_branch/fc");
    for (const int64_t rows : {0, 1, 33})
      for (const bool taken : {true, false}) {
        const Tensor x = random_floats({rows, 8}, 3);
        const auto found = run(*model, {x, Tensor::from<bool>(std::span(&taken, 1), {})});
        const char* weights = taken ? "w1" : same_shape ? "w2" : "w3";
        const auto expected = run(*load(branch(weights), GetParam()), {x});
        EXPECT_EQ(found[0].shape(), expected[0].shape());
        EXPECT_EQ(to_doubles(found[0]), to_doubles(expected[0]));
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, Branches, ::testing::Values("none", "w8a8"));

// Of a condition that is known one branch is left, and no step of its own.
TEST(Branches, KnownOnesAreInlined) {
  ModelBuilder model = branches(true);
  model.graph().mutable_input()->RemoveLast();
  auto& condition = *model.graph().add_initializer();
  condition.set_name("c");
  condition.set_data_type(kBoolean);
  condition.set_raw_data(std::string(1, '\0'));
  const auto loaded = load(model, "none");
  ASSERT_EQ(loaded->layers().size(), 1u);
  EXPECT_EQ(loaded->layer(0).name, "if/else_branch/fc");
}

// A branch that is inlined and has an If of its own, whose branches differ in rank: the outer If is
// made when the integer that decides is seen.
TEST(Branches, WaitForWhatDecidesWithinThem) {
  ModelBuilder scalar, vector, outer, other;
  scalar.node("Identity", {"zero"}, {"s"});
  scalar.output("s");
  vector.node("Identity", {"x"}, {"v"});
  vector.output("v");
  outer.scalar("one", 1).node("Equal", {"k", "one"}, {"is_one"});
  outer.node("If", {"is_one"}, {"r"})
      .graph("then_branch", scalar.graph())
      .graph("else_branch", vector.graph());
  outer.output("r");
  other.node("Neg", {"x"}, {"r"});
  other.output("r");
  ModelBuilder model;
  model.input("x", {2}).input("k", {}, kInt64).initializer<float>("zero", {}, {0});
  auto& condition = *model.graph().add_initializer();
  condition.set_name("c");
  condition.set_data_type(kBoolean);
  condition.set_raw_data(std::string(1, '\1'));
  model.node("If", {"c"}, {"r"})
      .graph("then_branch", outer.graph())
      .graph("else_branch", other.graph());
  model.node("Add", {"r", "x"}, {"y"});
  model.output("y");
  auto& type = *model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(kFloat);
  type.mutable_shape()->add_dim();
  const auto loaded = load(model, "none");
  ASSERT_NE(loaded, nullptr);
  const Tensor x = make_tensor<float>({2}, {3, 5});
  EXPECT_EQ(to_doubles(run(*loaded, {x, make_tensor<int64_t>({}, {1})})[0]),
            (std::vector<double>{3, 5}));
  EXPECT_EQ(to_doubles(run(*loaded, {x, make_tensor<int64_t>({}, {7})})[0]),
            (std::vector<double>{6, 10}));
}

// Running sums along axis 1, backwards, with the slices put together along axis 1 again.
TEST(Scans, TakeAndPutSlicesAlongAxes) {
  ModelBuilder body;
  body.input("sum", {2}).input("slice", {2});
  body.node("Add", {"sum", "slice"}, {"next"});
  body.node("Identity", {"next"}, {"out"});
  body.output("next").output("out");
  ModelBuilder model;
  model.input("zero", {2}).input("x", {2, "n"});
  model.node("Scan", {"zero", "x"}, {"last", "sums"})
      .attr("num_scan_inputs", 1)
      .ints("scan_input_axes", {1})
      .ints("scan_input_directions", {1})
      .ints("scan_output_axes", {1})
      .ints("scan_output_directions", {1})
      .graph("body", body.graph());
  model.output("last").output("sums");
  const auto loaded = load(model, "none");
  const auto outputs = run(
      *loaded, {make_tensor<float>({2}, {0, 10}), make_tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6})});
  EXPECT_EQ(to_doubles(outputs[0]), (std::vector<double>{6, 25}));
  EXPECT_EQ(to_doubles(outputs[1]), (std::vector<double>{6, 5, 3, 25, 21, 16}));
  const auto none = run(*loaded, {make_tensor<float>({2}, {0, 10}), Tensor(DType::kF32, {2, 0})});
  EXPECT_EQ(none[1].shape(), Shape({2, 0}));
  EXPECT_EQ(to_doubles(none[0]), (std::vector<double>{0, 10}));
}

// A loop within an If within a loop, all of which read the outermost values.
TEST(Subgraphs, SeeTheScopesAroundThem) {
  ModelBuilder inner;
  inner.input("j", {}, kInt64).input("c", {}, kBoolean).input("v", {"m"});
  inner.node("Add", {"v", "x"}, {"v2"});
  inner.node("Identity", {"c"}, {"c2"});
  inner.output("c2").output("v2");
  ModelBuilder then_branch, else_branch;
  then_branch.node("Loop", {"two", "", "h"}, {"t"}).named("inner").graph("body", inner.graph());
  then_branch.output("t");
  else_branch.node("Neg", {"h"}, {"e"});
  else_branch.output("e");
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).input("h", {"m"});
  body.node("Equal", {"i", "one"}, {"is_one"});
  body.node("If", {"is_one"}, {"next"})
      .named("choose")
      .graph("then_branch", then_branch.graph())
      .graph("else_branch", else_branch.graph());
  body.node("Identity", {"going"}, {"still"});
  body.output("still").output("next");
  ModelBuilder model;
  model.input("x", {"m"}).scalar("one", 1).scalar("two", 2).scalar("three", 3);
  model.node("Loop", {"three", "", "x"}, {"y"}).named("outer").graph("body", body.graph());
  model.output("y");
  // x -> -x -> -x + 2x = x -> -x
  const auto outputs = run(*load(model, "none"), {make_tensor<float>({2}, {3, -5})});
  EXPECT_EQ(to_doubles(outputs[0]), (std::vector<double>{-3, 5}));
}

}  // namespace
}  // namespace octet::test
