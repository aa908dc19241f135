// What an iteration of a Loop costs: a body of one small addition, a thousand times. The rate is
// that of iterations.
#include <benchmark/benchmark.h>

#include "runtime/api/model.h"

namespace octet {
namespace {

constexpr int64_t kIterations = 1000;

TypeInfo type(DType dtype, SymbolicShape shape) {
  TypeInfo info;
  info.dtype = dtype;
  info.shape = std::move(shape);
  return info;
}

Result<std::shared_ptr<const Model>> make_loop() {
  auto body = std::make_shared<Graph>();
  body->add_input("i", type(DType::kI64, {}));
  const ValueId going = body->add_input("going", type(DType::kBool, {}));
  const ValueId value = body->add_input("value", type(DType::kF32, {4}));
  OCTET_ASSIGN_OR_RETURN(const ValueId next,
                         body->add("next", BinaryAttrs{BinaryFunction::kAdd}, {value, value}));
  body->add_output(going, "going");
  body->add_output(next, "next");

  Graph graph;
  const ValueId x = graph.add_input("x", type(DType::kF32, {4}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId times,
      graph.add_constant("times", Constant(Tensor::from<int64_t>(std::span(&kIterations, 1), {}))));
  ControlAttrs loop{.kind = ControlKind::kLoop, .results = {{DType::kF32, {4}}}, .carried = 1};
  const auto outputs =
      graph.add_control("loop", std::move(loop), {times, kNoValue, x}, {std::move(body)}, {"y"});
  graph.add_output(outputs[0], "y");
  OCTET_ASSIGN_OR_RETURN(auto engine, Engine::create({.threads = 1}));
  return Model::from_graph(std::move(engine), std::move(graph), {});
}

void run_loop(benchmark::State& state) {
  const auto model = make_loop();
  if (!model.is_ok()) return state.SkipWithError(model.status().message().c_str());
  const auto session = (*model)->make_session();
  const Tensor x(DType::kF32, {4});
  const std::vector<TensorView> inputs = {x.view()};
  for (auto _ : state) {
    std::vector<TensorView> outputs(1);
    const Status status = session->run(inputs, outputs);
    if (!status.is_ok()) return state.SkipWithError(status.message().c_str());
  }
  state.SetItemsProcessed(state.iterations() * kIterations);
}
BENCHMARK(run_loop)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace octet
