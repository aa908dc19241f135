// Recurrences of f32 as a task kernel over packed weights.
#include "kernels/cpu/recurrent/recurrence.h"

#include <algorithm>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/recurrent/recurrent_steps.h"
#include "runtime/core/memory.h"

namespace octet::cpu {
namespace {

using namespace recurrence;

// R as recurrent_layout.h says.
struct PackedRecurrence {
  std::shared_ptr<std::byte> data;
  const float* weights() const { return reinterpret_cast<const float*>(data.get()); }
};

Result<std::shared_ptr<const PackedRecurrence>> pack(const RecurrenceAttrs& attrs,
                                                     const Constant& constant) {
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, constant.load());
  const int64_t hidden = attrs.hidden;
  const int64_t floats = gate_count(attrs.cell) * padded_units(hidden) * hidden;
  auto packed = std::make_shared<PackedRecurrence>();
  packed->data = allocate_weights(static_cast<size_t>(floats) * sizeof(float));
  const float* from = weights.elements<const float>().data();
  auto* to = reinterpret_cast<float*>(packed->data.get());
  for (const GateGroup& group : gate_groups(attrs)) {
    for (int64_t gate = 0; gate < group.count; ++gate) {
      for (int64_t unit = 0; unit < hidden; ++unit) {
        const float* row = from + ((group.first + gate) * hidden + unit) * hidden;
        float* block =
            to + (packed_block(group, hidden, unit / kUnitBlock) + gate) * hidden * kUnitBlock +
            unit % kUnitBlock;
        for (int64_t k = 0; k < hidden; ++k) block[k * kUnitBlock] = row[k];
      }
    }
  }
  return std::shared_ptr<const PackedRecurrence>(std::move(packed));
}

// Large steps are phases, in which threads share the units: each thread's weights stay in its
// cache. Where a step is small beside a join, or a thread's cache holds all weights and there are
// rows for every thread, each thread takes rows through all steps. The choice follows from the
// shapes alone, and no sum depends on it.
class Recurrence final : public TaskKernel {
 public:
  Recurrence(const RecurrenceAttrs& attrs, std::shared_ptr<const PackedRecurrence> packed)
      : attrs_(attrs), packed_(std::move(packed)) {}

  void plan_phases(const TaskShapes& shapes, int threads,
                   std::vector<int64_t>& tasks) const override {
    const Extents extents = extents_of(shapes.outputs[kStates].shape);
    if (!has_phases(extents)) return TaskKernel::plan_phases(shapes, threads, tasks);
    const int64_t most = std::max(unit_blocks(attrs_.hidden), extents.batch);
    const int64_t count =
        std::clamp<int64_t>(step_work(extents) / kTaskWork, 1, std::min<int64_t>(threads, most));
    tasks.push_back(std::min(count, extents.batch));
    tasks.insert(tasks.end(), static_cast<size_t>(extents.steps) * gate_groups(attrs_).size(),
                 count);
  }
  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Extents extents = extents_of(shapes.outputs[kStates].shape);
    const int64_t work = extents.steps * step_work(extents);
    return std::clamp<int64_t>(work / kTaskWork, 1, std::clamp<int64_t>(extents.batch, 1, threads));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    Heartbeat beat(args.control);
    RecurrentSteps steps(attrs_, packed_->weights(), args, reinterpret_cast<float*>(scratch), beat);
    const Extents extents{steps.steps(), steps.batch()};
    const TaskShare share = share_of_task(extents.batch, task, tasks);
    const Range rows{share.first, share.last}, all{0, attrs_.hidden};
    const size_t groups = gate_groups(attrs_).size();
    if (args.phase == 0) OCTET_RETURN_IF_ERROR(steps.begin(rows));
    if (!has_phases(extents)) {
      for (int64_t step = 0; step < extents.steps && !beat.stop(); ++step)
        for (size_t group = 0; group < groups; ++group) steps.step(step, group, rows, all);
    } else if (args.phase > 0) {
      const auto done = static_cast<size_t>(args.phase) - 1;
      const auto step = static_cast<int64_t>(done / groups);
      if (unit_blocks(attrs_.hidden) >= tasks)
        steps.step(step, done % groups, {0, extents.batch}, units_of(task, tasks));
      else
        steps.step(step, done % groups, rows, all);
    }
    return beat.status();
  }

  size_t shared_bytes(const TaskShapes& shapes) const override {
    const int64_t batch = shapes.outputs[kStates].shape[1];
    return static_cast<size_t>(RecurrentSteps::shared_floats(attrs_, batch)) * sizeof(float);
  }
  size_t scratch_bytes(const TaskShapes&) const override {
    return static_cast<size_t>(RecurrentSteps::scratch_floats()) * sizeof(float);
  }
  bool reads_input(int index) const override { return index != kWeights; }

 private:
  struct Extents {
    int64_t steps, batch;
  };
  static Extents extents_of(const Shape& states) { return {states[0], states[1]}; }

  // Multiply-adds that are worth a task, and a join.
  static constexpr int64_t kTaskWork = int64_t{1} << 16;
  static constexpr int64_t kPhaseWork = 2 * kTaskWork;
  // What a thread's cache is trusted to hold, and rows that are enough for many threads.
  static constexpr int64_t kCachedWeights = int64_t{1} << 16;
  static constexpr int64_t kManyRows = 64;

  int64_t weight_count() const { return gate_count(attrs_.cell) * attrs_.hidden * attrs_.hidden; }
  int64_t step_work(const Extents& extents) const { return extents.batch * weight_count(); }
  bool has_phases(const Extents& extents) const {
    const bool by_rows = weight_count() <= kCachedWeights && extents.batch >= kManyRows;
    return extents.steps > 0 && step_work(extents) >= kPhaseWork && !by_rows;
  }
  Range units_of(int64_t task, int64_t tasks) const {
    const TaskShare blocks = share_of_task(unit_blocks(attrs_.hidden), task, tasks);
    return {blocks.first * kUnitBlock, std::min(blocks.last * kUnitBlock, attrs_.hidden)};
  }

  RecurrenceAttrs attrs_;
  std::shared_ptr<const PackedRecurrence> packed_;
};

}  // namespace

Support accept_recurrence(const KernelRequest& request) {
  if (as_recurrence(request.attributes) == nullptr) return Support::no("it is no recurrence");
  if (request.inputs[kGates]->dtype != DType::kF32) return Support::no("it is not f32");
  if (request.constants[kWeights] == nullptr)
    return Support::no("the weights of the state are computed, and cannot be packed");
  return Support::yes();
}

Result<Kernel> make_recurrence(const KernelRequest& request) {
  const RecurrenceAttrs& attrs = *as_recurrence(request.attributes);
  const Constant& weights = *request.constants[kWeights];
  const SharedKey key = weights.key()
                            .with("packed for a recurrence")
                            .with(recurrent_cell_name(attrs.cell))
                            .with(attrs.linear_before_reset ? "one group" : "groups");
  OCTET_ASSIGN_OR_RETURN(auto packed, get_shared<PackedRecurrence>(request.store, key, [&] {
                           return pack(attrs, weights);
                         }));
  return Kernel(std::make_unique<Recurrence>(attrs, std::move(packed)));
}

}  // namespace octet::cpu
