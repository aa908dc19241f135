// Executes one step: a region tile by tile, or a task kernel task by task.
#include <algorithm>
#include <array>

#include "runtime/session/attempt.h"

namespace octet {
namespace {

// Rows from `row` on for which a periodic operand does not wrap.
int64_t rows_until_wrap(std::span<const BoundOperand> operands, int64_t row, int64_t rows) {
  for (const BoundOperand& operand : operands)
    if (operand.period > 0) rows = std::min(rows, operand.period - row % operand.period);
  return rows;
}

}  // namespace

void Session::run_region(const RegionStep& region, const BoundStep& bound, size_t first_kernel) {
  if (bound.by_columns) return run_columns(region, bound, first_kernel);
  pool_->run(bound.tasks, [&](int64_t tile, int slot) {
    attempt([&] {
      RegionPart part{.first_kernel = first_kernel, .slot = slot, .intermediates = scratch(slot)};
      part.first_row = tile * bound.tile_rows;
      part.rows = std::min(bound.tile_rows, bound.rows - part.first_row);
      size_t first_operand = bound.first_operand;
      for (size_t n = 0; n < region.nodes.size() && !stopped(); ++n) {
        OCTET_RETURN_IF_ERROR(run_node(region, bound, n, first_operand, part));
        first_operand += region.nodes[n].inputs.size() + region.nodes[n].outputs.size();
      }
      return Status::ok();
    });
  });
}

// All rows at once, node by node. The caller runs cheap nodes by itself, since nobody else would be
// done sooner; linear layers are shared by their columns. Intermediates lie in the caller's
// scratch.
void Session::run_columns(const RegionStep& region, const BoundStep& bound, size_t first_kernel) {
  size_t first_operand = bound.first_operand;
  for (size_t n = 0; n < region.nodes.size() && !failed_.load(std::memory_order_acquire); ++n) {
    const int64_t parts = std::max<int64_t>(1, region.nodes[n].kernel->column_parts());
    pool_->run(parts, [&](int64_t column_part, int slot) {
      const RegionPart part{.first_kernel = first_kernel,
                            .slot = slot,
                            .intermediates = scratch(0),
                            .first_row = 0,
                            .rows = bound.rows,
                            .column_part = parts > 1 ? column_part : -1};
      attempt([&] { return run_node(region, bound, n, first_operand, part); });
    });
    first_operand += region.nodes[n].inputs.size() + region.nodes[n].outputs.size();
  }
}

Status Session::run_node(const RegionStep& region, const BoundStep& bound, size_t n,
                         size_t first_operand, const RegionPart& part) {
  const RegionNode& node = region.nodes[n];
  const std::span<const BoundOperand> places(binding_->operands.data() + first_operand,
                                             node.inputs.size() + node.outputs.size());
  std::array<RowOperand, kMaxRowOperands> operands;
  KernelState* state = this->state(part.slot, part.first_kernel + n);
  const int64_t start = profile_ ? Profile::now() : 0;
  for (int64_t done = 0; done < part.rows;) {
    const int64_t row = part.first_row + done;
    const int64_t rows =
        bound.periodic ? rows_until_wrap(places, row, part.rows - done) : part.rows;
    for (size_t i = 0; i < places.size(); ++i) {
      const BoundOperand& place = places[i];
      if (place.storage < 0) {
        operands[i] = {};
        continue;
      }
      const auto storage = static_cast<size_t>(place.storage);
      std::byte* base = place.in_scratch ? part.intermediates + binding_->storage_offsets[storage]
                                         : bases_[storage];
      int64_t at = place.in_scratch ? done : row;
      if (place.period > 0) at = row % place.period;
      operands[i] = {base + place.byte_offset + at * place.row_bytes, place.row_bytes,
                     place.columns};
    }
    const std::span<const RowOperand> all(operands.data(), places.size());
    const RowArgs args{.rows = rows,
                       .inputs = all.first(node.inputs.size()),
                       .outputs = all.subspan(node.inputs.size()),
                       .scratch = scratch(part.slot) + bound.kernel_scratch,
                       .state = state,
                       .part = part.column_part,
                       .control = &control_};
    OCTET_RETURN_IF_ERROR(kernel_status(node.kernel->run(args), node.report));
    done += rows;
  }
  if (profile_)
    profile_->add({profiled_as_, node.report, part.slot, start, Profile::now(), part.rows});
  return Status::ok();
}

// `what` is copied, for the text of a run that is stopped by then.
Status Session::copy_elements(const TensorView& src, const TensorView& dst, const char* what) {
  const TaskArgs args{std::span(&src, 1), std::span(&dst, 1), &control_};
  const OperandShape from = shape_of(src), to = shape_of(dst);
  const int64_t tasks =
      program_->copy->task_count({std::span(&from, 1), std::span(&to, 1)}, pool_->size());
  copying_ = what;
  pool_->run(tasks, [&](int64_t task, int slot) {
    attempt([&] {
      Status status = program_->copy->run(args, task, tasks, scratch(slot), nullptr);
      return is_stop(status) ? stop_status(status.code()) : status;
    });
  });
  copying_ = nullptr;
  return failed_.load(std::memory_order_acquire) ? failure_ : Status::ok();
}

void Session::run_task(const TaskStep& task, const BoundStep& bound, size_t kernel) {
  const std::span<const TensorView> views(views_);
  TaskArgs args{views.subspan(bound.first_view, task.inputs.size()),
                views.subspan(bound.first_view + task.inputs.size(), task.outputs.size()),
                &control_, 0, arena_.get() + bound.shared};
  for (size_t phase = 0; phase < bound.phases && !failed_.load(std::memory_order_acquire);
       ++phase, ++args.phase) {
    const int64_t tasks = binding_->phase_tasks[bound.first_phase + phase];
    pool_->run(tasks, [&](int64_t index, int slot) {
      attempt([&]() -> Status {
        const int64_t start = profile_ ? Profile::now() : 0;
        Status status = task.kernel->run(args, index, tasks, scratch(slot), state(slot, kernel));
        if (profile_) profile_->add({profiled_as_, task.report, slot, start, Profile::now(), 0});
        return kernel_status(std::move(status), task.report);
      });
    });
  }
}

void Session::run_device(const DeviceStep& device, const BoundStep& bound) {
  attempt([&] { return drive_device(device, bound); });
}

}  // namespace octet
