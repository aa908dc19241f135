// Which nodes run on a device, what is copied, and that nothing else of the host touches its
// memory.
#include "tests/device/device_runner.h"

namespace octet::test {
namespace {

using testing::ElementsAre;

const Dim rows = Dim::symbol("rows");
const UnaryAttrs kNeg{UnaryFunction::kNeg}, kTanh{UnaryFunction::kTanh};
const BinaryAttrs kAdd{BinaryFunction::kAdd}, kMul{BinaryFunction::kMul};

TEST(Device, HostCodeThatTouchesItsMemoryFaults) {
  const auto device = std::make_shared<FakeDevice>();
  const auto memory = *device->allocate(100);
  EXPECT_DEATH(memory.get()[7] = std::byte{1}, "");
  {
    const FakeDevice::HostView view(*device, memory.get() + 7);
    memory.get()[7] = std::byte{1};
  }
  EXPECT_DEATH(memory.get()[7] = std::byte{2}, "");
}

// x [rows, 5] -> fc1 [rows, 16] -> neg -> fc2 [rows, 32]
Graph two_layers() {
  Graph graph;
  ValueId x = add_input(graph, "x", DType::kF32, {rows, 5});
  x = add_node(graph, "neg", kNeg, {add_layer(graph, "fc1", x, 5, 16)});
  graph.add_output(add_layer(graph, "fc2", x, 16, 32, false), "y");
  return graph;
}

TEST(Device, AWholeModelIsOneSegment) {
  DeviceRunner runner(two_layers());
  EXPECT_THAT(runner.plan(), ElementsAre("fake:0/upload x", "linear/fake fc1", "unary/fake neg",
                                         "linear/fake fc2", "fake:0/download fc2"));
  EXPECT_EQ(runner.device_steps(), 1);
  runner.device->take_counts();  // the constants'
  for (const int64_t n : {4, 1, 9, 0, 4}) {
    const Tensor x = whole_numbers({n, 5}, n);
    EXPECT_EQ(runner.run({x}), runner.run_on_host({x})) << n << " rows";
    const auto counts = runner.device->take_counts();
    EXPECT_EQ(counts.uploads, n > 0 ? 1 : 0);
    EXPECT_EQ(counts.downloads, n > 0 ? 1 : 0);
    EXPECT_EQ(counts.kernels, n > 0 ? 3 : 0);
  }
}

TEST(Device, TheHostRunsWhatNoDeviceTakes) {
  Graph graph;
  ValueId x = add_input(graph, "x", DType::kF32, {rows, 16});
  const ValueId fc1 = add_layer(graph, "fc1", x, 16, 16);
  const ValueId tanh = add_node(graph, "tanh", kTanh, {fc1});
  const ValueId sum = add_node(graph, "sum", kAdd, {fc1, tanh});
  graph.add_output(add_layer(graph, "fc2", sum, 16, 16), "y");
  graph.add_output(tanh, "z");
  DeviceRunner runner(graph);
  EXPECT_THAT(runner.plan(),
              ElementsAre("fake:0/upload x", "linear/fake fc1", "fake:0/download fc1",
                          "unary/rows tanh", "fake:0/upload tanh", "binary/fake sum",
                          "linear/fake fc2", "fake:0/download fc2"));
  const Tensor input = whole_numbers({3, 16}, 1);
  const std::vector<float> found = runner.run({input}), expected = runner.run_on_host({input});
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_FLOAT_EQ(found[i], expected[i]) << i;
}

TEST(Device, AnIslandThatOnlyCostsCopiesGoesBack) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {rows, 16});
  const ValueId before = add_node(graph, "before", kTanh, {x});
  const ValueId island = add_node(graph, "island", kNeg, {before});
  const ValueId view = add_node(graph, "view", ReshapeAttrs{{rows * 16}}, {island});
  graph.add_output(add_node(graph, "twice", kAdd, {view, view}), "y");
  DeviceRunner runner(graph);
  EXPECT_EQ(runner.device_steps(), 0);
  const std::vector<NodeReport>& reports = runner.program->reports;
  const auto report = std::find_if(reports.begin(), reports.end(),
                                   [](const NodeReport& one) { return one.name == "island"; });
  ASSERT_NE(report, reports.end());
  EXPECT_THAT(report->declined.list(),
              testing::Contains(testing::StartsWith("unary/fake: not worth the copies")));
  const Tensor input = whole_numbers({3, 16}, 1);
  EXPECT_EQ(runner.run({input}), runner.run_on_host({input}));
}

