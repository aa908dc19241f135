// Session: runs a Program. Owns the memory of a run: arena, scratch of each thread, kernels' state,
// outputs.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/binding/binding_cache.h"
#include "runtime/core/held_value.h"
#include "runtime/core/memory.h"
#include "runtime/core/run_control.h"
#include "runtime/core/thread_pool.h"
#include "runtime/session/kept_buffer.h"
#include "runtime/session/profile.h"

namespace octet {

struct SessionOptions {
  int64_t memory_limit = 0;             // bytes of arena, scratch, outputs; 0: as bind_shapes()
  std::shared_ptr<Memory> memory = {};  // they come from; nullptr: the system
  bool inner = false;                   // it runs within the run of another session
  // Elements of types that are is_packed() lie packed in inputs and outputs, which are row-major;
  // false: one to a byte, as everywhere in a program.
  bool packed = false;
};

// The sequences and optionals of a run, beside its tensors. An optional stands as what is in it, or
// as nothing.
struct HeldValues {
  std::span<HeldValue> inputs = {};  // by input, and taken from there; of tensors nothing
  // By output; of a tensor what keeps its memory, where that is a value. Empty: nobody asks.
  std::span<HeldValue> outputs = {};
  std::shared_ptr<HeldBudget> budget =
      {};  // of the run that this one is in; nullptr: one of its own
};

// Threading: one run at a time; several sessions may share a program, a cache and a pool. What
// needs memory throws std::bad_alloc when there is none (a kernel in the middle of a run: an error
// of the run); the session is then as good as before.
class Session {
 public:
  // `pool` and the rest must outlive the session; `cache` holds bindings of `program` and of what
  // that runs.
  Session(std::shared_ptr<const Program> program, std::shared_ptr<BindingCache> cache,
          std::shared_ptr<ThreadPool> pool, const SessionOptions& options = {});
  ~Session();

  const Program& program() const { return *program_; }

  // Prepares for the shapes of `inputs` (any strides; in the model's order). After it
  // output_shapes() are known. Errors as resolve_symbols() and bind_shapes(). Values of integer
  // inputs that shapes depend on are read here.
  Status prepare(std::span<const TensorView> inputs);
  // An extent that only the run shows is -1.
  std::span<const Shape> output_shapes() const { return binding_->output_shapes; }

  // prepare() and run. outputs[i].data may be nullptr: then the session's own memory is used, good
  // until the next run, and outputs[i] is filled in. Given memory must have the output's dtype and
  // shape, any strides that keep its elements apart, and not overlap an input. Where an extent is
  // -1 the given one is room: the elements lie row by row without gaps, or by the strides, and
  // outputs[i].shape says how many there are; kInvalidArgument where there is not enough. Inputs
  // and outputs that are not row-major or packed are copied, inputs before the first step and
  // outputs after the last. Errors: also what a kernel finds in the data (an index out of range), and kCancelled
  // or kDeadlineExceeded as `control` says, which is looked at every few milliseconds and once at
  // the end; the memory of outputs is then undefined.
  // Inputs and outputs that are no tensors are in `values`, and no data beside them; a value that
  // is not what the program takes is kInvalidArgument. Sequences hold tensors of any strides, and
  // may hold the caller's memory, which an output then may too.
  Status run(std::span<const TensorView> inputs, std::span<TensorView> outputs,
             const RunControl& control = {}, const HeldValues& values = {});

  // Every kernel call of the runs to come is added to `profile`; nullptr ends it. Costs some time
  // per call.
  void set_profile(Profile* profile) { profile_ = profile; }

  // Bytes of arenas, those of devices included, scratch, outputs and row-major copies held.
  int64_t memory_bytes() const;

