// Loading is bounded: constants are folded as far as that is worth it, and a switch or a deadline
// ends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <octet/octet.h>

#include <chrono>
#include <thread>

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using Clock = RunControl::Clock;
using testing::HasSubstr;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// y = x + a node of constants.
Graph graph_of(const Attributes& attributes, const std::vector<Tensor>& constants,
               const Shape& shape) {
  Graph graph;
  std::vector<ValueId> inputs;
  for (const Tensor& constant : constants)
    inputs.push_back(*graph.add_constant("c" + std::to_string(inputs.size()), Constant(constant)));
  TypeInfo type;
  type.dtype = DType::kF32;
  type.shape = to_symbolic(shape);
  const ValueId x = graph.add_input("x", type);
  const ValueId value = *graph.add("folded", attributes, inputs);
  graph.add_output(*graph.add("sum", BinaryAttrs{BinaryFunction::kAdd}, {x, value}), "y");
  return graph;
}

Result<std::shared_ptr<const Model>> load(Graph graph, const RunControl& control = {}) {
  LoadOptions options;
  options.control = control;
  return Model::from_graph(*Engine::create({.threads = 2}), std::move(graph), options);
}

size_t nodes_of(const Model& model) {
  size_t count = 0;
  for (const NodeReport& report : model.program()->reports) count += report.name == "folded";
  return count;
}

std::vector<float> run(const Model& model, const Tensor& x) {
  auto session = model.make_session();
  std::vector<TensorView> inputs = {x.view()}, outputs(1);
  const Status status = session->run(inputs, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  const float* data = outputs[0].as<float>();
  return {data, data + outputs[0].element_count()};
}

// 1.07e9 multiply-adds: a quarter of a minute by the reference.
TEST(LoadControl, LargeProductsOfConstantsAreFoldedFast) {
  const int64_t n = 1024;
  const Tensor lhs = random_floats({n, n}, 1), rhs = random_floats({n, n}, 2);
  const Tensor zeros(DType::kF32, {n, n});
  const struct {
    const char* name;
    Attributes attributes;
    bool transposed;
  } cases[] = {
      {"matmul", MatMulAttrs{}, false},
      {"linear", LinearAttrs{.weights_transposed = true, .epilogue = {}, .layer = {"l", {}, 0, n}},
       true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto start = Clock::now();
    const auto model = load(graph_of(c.attributes, {lhs, rhs}, {n, n}));
    ASSERT_TRUE(model.is_ok()) << model.status().message();
    EXPECT_LT(seconds_since(start), 5);
    EXPECT_EQ(nodes_of(**model), 0u) << "it was left to the run";
    const std::vector<float> found = run(**model, zeros);
    const auto a = lhs.elements<const float>(), b = rhs.elements<const float>();
    for (int64_t at : {int64_t{0}, n * n / 2 + 77, n * n - 1}) {
      double expected = 0;
      for (int64_t k = 0; k < n; ++k)
        expected += double{a[static_cast<size_t>(at / n * n + k)]} *
                    double{b[static_cast<size_t>(c.transposed ? at % n * n + k : k * n + at % n)]};
      // n additions of products of at most 1.
      EXPECT_NEAR(found[static_cast<size_t>(at)], expected, n * 6e-8 * n / 3);
    }
  }
}

TEST(LoadControl, ASmallProductKeepsTheReferencesRounding) {
  const Tensor lhs = random_floats({8, 300}, 1), rhs = random_floats({300, 8}, 2);
  const auto model = load(graph_of(MatMulAttrs{}, {lhs, rhs}, {8, 8}));
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  const std::vector<float> found = run(**model, Tensor(DType::kF32, {8, 8}));
  for (size_t i = 0; i < 64; ++i) {
    double expected = 0;
    for (size_t k = 0; k < 300; ++k)
      expected += double{lhs.elements<const float>()[i / 8 * 300 + k]} *
                  double{rhs.elements<const float>()[k * 8 + i % 8]};
    EXPECT_EQ(found[i], static_cast<float>(expected));
  }
}

// Hours of taps in a few kilobytes.
TEST(LoadControl, WhatIsTooMuchWorkIsLeftToTheRun) {
  const int64_t side = 1024;
  const Window window{{side, side},       {1, 1},     {1, 1},
                      Padding::kExplicit, {511, 511}, {512, 512},
                      /*ceil_mode=*/false};
  const auto start = Clock::now();
  const auto model = load(graph_of(PoolAttrs{.function = PoolFunction::kAverage, .window = window},
                                   {Tensor(DType::kF32, {1, 1, side, side})}, {1, 1, side, side}));
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  EXPECT_LT(seconds_since(start), 5);
  EXPECT_EQ(nodes_of(**model), 1u);
}

// Each is cheap; together they would take a minute.
TEST(LoadControl, ManyNodesShareOneBudget) {
  Graph graph;
  const ValueId constant =
      *graph.add_constant("c", Constant(Tensor(DType::kF32, {int64_t{1} << 22})));
  TypeInfo type;
  type.dtype = DType::kF32;
  ValueId sum = graph.add_input("x", type);
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i);
    const ValueId shift =
        *graph.add_constant("s" + name, Constant(make_tensor<float>({}, {static_cast<float>(i)})));
    const ValueId moved =
        *graph.add("move" + name, BinaryAttrs{BinaryFunction::kAdd}, {constant, shift});
    const ValueId largest =
        *graph.add("largest" + name, ReduceAttrs{ReduceFunction::kMax, {0}, false}, {moved});
    sum = *graph.add("sum" + name, BinaryAttrs{BinaryFunction::kAdd}, {sum, largest});
  }
  graph.add_output(sum, "y");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr double kMostSeconds = 120;
#else
  constexpr double kMostSeconds = 20;
#endif
  const auto start = Clock::now();
  const auto model = load(std::move(graph));
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  EXPECT_LT(seconds_since(start), kMostSeconds);
}

