// Whole small graphs through program, binding and session: results, shapes, errors, memory.
#include "runtime/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "kernels/cpu/movement/copy.h"
#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "runtime/graph/graph.h"
#include "runtime/program/compile.h"

namespace octet {
namespace {

const Dim b = Dim::symbol("batch"), s = Dim::symbol("seq");

TypeInfo type(DType dtype, SymbolicShape shape) {
  TypeInfo info;
  info.dtype = dtype;
  info.shape = std::move(shape);
  return info;
}

Tensor ramp(const Shape& shape, float scale = 0.01f) {
  Tensor tensor(DType::kF32, shape);
  float x = 1;
  for (float& value : tensor.elements<float>()) value = scale * (x = x > 50 ? x - 97.3f : x + 7.7f);
  return tensor;
}

struct Runner {
  explicit Runner(const Graph& graph, int threads = 2, std::span<const KernelRow> preferred = {}) {
    auto compiled = compile(graph, {.backends = {{.name = "preferred", .kernels = preferred},
                                                 cpu_backend(),
                                                 reference_backend()},
                                    .copy = make_copy_kernel()});
    EXPECT_TRUE(compiled.is_ok()) << compiled.status().message();
    program = *compiled;
    session = std::make_unique<Session>(
        program, std::make_shared<BindingCache>(4),
        std::make_shared<ThreadPool>(ThreadPoolOptions{.threads = threads}));
  }
  Status run(std::vector<Tensor> inputs, const RunControl& control = {}) {
    std::vector<TensorView> views;
    for (const Tensor& input : inputs) views.push_back(input.view());
    outputs.assign(program->outputs.size(), TensorView{});
    return session->run(views, outputs, control);
  }
  std::vector<float> output(size_t index = 0) const {
    const float* data = outputs[index].as<float>();
    return {data, data + outputs[index].element_count()};
  }
  std::shared_ptr<const Program> program;
  std::unique_ptr<Session> session;
  std::vector<TensorView> outputs;
};

// norm(x + position) -> linear -> gelu, with the position broadcast over the batch.
Graph block() {
  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF32, {b, s, 32}));
  const ValueId position = graph.add_input("position", type(DType::kF32, {1, s, 32}));
  const ValueId gamma = *graph.add_constant("gamma", Constant(ramp({32}, 0.1f)));
  const ValueId weights = *graph.add_constant("weights", Constant(ramp({48, 32})));
  const ValueId sum = *graph.add("sum", BinaryAttrs{BinaryFunction::kAdd}, {x, position});
  const ValueId norm = *graph.add("norm", LayerNormAttrs{}, {sum, gamma});
  const ValueId linear = *graph.add(
      "linear",
      LinearAttrs{.weights_transposed = true, .epilogue = {}, .layer = {"linear", {}, 0, 48}},
      {norm, weights});
  graph.add_output(*graph.add("gelu", UnaryAttrs{UnaryFunction::kGelu}, {linear}), "y");
  return graph;
}

std::vector<float> expected_block(const Tensor& x, const Tensor& position) {
  const auto evaluate = [](const Attributes& attributes, std::vector<Tensor> inputs) {
    auto result = evaluate_reference(attributes, inputs);
    EXPECT_TRUE(result.is_ok()) << result.status().message();
    return (*result)[0];
  };
  const Tensor sum = evaluate(BinaryAttrs{BinaryFunction::kAdd}, {x, position});
  const Tensor norm = evaluate(LayerNormAttrs{}, {sum, ramp({32}, 0.1f)});
  const Tensor linear = evaluate(
      LinearAttrs{.weights_transposed = true, .epilogue = {}, .layer = {}}, {norm, ramp({48, 32})});
  const auto result = evaluate(UnaryAttrs{UnaryFunction::kGelu}, {linear});
  const auto elements = result.elements<const float>();
  return {elements.begin(), elements.end()};
}

TEST(Session, ARegionEqualsItsNodesForEveryShape) {
  Runner runner(block());
  ASSERT_EQ(runner.program->steps.size(), 1u);  // all of it is row-local: one region
  for (int64_t batch : {1, 2, 5})
    for (int64_t length : {1, 3, 40, 100}) {
      const Tensor x = ramp({batch, length, 32}), position = ramp({1, length, 32}, 0.02f);
      const Status status = runner.run({x, position});
      ASSERT_TRUE(status.is_ok()) << status.message();
      const auto expected = expected_block(x, position), found = runner.output();
      ASSERT_EQ(found.size(), expected.size());
      // 32 products of at most 4 x 0.5 in f32, whatever the order: k * eps * sum |a b|, and an
      // activation of slope <= 1.13.
      for (size_t i = 0; i < found.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], 32 * 6e-8 * 64 * 1.13 + 1e-6);
    }
}

