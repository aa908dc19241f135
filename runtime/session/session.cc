// Memory of a session and the order of a run.
#include "runtime/session/session.h"

#include <algorithm>
#include <unordered_map>

#include "runtime/program/steps.h"
#include "runtime/session/attempt.h"
#include "runtime/session/subprogram.h"

namespace octet {
Session::Session(std::shared_ptr<const Program> program, std::shared_ptr<BindingCache> cache,
                 std::shared_ptr<ThreadPool> pool, const SessionOptions& options)
    : program_(std::move(program)),
      cache_(std::move(cache)),
      pool_(std::move(pool)),
      options_(options),
      input_copies_(program_->inputs.size()),
      output_buffers_(program_->outputs.size()),
      packed_outputs_(program_->outputs.size()),
      input_data_(program_->inputs.size()),
      output_data_(program_->outputs.size()),
      devices_(program_->devices.size()),
      bases_(program_->storages.size()),
      states_(static_cast<size_t>(pool_->size())),
      late_(static_cast<size_t>(program_->late_values)),
      held_(program_->holds_values ? late_.size() : 0),
      subprograms_(program_->steps.size()) {
  make_states();
  for (size_t i = 0; i < program_->storages.size(); ++i) {
    const Storage& storage = program_->storages[i];
    if (storage.kind != Storage::Kind::kConstant || storage.index < 0) continue;
    const auto index = static_cast<size_t>(storage.index);
    bases_[i] = storage.place == kHost ? program_->constants[index].bytes()
                                       : program_->device_constants[index].get();
  }
}

Session::~Session() = default;

void Session::make_states() {
  const MemoryScope scope(options_.memory.get());
  std::unordered_map<const void*, int> indices;  // by state_key()
  const auto add_state = [&](const auto& kernel) {
    const void* key = kernel.state_key();
    int& index = state_indices_.emplace_back(-1);
    if (const auto found = indices.find(key); key != nullptr && found != indices.end()) {
      index = found->second;
      return;
    }
    for (auto& slot : states_) {
      auto state = kernel.make_state();
      if (state == nullptr) return;
      index = static_cast<int>(slot.size());
      slot.push_back(std::move(state));
    }
    if (key != nullptr) indices[key] = index;
  };
  for (const Step& step : program_->steps)
    for_each_kernel(step, [&](const auto& kernel) {
      if constexpr (!std::is_base_of_v<DeviceKernel, std::decay_t<decltype(kernel)>>)
        add_state(kernel);
    });
}

KernelState* Session::state(int slot, size_t kernel) const {
  const int index = state_indices_[kernel];
  return index < 0 ? nullptr : states_[static_cast<size_t>(slot)][static_cast<size_t>(index)].get();
}

Status Session::prepare(std::span<const TensorView> inputs) {
  OCTET_RETURN_IF_ERROR(resolve_symbols(*program_, inputs, symbols_));
  OCTET_RETURN_IF_ERROR(check_copies(inputs));
  if (binding_ && symbols_ == bound_symbols_) return check_inputs(inputs);
  const MemoryScope scope(options_.memory.get());
  OCTET_ASSIGN_OR_RETURN(auto binding,
                         cache_->get(*program_, symbols_, pool_->size(), options_.memory_limit));
  binding_.reset();  // laying out may throw
  OCTET_RETURN_IF_ERROR(lay_out(*binding));
  binding_ = std::move(binding);
  bound_symbols_ = symbols_;
  return check_inputs(inputs);
}

// Extents that are more than a symbol: those of values that another program has made.
Status Session::check_inputs(std::span<const TensorView> inputs) const {
  if (!program_->compares_inputs) return Status::ok();
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!(inputs[i].shape == binding_->input_shapes[i]))
      return internal_error("\"" + program_->inputs[i].name + "\" came as [" +
                            to_string(inputs[i].shape) + "], expected [" +
                            to_string(binding_->input_shapes[i]) + "]; this is a bug in Octet");
  return Status::ok();
}

Status Session::lay_out(const Binding& binding) {
  if (binding.arena_bytes > arena_capacity_) {
    arena_.reset();  // before the new one is there: the peak stays one arena
    arena_capacity_ = 0;
    arena_ = allocate_buffer(static_cast<size_t>(binding.arena_bytes));
    arena_capacity_ = binding.arena_bytes;
  }
  if (binding.scratch_bytes > scratch_capacity_) {
    scratch_.reset();
    scratch_capacity_ = 0;
    const int64_t capacity =
        (binding.scratch_bytes + 4095) / 4096 * 4096;  // no page of two threads
    scratch_ = allocate_buffer(static_cast<size_t>(capacity * pool_->size()));
    scratch_capacity_ = capacity;
  }
  for (Place place = 0; place < static_cast<Place>(devices_.size()); ++place)
    OCTET_RETURN_IF_ERROR(lay_out_device(place, binding.device_memory[static_cast<size_t>(place)]));
  for (size_t i = 0; i < program_->storages.size(); ++i) {
    const Storage& storage = program_->storages[i];
    const int64_t offset = binding.storage_offsets[i];
    if (storage.kind == Storage::Kind::kBound)
      bases_[i] = binding.bound_values.get() + offset;
    else if (storage.kind == Storage::Kind::kArena && storage.place == kHost)
      bases_[i] = arena_.get() + offset;
    else if (storage.kind == Storage::Kind::kArena)
      bases_[i] = devices_[static_cast<size_t>(storage.place)].arena.get() + offset;
  }
  views_ = binding.views;
  return Status::ok();
}