TEST(LoadControl, ADeadlineEndsTheEvaluationOfAConstant) {
  // A second of reference work, all of it within the budget.
  const Tensor lhs(DType::kF64, {512, 400}), rhs(DType::kF64, {400, 512});
  Graph graph;
  const ValueId a = *graph.add_constant("a", Constant(lhs)),
                b = *graph.add_constant("b", Constant(rhs));
  const ValueId product = *graph.add("product", MatMulAttrs{}, {a, b});
  const ValueId cast = *graph.add("cast", CastAttrs{DType::kF32}, {product});
  TypeInfo type;
  type.dtype = DType::kF32;
  type.shape = {512, 512};
  const ValueId x = graph.add_input("x", type);
  graph.add_output(*graph.add("sum", BinaryAttrs{BinaryFunction::kAdd}, {x, cast}), "y");
  double best = 1e9;
  for (int round = 0; round < 5 && best > 0.2; ++round) {
    const auto deadline = Clock::now() + std::chrono::milliseconds(30);
    const auto model = load(graph, {.deadline = deadline});
    const double late = seconds_since(deadline);
    ASSERT_EQ(model.status().code(), StatusCode::kDeadlineExceeded);
    EXPECT_THAT(model.status().message(), HasSubstr("give it more"));
    best = std::min(best, late);
  }
  EXPECT_LT(best, 0.2);
}

TEST(LoadControl, ACancelledLoadEnds) {
  std::atomic<bool> cancelled{true};
  const auto model =
      load(graph_of(MatMulAttrs{}, {random_floats({2, 2}, 1), random_floats({2, 2}, 2)}, {2, 2}),
           {.cancelled = &cancelled});
  EXPECT_EQ(model.status().code(), StatusCode::kCancelled);
}

class LoadOptionsTest : public testing::Test {
 protected:
  void SetUp() override {
    ModelBuilder model;
    model.input("x", {"batch", 4}).initializer<float>("w", {4, 4}, std::vector<float>(16, 1.0f));
    model.node("MatMul", {"x", "w"}, {"y"});
    bytes = model.output("y").bytes();
    ASSERT_EQ(octet_engine_create(nullptr, &engine, nullptr), OCTET_OK);
    ASSERT_EQ(octet_cancel_create(&cancel, nullptr), OCTET_OK);
  }
  void TearDown() override {
    octet_cancel_free(cancel);
    octet_engine_free(engine);
  }
  octet_status load(const octet_load_options& options) {
    octet_model* model = nullptr;
    octet_error* error = nullptr;
    const octet_status status =
        octet_model_load_memory(engine, bytes.data(), bytes.size(), &options, &model, &error);
    message = status == OCTET_OK ? "" : octet_error_message(error);
    octet_error_free(error);
    octet_model_free(model);
    return status;
  }
  octet_engine* engine = nullptr;
  octet_cancel* cancel = nullptr;
  std::string bytes, message;
};

TEST_F(LoadOptionsTest, CancelAndTimeoutEndALoad) {
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.cancel = cancel;
  options.timeout_ms = 60e3;
  EXPECT_EQ(load(options), OCTET_OK) << message;
  octet_cancel_request(cancel);
  EXPECT_EQ(load(options), OCTET_CANCELLED) << message;
  octet_cancel_reset(cancel);
  EXPECT_EQ(load(options), OCTET_OK) << message;
  options.timeout_ms = 1e-6;
  EXPECT_EQ(load(options), OCTET_DEADLINE_EXCEEDED) << message;
  EXPECT_THAT(message, HasSubstr("give it more"));
  options.timeout_ms = -1;
  EXPECT_EQ(load(options), OCTET_INVALID_ARGUMENT);
  EXPECT_THAT(message, HasSubstr("octet_load_options.timeout_ms is -1"));
}

// Callers compiled before the fields were there.
TEST_F(LoadOptionsTest, AShorterStructHasNeither) {
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.struct_size = offsetof(octet_load_options, cancel);
  options.timeout_ms = 1e-6;  // beyond the caller's struct
  EXPECT_EQ(load(options), OCTET_OK) << message;
}

}  // namespace
}  // namespace octet::test
