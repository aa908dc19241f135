// What fails on a device ends the run with its place, and the session goes on; models and engines
// know the devices by name.
#include "runtime/api/model.h"
#include "tests/device/device_runner.h"

namespace octet::test {
namespace {

using testing::HasSubstr;

Graph one_layer() {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {Dim::symbol("rows"), 16});
  graph.add_output(
      add_node(graph, "neg", UnaryAttrs{UnaryFunction::kNeg}, {add_layer(graph, "fc", x, 16, 16)}),
      "y");
  return graph;
}

TEST(DeviceFaults, NoMemoryIsAStatus) {
  DeviceRunner runner(one_layer());
  runner.device->failing_allocation = 0;
  const Tensor x = whole_numbers({3, 16}, 1);
  const Status status = runner.try_run({x});
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("fake:0 has no more memory"));
  EXPECT_EQ(runner.run({x}), runner.run_on_host({x}));
}

TEST(DeviceFaults, LostWorkIsAStatus) {
  DeviceRunner runner(one_layer());
  const Tensor x = whole_numbers({3, 16}, 1);
  for (int work = 0; work < 4; ++work) {  // upload, fc, neg, download
    runner.device->failing_work = work;
    const Status status = runner.try_run({x});
    EXPECT_EQ(status.code(), StatusCode::kInternal) << work;
    EXPECT_THAT(status.message(), HasSubstr("device fake:0: the device is lost"));
    EXPECT_EQ(runner.run({x}), runner.run_on_host({x}));
  }
}

TEST(DeviceFaults, AConstantThatDoesNotFitFailsTheLoad) {
  const auto device = std::make_shared<FakeDevice>();
  device->failing_allocation = 0;
  const auto program =
      compile(one_layer(), {.backends = {fake_backend(device), cpu_backend(), reference_backend()},
                            .copy = make_copy_kernel()});
  EXPECT_EQ(program.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(device->bytes_in_use(), 0);
}

// Between two kernels that have been put on the queue already.
TEST(DeviceFaults, ARunThatIsCancelledOnTheWayLeavesNothingBehind) {
  DeviceRunner runner(one_layer());
  const Tensor x = whole_numbers({3, 16}, 1);
  std::atomic<bool> cancelled = false;
  runner.device->on_launch = [&] { cancelled = true; };
  std::vector<TensorView> inputs{x.view()}, outputs(1);
  const Status status = runner.session.run(inputs, outputs, {.cancelled = &cancelled});
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_EQ(runner.device->take_counts().downloads, 0);
  EXPECT_EQ(runner.device->pending_work(), 0) << "the upload reads x, which its caller may free";
  runner.device->on_launch = nullptr;
  EXPECT_EQ(runner.run({x}), runner.run_on_host({x}));
}

TEST(DeviceFaults, AnExceptionLeavesNothingBehind) {
  DeviceRunner runner(one_layer());
  const Tensor x = whole_numbers({3, 16}, 1);
  runner.device->on_launch = [] { throw std::bad_alloc(); };
  EXPECT_EQ(runner.try_run({x}).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(runner.device->pending_work(), 0);
  runner.device->on_launch = nullptr;
  EXPECT_EQ(runner.run({x}), runner.run_on_host({x}));
}

TEST(DeviceFaults, MemoryGoesWithTheLastUser) {
  const auto device = std::make_shared<FakeDevice>();
  {
    auto program =
        compile_for(one_layer(), {fake_backend(device), cpu_backend(), reference_backend()});
    EXPECT_GT(device->bytes_in_use(), 0);
    program.reset();
  }
  EXPECT_EQ(device->bytes_in_use(), 0);
}

// fc runs on the first device, which has no products of two values; the second one has.
TEST(DeviceFaults, ValuesGoFromDeviceToDevice) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {Dim::symbol("rows"), 16});
  const ValueId fc = add_layer(graph, "fc", x, 16, 16);
  const ValueId square = add_node(graph, "square", BinaryAttrs{BinaryFunction::kMul}, {fc, fc});
  graph.add_output(add_layer(graph, "fc2", square, 16, 16), "y");
  const auto first = std::make_shared<FakeDevice>("fake:0"),
             second = std::make_shared<FakeDevice>("fake:1");
  const auto pool = std::make_shared<ThreadPool>(ThreadPoolOptions{.threads = 1});
  const auto program = compile_for(graph, {fake_arithmetic_backend(second), fake_backend(first),
                                           cpu_backend(), reference_backend()});
  // A product of two values is worth no copies: it would be an island.
  const auto on_second = [](const NodeReport& report) { return report.kernel == "binary/fake"; };
  EXPECT_EQ(std::count_if(program->reports.begin(), program->reports.end(), on_second), 0);
  Session session(program, std::make_shared<BindingCache>(8), pool);
  const Tensor input = whole_numbers({3, 16}, 1);
  std::vector<TensorView> inputs{input.view()}, outputs(1);
  const Status status = session.run(inputs, outputs);
  ASSERT_TRUE(status.is_ok()) << status.message();
  DeviceRunner runner(graph);
  const std::vector<float> expected = runner.run_on_host({input});
  const float* found = outputs[0].as<float>();
  EXPECT_EQ(std::vector<float>(found, found + outputs[0].element_count()), expected);
}

class DeviceModel : public testing::Test {
 protected:
  Result<std::shared_ptr<const Model>> load(const std::string& name) const {
    LoadOptions options;
    options.device = name;
    auto engine = Engine::create({.threads = 1,
                                  .backends = {fake_backend(first), fake_backend(second),
                                               cpu_backend(), reference_backend()}});
    EXPECT_TRUE(engine.is_ok()) << engine.status().message();
    return Model::from_graph(*engine, one_layer(), options);
  }
  const std::shared_ptr<FakeDevice> first = std::make_shared<FakeDevice>("fake:0"),
                                    second = std::make_shared<FakeDevice>("fake:1");
};

TEST_F(DeviceModel, IsLoadedForTheDeviceOfAName) {
  for (const char* name : {"fake:1", "auto"}) {
    const auto model = load(name);
    ASSERT_TRUE(model.is_ok()) << model.status().message();
    EXPECT_EQ((*model)->report(0).kernel, "linear/fake");
    const auto session = (*model)->make_session();
    const Tensor x = whole_numbers({3, 16}, 1);
    std::vector<TensorView> inputs{x.view()}, outputs(1);
    const Status status = session->run(inputs, outputs);
    EXPECT_TRUE(status.is_ok()) << status.message();
    FakeDevice& used = std::string(name) == "auto" ? *first : *second;
    EXPECT_GT(used.take_counts().kernels, 0) << name;
  }
}

TEST_F(DeviceModel, StaysOnTheHostUnlessAsked) {
  const auto model = load("cpu");
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  EXPECT_THAT((*model)->report(0).kernel,
              testing::AnyOf("linear/onednn", "linear/highway"));  // by the host's CPU
  EXPECT_EQ(first->take_counts().uploads, 0);
}

TEST_F(DeviceModel, AnUnknownDeviceIsRefusedWithThoseThereAre) {
  const Status status = load("cuda").status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("device \"cuda\": the engine has no such device"));
  EXPECT_THAT(status.message(), HasSubstr("fake:0, fake:1"));
}

}  // namespace
}  // namespace octet::test
