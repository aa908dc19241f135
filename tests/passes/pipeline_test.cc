// The pass runner: order, skipping by name, and what happens when a pass fails or breaks the graph.
#include "runtime/passes/pipeline.h"

#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Graph relu_graph() {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, 4});
  graph.add_output(add_unary(graph, UnaryFunction::kRelu, x), "y");
  return graph;
}

Status to_tanh(Graph& graph, const PassOptions&) {
  graph.edit_attributes(graph.nodes()[0]) = UnaryAttrs{UnaryFunction::kTanh};
  return Status::ok();
}
Status fail(Graph&, const PassOptions&) { return io_error("weights.bin: read failed"); }
Status break_types(Graph& graph, const PassOptions&) {
  graph.edit_attributes(graph.nodes()[0]) = UnaryAttrs{UnaryFunction::kNot};
  return Status::ok();
}
Status break_order(Graph& graph, const PassOptions&) {
  graph.set_input(graph.nodes()[0], 0, graph.nodes()[0].outputs[0]);
  return Status::ok();
}
Status change_output_type(Graph& graph, const PassOptions&) {
  graph.edit_attributes(graph.nodes()[0]) = CastAttrs{DType::kI64};
  return Status::ok();
}

Status run(std::vector<PassRow> passes, Graph& graph, std::vector<std::string> disabled = {},
           std::vector<PassTiming>* timings = nullptr) {
  PassOptions options;
  options.disabled = std::move(disabled);
  return run_passes(passes, graph, options, timings);
}

TEST(Pipeline, RunsAndTimesEachPass) {
  Graph graph = relu_graph();
  std::vector<PassTiming> timings;
  ASSERT_TRUE(run({{"to_tanh", to_tanh}}, graph, {}, &timings).is_ok());
  EXPECT_THAT(op_labels(graph), ElementsAre("tanh"));
  ASSERT_EQ(timings.size(), 1u);
  EXPECT_EQ(timings[0].name, "to_tanh");
  EXPECT_GE(timings[0].milliseconds, 0);
}

TEST(Pipeline, SkipsDisabledPasses) {
  Graph graph = relu_graph();
  std::vector<PassTiming> timings;
  ASSERT_TRUE(run({{"to_tanh", to_tanh}}, graph, {"to_tanh"}, &timings).is_ok());
  EXPECT_THAT(op_labels(graph), ElementsAre("relu"));
  EXPECT_TRUE(timings.empty());
}

TEST(Pipeline, RefusesToDisableWhatDoesNotExist) {
  Graph graph = relu_graph();
  const Status status = run({{"to_tanh", to_tanh}}, graph, {"to_tahn"});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "disabled pass \"to_tahn\" does not exist; the passes are to_tanh");
}

TEST(Pipeline, PassesErrorsOn) {
  Graph graph = relu_graph();
  const Status status = run({{"fail", fail}}, graph);
  EXPECT_EQ(status.code(), StatusCode::kIoError);
  EXPECT_EQ(status.message(), "pass fail: weights.bin: read failed");
}

TEST(Pipeline, NamesThePassThatBrokeTheGraph) {
  for (const PassRow& row :
       {PassRow{"break_types", break_types}, PassRow{"break_order", break_order},
        PassRow{"change_output_type", change_output_type}}) {
    Graph graph = relu_graph();
    const Status status = run({row}, graph);
    EXPECT_EQ(status.code(), StatusCode::kInternal) << row.name;
    EXPECT_THAT(status.message(), HasSubstr("pass " + std::string(row.name) + " broke the graph: "))
        << row.name;
  }
}

TEST(Pipeline, HasNoPassUnderTwoFunctions) {
  for (const PassRow& left : all_passes())
    for (const PassRow& right : all_passes())
      EXPECT_EQ(std::string(left.name) == right.name, left.run == right.run)
          << left.name << " " << right.name;
}

}  // namespace
}  // namespace octet::test