 private:
  Status lay_out(const Binding& binding);
  Status lay_out_device(Place place, const DeviceMemory& memory);
  Status check_copies(std::span<const TensorView> inputs) const;
  Status check_inputs(std::span<const TensorView> inputs) const;
  Status place_inputs(std::span<const TensorView> inputs);
  Status place_outputs(std::span<TensorView> outputs);
  Status fill_copied_outputs(std::span<const TensorView> outputs);
  // Memory for the packed elements of an output that has none.
  std::byte* packed_output(size_t index, const TensorView& elements);
  Status copy_elements(const TensorView& src, const TensorView& dst, const char* what);
  bool is_packed_outside(DType dtype) const { return options_.packed && is_packed(dtype); }
  // Between `elements` of the type, one to a byte, and the same packed.
  Status unpack_elements(const std::byte* packed, const TensorView& elements);
  Status pack_elements(const TensorView& elements, std::byte* packed);
  template <class Convert>
  Status convert_pieces(int64_t elements, const char* what, const Convert& convert);
  void place_views();
  void run_region(const RegionStep& region, const BoundStep& bound, size_t first_kernel);
  void run_columns(const RegionStep& region, const BoundStep& bound, size_t first_kernel);
  // What one thread does of a region's node: some rows, or some of the columns of all rows.
  struct RegionPart {
    size_t first_kernel = 0;
    int slot = 0;
    std::byte* intermediates = nullptr;
    int64_t first_row = 0;
    int64_t rows = 0;
    int64_t column_part = -1;
  };
  Status run_node(const RegionStep& region, const BoundStep& bound, size_t n, size_t first_operand,
                  const RegionPart& part);
  void run_task(const TaskStep& task, const BoundStep& bound, size_t kernel);
  void run_device(const DeviceStep& device, const BoundStep& bound);
  Status run_steps(std::span<TensorView> outputs);
  // What a step of the session itself reads and gives, in its order.
  struct StepOperands {
    std::vector<TensorView> inputs, outputs;
    // Beside them what is no tensor, or keeps a tensor's memory; empty where the program has none.
    std::vector<HeldValue> values, results;
  };
  void read_operands(const SessionOperands& operands, const BoundStep& bound, StepOperands& read);
  void keep_results(const SessionOperands& operands, StepOperands& made);
  // What a step of other programs keeps from run to run.
  struct Subprogram;
  class LoopRun;
  class SequenceRun;
  Status run_sequence(const SequenceStep& step, const BoundStep& bound);
  // A copy of the tensor that a value keeps.
  Result<HeldValue> hold(const TensorView& view);
  // The values of a run's inputs, as they are from here on: checked, and row-major.
  Status take_values(std::span<const TensorView> inputs, const HeldValues& values);
  Result<HeldValue> row_major(HeldValue value);
  void give_values(const HeldValues& values, bool done);
  Status run_subprogram(const SubprogramStep& call, const BoundStep& bound);
  Session& inner_session(Subprogram& work, const std::shared_ptr<const Program>& program);
  Status fill_late_outputs(std::span<TensorView> outputs);
  // Puts the commands on the device's queue and waits for them.
  Status drive_device(const DeviceStep& device, const BoundStep& bound);
  Status enqueue_commands(const DeviceStep& device, const BoundStep& bound, DeviceQueue& queue);
  std::byte* scratch(int slot) const;
  void make_states();
  KernelState* state(int slot, size_t kernel) const;
  // Runs a part of a step, unless the run is stopped; its error or lack of memory fails the run.
  template <class Call>
  void attempt(Call&& call);
  bool stopped();  // something failed, or control_ ends the run
  Status stop_status(StatusCode code) const;
  // What a kernel returned, told with its node; where it was stopped, with the step.
  Status kernel_status(Status status, int report) const;
  void fail(Status status);

  std::shared_ptr<const Program> program_;
  std::shared_ptr<BindingCache> cache_;
  std::shared_ptr<ThreadPool> pool_;
  SessionOptions options_;

  std::shared_ptr<const Binding> binding_;
  std::vector<int64_t> symbols_, bound_symbols_;
  std::shared_ptr<std::byte> arena_, scratch_;
  int64_t arena_capacity_ = 0, scratch_capacity_ = 0;  // scratch: per thread
  std::vector<KeptBuffer> input_copies_;    // of inputs that are not row-major, or packed
  std::vector<KeptBuffer> output_buffers_;  // of outputs without memory, not row-major or packed
  std::vector<KeptBuffer> packed_outputs_;  // the packed elements of outputs without memory
  // Where the program reads inputs and writes outputs, row-major: the caller's memory or that
  // above.
  std::vector<std::byte*> input_data_, output_data_;
  // What a session has on a device; made when a binding first needs it.
  struct DeviceWork {
    std::unique_ptr<DeviceQueue> queue;
    std::shared_ptr<std::byte> arena;
    int64_t capacity = 0;
    std::byte* workspace = nullptr;
  };
  std::vector<DeviceWork> devices_;  // by Place
  std::vector<std::byte*> bases_;    // by StorageIndex; scratch: offset from the slot's scratch
  std::vector<TensorView> views_;    // Binding::views with data
  // Kernels of one state_key() have one state in a slot.
  std::vector<int> state_indices_;  // by kernel in step order; -1: it has none
  std::vector<std::vector<std::unique_ptr<KernelState>>> states_;  // by slot, by state index

  std::vector<TensorView> late_;  // Program::late_values
  // Beside them: what is no tensor, or keeps a tensor's memory. Empty where the program has none.
  std::vector<HeldValue> held_;
  std::shared_ptr<HeldBudget> budget_;  // of the run in progress
  StepOperands sequence_operands_;      // of the step at hand
  std::vector<std::unique_ptr<Subprogram>>
      subprograms_;  // by step; nullptr: it has none, or not yet

  Profile* profile_ = nullptr;
  int profiled_as_ = 0;  // the number of program_ there
  RunControl control_;   // of the run in progress, like the rest
  size_t step_ = 0;
  const char* copying_ = nullptr;  // what is copied before or after the steps
  std::atomic<bool> failed_{false};
  std::mutex failure_mutex_;
  Status failure_;
};

}  // namespace octet