TEST(Device, ASmallModelOfItsOwnStays) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {rows, 16});
  graph.add_output(add_node(graph, "neg", kNeg, {x}), "y");
  EXPECT_EQ(DeviceRunner(graph).device_steps(), 1);
}

TEST(Device, RowsArePadded) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {2, rows, 5});
  const ValueId fc1 = add_layer(graph, "fc1", x, 5, 3);
  const ValueId squares = add_node(graph, "squares", kMul, {fc1, fc1});
  graph.add_output(squares, "y");
  graph.add_output(fc1, "z");
  DeviceRunner runner(graph);
  // A user gets no padding.
  EXPECT_THAT(runner.plan(),
              ElementsAre("fake:0/upload x", "linear/fake fc1", "binary/fake squares",
                          "fake:0/download squares", "fake:0/download fc1", "copy fc1"));
  const Tensor input = whole_numbers({2, 4, 5}, 3);
  EXPECT_EQ(runner.run({input}), runner.run_on_host({input}));
}

// Neg takes contiguous operands alone.
TEST(Device, TheHostMakesViewsContiguousBetweenTwoSegments) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {rows, 16});
  const ValueId fc = add_layer(graph, "fc", x, 16, 16);
  const ValueId turned = add_node(graph, "turned", TransposeAttrs{{1, 0}}, {fc});
  const ValueId neg = add_node(graph, "neg", kNeg, {turned});
  const ValueId sum = add_node(graph, "sum", kAdd, {neg, turned});  // takes any strides
  graph.add_output(sum, "y");
  DeviceRunner runner(graph);
  EXPECT_THAT(runner.plan(), ElementsAre("fake:0/upload x", "linear/fake fc", "fake:0/download fc",
                                         "copy turned", "fake:0/upload turned", "unary/fake neg",
                                         "binary/fake sum", "fake:0/download sum"));
  for (const int64_t n : {4, 7}) {
    const Tensor input = whole_numbers({n, 16}, n);
    EXPECT_EQ(runner.run({input}), runner.run_on_host({input}));
  }
}

TEST(Device, OutputsMayBeTheSameValueOrAViewOfIt) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {rows, 4});
  const ValueId fc = add_layer(graph, "fc", x, 4, 16);
  graph.add_output(fc, "y");
  graph.add_output(fc, "again");
  graph.add_output(add_node(graph, "flat", ReshapeAttrs{{rows * 16}}, {fc}), "flat");
  graph.add_output(x, "x_too");
  DeviceRunner runner(graph);
  const Tensor input = whole_numbers({5, 4}, 2);
  EXPECT_EQ(runner.run({input}), runner.run_on_host({input}));
}

// Expand is a view, or the host's copy; positions that follow from the shapes go up with each run.
TEST(Device, ViewsRepeatAndPositionsAreUploaded) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {rows, 16});
  const ValueId row = add_input(graph, "row", DType::kF32, {1, 16});
  const ValueId expanded = add_node(graph, "expand", ExpandAttrs{{rows, 16}}, {row});
  const ValueId fc = add_layer(graph, "fc", x, 16, 16);
  const ValueId sum = add_node(graph, "sum", kAdd, {fc, expanded});
  graph.add_output(add_node(graph, "product", kMul, {sum, expanded}), "y");
  DeviceRunner runner(graph);
  EXPECT_EQ(runner.device_steps(), 1);
  for (const int64_t n : {4, 1, 0}) {
    const Tensor input = whole_numbers({n, 16}, 2), repeated = whole_numbers({1, 16}, 5);
    EXPECT_EQ(runner.run({input, repeated}), runner.run_on_host({input, repeated}));
  }
}

// The same constant is there once for each side.
TEST(Device, ConstantsAreWhereTheyAreRead) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {rows, 16});
  const ValueId constant = add_floats(graph, "c", whole_numbers({16}, 4));
  const ValueId fc = add_layer(graph, "fc", x, 16, 16);
  const ValueId sum = add_node(graph, "sum", kAdd, {fc, constant});
  const ValueId product = add_node(graph, "product", kMul, {sum, constant});
  const ValueId tanh =
      add_node(graph, "less", BinaryAttrs{BinaryFunction::kSub}, {product, constant});
  graph.add_output(tanh, "y");
  DeviceRunner runner(graph);
  EXPECT_EQ(runner.program->constants.size(), 1u);
  EXPECT_EQ(runner.program->device_constants.size(), 2u);  // the weight of fc, and c
  const Tensor input = whole_numbers({5, 16}, 2);
  EXPECT_EQ(runner.run({input}), runner.run_on_host({input}));
}

}  // namespace
}  // namespace octet::test
