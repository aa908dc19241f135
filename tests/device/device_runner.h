// Compiles a graph for a fake device and the host, and runs it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cpu/movement/copy.h"
#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "runtime/program/compile.h"
#include "runtime/session/session.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/fake_device.h"
#include "tests/support/tensors.h"

namespace octet::test {

inline std::shared_ptr<const Program> compile_for(const Graph& graph,
                                                  std::vector<Backend> backends) {
  auto program = compile(graph, {.backends = std::move(backends), .copy = make_copy_kernel()});
  EXPECT_TRUE(program.is_ok()) << program.status().message();
  return *program;
}

class DeviceRunner {
 public:
  explicit DeviceRunner(const Graph& graph)
      : program(compile_for(graph, {fake_backend(device), cpu_backend(), reference_backend()})),
        session(program, std::make_shared<BindingCache>(8), pool),
        host_session(compile_for(graph, {cpu_backend(), reference_backend()}),
                     std::make_shared<BindingCache>(8), pool) {}

  // Of all outputs one after another.
  std::vector<float> run(const std::vector<Tensor>& inputs) {
    const Status status = run_on(session, inputs);
    EXPECT_TRUE(status.is_ok()) << status.message();
    return gather();
  }
  std::vector<float> run_on_host(const std::vector<Tensor>& inputs) {
    const Status status = run_on(host_session, inputs);
    EXPECT_TRUE(status.is_ok()) << status.message();
    return gather();
  }
  Status try_run(const std::vector<Tensor>& inputs) { return run_on(session, inputs); }

  // "upload x", "linear/fake fc", "copy t", ..: what runs, step by step.
  std::vector<std::string> plan() const {
    std::vector<std::pair<int, std::string>> entries;
    for (const NodeReport& report : program->reports)
      if (report.step >= 0) entries.emplace_back(report.step, report.kernel + " " + report.name);
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> plan;
    for (auto& entry : entries) plan.push_back(std::move(entry.second));
    return plan;
  }
  int device_steps() const {
    return static_cast<int>(
        std::count_if(program->steps.begin(), program->steps.end(),
                      [](const Step& step) { return std::holds_alternative<DeviceStep>(step); }));
  }

  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>(ThreadPoolOptions{.threads = 2});
  std::shared_ptr<const Program> program;
  Session session, host_session;

 private:
  Status run_on(Session& chosen, const std::vector<Tensor>& inputs) {
    std::vector<TensorView> views;
    for (const Tensor& input : inputs) views.push_back(input.view());
    outputs_.assign(program->outputs.size(), TensorView{});
    return chosen.run(views, outputs_);
  }
  std::vector<float> gather() const {
    std::vector<float> all;
    for (const TensorView& output : outputs_)
      all.insert(all.end(), output.as<float>(), output.as<float>() + output.element_count());
    return all;
  }

  std::vector<TensorView> outputs_;
};

// Small whole numbers: their sums of products are exact, in any order.
inline Tensor whole_numbers(const Shape& shape, int64_t seed) {
  Tensor tensor(DType::kF32, shape);
  int64_t i = seed;
  for (float& value : tensor.elements<float>()) value = static_cast<float>(i++ * 37 % 13 - 6);
  return tensor;
}

inline ValueId add_layer(Graph& graph, const std::string& name, ValueId src, int64_t k, int64_t n,
                         bool transposed = true) {
  const ValueId weights = add_floats(graph, name + ".weight",
                                     whole_numbers(transposed ? Shape{n, k} : Shape{k, n}, n + k));
  return add_node(graph, name,
                  LinearAttrs{.weights_transposed = transposed,
                              .epilogue = {},
                              .layer = {name, {name + ".weight"}, 0, n}},
                  {src, weights});
}

}  // namespace octet::test