TEST(Session, SameBitsForEveryThreadCount) {
  const Tensor x = ramp({3, 50, 32}), position = ramp({1, 50, 32}, 0.02f);
  Runner one(block(), 1), three(block(), 3);
  ASSERT_TRUE(one.run({x, position}).is_ok());
  ASSERT_TRUE(three.run({x, position}).is_ok());
  EXPECT_EQ(one.output(), three.output());
}

// Few rows: two threads share the columns of each layer, one takes them all; the bits are the same.
TEST(Session, SameBitsByColumnsAndByRows) {
  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF32, {b, 64}));
  const ValueId weights = *graph.add_constant("weights", Constant(ramp({384, 64})));
  const ValueId bias = *graph.add_constant("bias", Constant(ramp({384})));
  const ValueId linear = *graph.add(
      "linear",
      LinearAttrs{.weights_transposed = true, .epilogue = {}, .layer = {"linear", {}, 0, 384}},
      {x, weights, bias});
  graph.add_output(*graph.add("gelu", UnaryAttrs{UnaryFunction::kGelu}, {linear}), "y");
  Runner one(graph, 1), two(graph, 2);
  for (int64_t rows : {1, 5, 16, 40}) {
    ASSERT_TRUE(one.run({ramp({rows, 64})}).is_ok());
    ASSERT_TRUE(two.run({ramp({rows, 64})}).is_ok());
    EXPECT_EQ(one.output(), two.output()) << rows;
  }
}

TEST(Session, EmptyInputsGiveEmptyOutputs) {
  Runner runner(block());
  ASSERT_TRUE(runner.run({ramp({0, 4, 32}), ramp({1, 4, 32})}).is_ok());
  EXPECT_EQ(runner.outputs[0].shape, (Shape{0, 4, 48}));
}

TEST(Session, InputsThatDoNotFitAreNamed) {
  Runner runner(block());
  Status status = runner.run({ramp({2, 4, 32}), ramp({1, 5, 32})});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), testing::AllOf(testing::HasSubstr("\"position\""),
                                               testing::HasSubstr("\"seq\" is 4")));
  status = runner.run({ramp({2, 4, 31}), ramp({1, 4, 32})});
  EXPECT_THAT(status.message(), testing::HasSubstr("axis 2 must be 32"));
  status = runner.run({ramp({2, 4, 32})});
  EXPECT_THAT(status.message(), testing::HasSubstr("2 inputs"));
  status = runner.run({Tensor(DType::kI64, {2, 4, 32}), ramp({1, 4, 32})});
  EXPECT_THAT(status.message(), testing::HasSubstr("found int64"));
  EXPECT_TRUE(runner.run({ramp({2, 4, 32}), ramp({1, 4, 32})}).is_ok());  // nothing was lost
}

TEST(Session, CallersMemoryIsUsedAndChecked) {
  Runner runner(block());
  const Tensor x = ramp({2, 4, 32}), position = ramp({1, 4, 32});
  Tensor y(DType::kF32, {2, 4, 48}), wrong(DType::kF32, {2, 4, 47});
  const std::vector<TensorView> inputs{x.view(), position.view()};
  std::vector<TensorView> outputs{wrong.view()};
  EXPECT_THAT(runner.session->run(inputs, outputs).message(), testing::HasSubstr("output \"y\""));
  outputs = {y.view()};
  ASSERT_TRUE(runner.session->run(inputs, outputs).is_ok());
  EXPECT_EQ(outputs[0].data, y.bytes());
  ASSERT_TRUE(runner.run({x, position}).is_ok());
  const auto own = runner.output();
  EXPECT_TRUE(std::equal(own.begin(), own.end(), y.elements<float>().begin()));
}

TEST(Session, BadDataIsAnErrorOfTheRun) {
  Graph graph;
  const ValueId ids = graph.add_input("ids", type(DType::kI64, {b, s}));
  const ValueId table = *graph.add_constant("table", Constant(ramp({10, 8})));
  graph.add_output(*graph.add("lookup", GatherAttrs{0}, {table, ids}), "y");
  Runner runner(graph);
  const std::vector<int64_t> good{0, 9, -1, 3}, bad{0, 9, 10, 3};
  EXPECT_TRUE(runner.run({Tensor::from<int64_t>(good, {1, 4})}).is_ok());
  const Status status = runner.run({Tensor::from<int64_t>(bad, {1, 4})});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              testing::AllOf(testing::HasSubstr("\"lookup\""), testing::HasSubstr("10")));
  EXPECT_TRUE(runner.run({Tensor::from<int64_t>(good, {2, 2})}).is_ok());
}