std::byte* Session::scratch(int slot) const { return scratch_.get() + scratch_capacity_ * slot; }

int64_t Session::memory_bytes() const {
  int64_t bytes = arena_capacity_ + scratch_capacity_ * pool_->size();
  for (const DeviceWork& device : devices_) bytes += device.capacity;
  for (const auto* buffers : {&input_copies_, &output_buffers_, &packed_outputs_})
    for (const KeptBuffer& buffer : *buffers) bytes += buffer.held();
  for (const auto& subprogram : subprograms_)
    if (subprogram != nullptr) bytes += subprogram->memory_bytes();
  for (const HeldValue& value : held_) bytes += tensor_bytes(value);
  return bytes;
}

void Session::place_views() {
  for (size_t i = 0; i < views_.size(); ++i) {
    const auto [storage, offset] = binding_->view_places[i];
    if (storage >= 0) views_[i].data = bases_[static_cast<size_t>(storage)] + offset;
  }
}

Status Session::run(std::span<const TensorView> inputs, std::span<TensorView> outputs,
                    const RunControl& control, const HeldValues& values) {
  const ControlScope scope(&control);
  OCTET_RETURN_IF_ERROR(prepare(inputs));
  OCTET_RETURN_IF_ERROR(place_outputs(outputs));
  failed_.store(false, std::memory_order_relaxed);
  control_ = control;
  step_ = 0;
  OCTET_RETURN_IF_ERROR(place_inputs(inputs));
  for (size_t i = 0; i < program_->storages.size(); ++i) {
    const Storage& storage = program_->storages[i];
    const auto index = static_cast<size_t>(storage.index);
    if (storage.kind == Storage::Kind::kInput) bases_[i] = input_data_[index];
    if (storage.kind == Storage::Kind::kOutput) bases_[i] = output_data_[index];
  }
  place_views();
  if (profile_ && !options_.inner) profile_->begin_run();
  if (profile_) profiled_as_ = profile_->number_of(program_);
  if (!program_->holds_values) return run_steps(outputs);
  OCTET_RETURN_IF_ERROR(take_values(inputs, values));
  const Status status = run_steps(outputs);
  give_values(values, status.is_ok());
  return status;
}

Status Session::run_steps(std::span<TensorView> outputs) {
  size_t kernel = 0;
  for (size_t i = 0; i < program_->steps.size(); ++i) {
    const BoundStep& bound = binding_->steps[i];
    step_ = i;
    if (stopped()) return failure_;
    if (const auto* region = std::get_if<RegionStep>(&program_->steps[i])) {
      if (bound.tasks > 0) run_region(*region, bound, kernel);
      kernel += region->nodes.size();
    } else if (const auto* task = std::get_if<TaskStep>(&program_->steps[i])) {
      if (bound.tasks > 0) run_task(*task, bound, kernel);
      ++kernel;
    } else if (const auto* call = std::get_if<SubprogramStep>(&program_->steps[i])) {
      attempt([&] { return run_subprogram(*call, bound); });
    } else if (const auto* sequence = std::get_if<SequenceStep>(&program_->steps[i])) {
      attempt([&] { return run_sequence(*sequence, bound); });
    } else {
      run_device(std::get<DeviceStep>(program_->steps[i]), bound);
    }
    if (failed_.load(std::memory_order_acquire)) return failure_;
  }
  OCTET_RETURN_IF_ERROR(fill_copied_outputs(outputs));
  OCTET_RETURN_IF_ERROR(fill_late_outputs(outputs));
  return stopped() ? failure_ : Status::ok();  // late is late, though the outputs are there
}

bool Session::stopped() {
  if (failed_.load(std::memory_order_relaxed)) return true;
  const StatusCode code = control_.check();
  if (code == StatusCode::kOk) return false;
  fail(stop_status(code));
  return true;
}

Status Session::stop_status(StatusCode code) const {
  const std::string place = copying_ != nullptr
                                ? std::string(" while ") + copying_ + " were copied"
                                : " in step " + std::to_string(step_ + 1) + " of " +
                                      std::to_string(program_->steps.size()) + " of the run";
  return {code, code == StatusCode::kCancelled
                    ? "cancelled" + place
                    : "the time that the run was given was over" + place + "; give it more"};
}

Status Session::kernel_status(Status status, int report) const {
  if (status.is_ok()) return status;
  if (is_stop(status)) return stop_status(status.code());
  const NodeReport& node = program_->reports[static_cast<size_t>(report)];
  return status.with_prefix("node \"" + node.name + "\" (" + node.op + ")");
}

void Session::fail(Status status) {
  const std::lock_guard lock(failure_mutex_);
  if (failed_.load(std::memory_order_relaxed)) return;
  failure_ = std::move(status);
  failed_.store(true, std::memory_order_release);
}

}  // namespace octet
