// Runs a function for runs over broadcast, strided operands.
#include "kernels/cpu/elementwise/elementwise.h"

namespace octet::cpu {
namespace {

class Elementwise final : public TaskKernel {
 public:
  explicit Elementwise(RunFunction function) : function_(function) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const OperandShape& dst = shapes.outputs[0];
    return choose_task_count(dst.element_count() * static_cast<int64_t>(dtype_size(dst.dtype)),
                             threads);
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    std::array<TensorView, LoopNest::kMaxOperands - 1> inputs;
    size_t count = 0;
    for (size_t i = 0; i < args.inputs.size(); ++i)
      if (const TensorView* input = optional_input(args, i)) inputs[count++] = *input;
    const LoopNest nest = make_loop_nest(args.outputs[0], std::span(inputs).first(count));
    RunSteps steps{};
    for (size_t n = 0; n <= count; ++n) steps[n] = nest.step(n);
    const TaskShare share = share_of_task(nest.elements, task, tasks, kUnit);
    for_each_run(nest, share.first, share.last, [&](const RunPointers& pointers, int64_t length) {
      function_(pointers, steps, length);
    });
    return Status::ok();
  }

  bool accepts_strides(int) const override { return true; }

 private:
  static constexpr int64_t kUnit = 64;  // no two tasks write to one cache line
  RunFunction function_;
};

}  // namespace

Kernel make_elementwise(RunFunction function) { return std::make_unique<Elementwise>(function); }

}  // namespace octet::cpu