// Relu that has no memory while `broken`, on two threads at once.
class NoMemory : public TaskKernel {
 public:
  static inline bool broken;
  static inline std::atomic<int> inside;
  int64_t task_count(const TaskShapes&, int) const override { return 64; }
  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    if (broken) {
      const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      for (++inside; inside < 2 && std::chrono::steady_clock::now() < patience;)
        std::this_thread::yield();
      throw std::bad_alloc();
    }
    const int64_t count = args.outputs[0].element_count();
    for (int64_t i = task; i < count; i += tasks)
      args.outputs[0].as<float>()[i] = std::max(0.f, args.inputs[0].as<float>()[i]);
    return Status::ok();
  }
};

TEST(Session, NoMemoryOnAnyThreadIsAnErrorOfTheRun) {
  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF32, {b, 4}));
  graph.add_output(*graph.add("relu", UnaryAttrs{UnaryFunction::kRelu}, {x}), "y");
  const KernelRow row[] = {
      {"unary/no_memory", OpKind::kUnary, [](const KernelRequest&) { return Support::yes(); },
       [](const KernelRequest&) -> Result<Kernel> {
         return Kernel(std::unique_ptr<TaskKernel>(std::make_unique<NoMemory>()));
       }}};
  Runner runner(graph, 4, row);
  for (int round = 0; round < 20; ++round) {
    NoMemory::broken = round % 2 == 0;
    NoMemory::inside = 0;
    const Status status = runner.run({ramp({256, 4})});
    EXPECT_EQ(status.code(), NoMemory::broken ? StatusCode::kResourceExhausted : StatusCode::kOk);
  }
}

// Relu that takes longer than the run is given, and never looks.
class Slow : public TaskKernel {
 public:
  int64_t task_count(const TaskShapes&, int) const override { return 1; }
  Status run(const TaskArgs& args, int64_t, int64_t, std::byte*, KernelState*) const override {
    EXPECT_NE(args.control, nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return Status::ok();
  }
};

TEST(Session, ARunWhoseTimeIsOverAtItsEndSaysSo) {
  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF32, {b, 4}));
  graph.add_output(*graph.add("relu", UnaryAttrs{UnaryFunction::kRelu}, {x}), "y");
  const KernelRow row[] = {{"unary/slow", OpKind::kUnary,
                            [](const KernelRequest&) { return Support::yes(); },
                            [](const KernelRequest&) -> Result<Kernel> {
                              return Kernel(std::unique_ptr<TaskKernel>(std::make_unique<Slow>()));
                            }}};
  Runner runner(graph, 2, row);
  const auto now = RunControl::Clock::now();
  const Status late = runner.run({ramp({2, 4})}, {.deadline = now + std::chrono::milliseconds(20)});
  EXPECT_EQ(late.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(late.message(), testing::HasSubstr("step 1 of 1"));
  EXPECT_TRUE(runner.run({ramp({2, 4})}, {.deadline = now + std::chrono::hours(1)}).is_ok());
}

// A few bytes of model that compute for minutes: a stop reaches into the kernel, on every thread.
TEST(Session, ADeadlineReachesIntoAKernel) {
  const int64_t side = 512;
  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF64, {1, 1, side, side}));
  const Window window{{side, side},       {1, 1},     {1, 1},
                      Padding::kExplicit, {255, 255}, {256, 256},
                      /*ceil_mode=*/false};
  graph.add_output(
      *graph.add("pool", PoolAttrs{.function = PoolFunction::kAverage, .window = window}, {x}),
      "y");
  Runner runner(graph);
  const Tensor picture(DType::kF64, {1, 1, side, side});
  double best = 1e9;
  for (int round = 0; round < 5 && best > 0.1; ++round) {
    const auto deadline = RunControl::Clock::now() + std::chrono::milliseconds(30);
    const Status status = runner.run({picture}, {.deadline = deadline});
    const std::chrono::duration<double> late = RunControl::Clock::now() - deadline;
    ASSERT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status.message();
    EXPECT_THAT(status.message(), testing::HasSubstr("step 1 of 1"));
    best = std::min(best, late.count());
  }
  EXPECT_LT(best, 0.1);  // it is 1 ms on a quiet machine
}

TEST(Session, ADeadlineReachesIntoTheBinding) {
  Graph graph;
  graph.add_input("x", type(DType::kF32, {b, s}));
  graph.add_output(*graph.add("range", RangeAttrs{DType::kI64, 1, 2, b * s}, {}), "range");
  Runner runner(graph);
  const Tensor x(DType::kF32, {1 << 12, 1 << 12});
  EXPECT_EQ(runner.run({x}, {.deadline = RunControl::Clock::now()}).code(),
            StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(runner.run({x}).is_ok());  // nothing half made was kept
  EXPECT_EQ(runner.outputs[0].as<int64_t>()[(1 << 24) - 1], 1 + 2 * ((int64_t{1} << 24) - 1));
}

TEST(Session, OutputsThatAreInputsViewsOrConstantsAreCopied) {
  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF32, {b, 4}));
  const ValueId turned = *graph.add("turned", TransposeAttrs{{1, 0}}, {x});
  const ValueId constant = *graph.add_constant("c", Constant(ramp({3})));
  graph.add_output(x, "same");
  graph.add_output(turned, "turned");
  graph.add_output(turned, "again");
  graph.add_output(constant, "c");
  Runner runner(graph);
  const Tensor input = ramp({2, 4});
  ASSERT_TRUE(runner.run({input}).is_ok());
  const auto in = input.elements<float>();
  EXPECT_THAT(runner.output(0), testing::ElementsAreArray(in));
  EXPECT_THAT(runner.output(1),
              testing::ElementsAre(in[0], in[4], in[1], in[5], in[2], in[6], in[3], in[7]));
  EXPECT_EQ(runner.output(2), runner.output(1));
  EXPECT_THAT(runner.output(3), testing::ElementsAreArray(ramp({3}).elements<float>()));
}

TEST(Session, IntegersThatDependOnShapesAreBound) {
  Graph graph;
  graph.add_input("x", type(DType::kF32, {b, s}));
  graph.add_output(*graph.add("range", RangeAttrs{DType::kI64, 1, 2, s}, {}), "range");
  graph.add_output(*graph.add("shape", ShapeValuesAttrs{DType::kI32, false, {b, b * s}}, {}),
                   "shape");
  Runner runner(graph);
  for (int64_t length : {3, 2, 3}) {
    ASSERT_TRUE(runner.run({ramp({4, length})}).is_ok());
    ASSERT_EQ(runner.outputs[0].shape, Shape{length});
    for (int64_t i = 0; i < length; ++i) EXPECT_EQ(runner.outputs[0].as<int64_t>()[i], 1 + 2 * i);
    EXPECT_EQ(runner.outputs[1].as<int32_t>()[0], 4);
    EXPECT_EQ(runner.outputs[1].as<int32_t>()[1], 4 * length);
  }
}

// Whether an axis is broadcast shows only when the shapes are there.
TEST(Session, ExpandToAnotherInputsExtent) {
  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF32, {b, 1}));
  graph.add_input("y", type(DType::kF32, {s, 3}));
  graph.add_output(*graph.add("expand", ExpandAttrs{{Dim::broadcast(b, s), 3}}, {x}), "z");
  Runner runner(graph);
  ASSERT_TRUE(runner.run({ramp({1, 1}), ramp({2, 3})}).is_ok());
  EXPECT_THAT(runner.output(), testing::Each(ramp({1, 1}).elements<float>()[0]));
  const Tensor two = ramp({2, 1});
  ASSERT_TRUE(runner.run({two, ramp({2, 3})}).is_ok());
  const auto v = two.elements<float>();
  EXPECT_THAT(runner.output(), testing::ElementsAre(v[0], v[0], v[0], v[1], v[1], v[1]));
}

TEST(Session, AMemoryLimitIsKept) {
  Graph graph = block();
  auto program = *compile(
      graph, {.backends = {cpu_backend(), reference_backend()}, .copy = make_copy_kernel()});
  Session session(program, std::make_shared<BindingCache>(4),
                  std::make_shared<ThreadPool>(ThreadPoolOptions{}), {.memory_limit = 1000});
  const Tensor x = ramp({2, 4, 32}), position = ramp({1, 4, 32});
  const std::vector<TensorView> inputs{x.view(), position.view()};
  EXPECT_EQ(session.prepare(inputs).code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace octet
