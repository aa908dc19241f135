// The two forms of a host's kernel (a device's: device.h). Kernels are immutable, single-threaded,
// allocate nothing while they run, and get checked arguments: what a user can do wrong has been
// refused before. The executor alone owns parallelism.
//
// A call looks at its control at least every few milliseconds, however large the operands: by a
// Heartbeat in its loops, or because its tasks are small. Once stopped it returns
// Heartbeat::status(); what it has written is then undefined. tests/cpu/stop_kernel_test.cc runs
// every row of the tables.
#pragma once

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "kernels/api/device.h"
#include "kernels/api/operand_shape.h"
#include "kernels/api/packed_weights.h"
#include "runtime/core/heartbeat.h"
#include "runtime/core/status.h"
#include "runtime/core/tensor.h"

namespace octet {

// What a kernel wants to keep per thread between runs (argument objects of a library). Made before
// the first run.
class KernelState {
 public:
  virtual ~KernelState() = default;
};

// One input or output of a row kernel, seen from the first row of the tile.
struct RowOperand {
  std::byte* data = nullptr;  // nullptr: an absent optional input
  int64_t row_bytes = 0;      // from one row to the next; 0 for a whole operand
  int64_t columns = 0;        // elements in a row; for a whole operand all its elements

  template <class T>
  T* row(int64_t index) const {
    return reinterpret_cast<T*>(data + index * row_bytes);
  }
};

// Inputs and outputs that a row kernel may have together.
inline constexpr size_t kMaxRowOperands = 8;

struct RowArgs {
  int64_t rows = 0;
  std::span<const RowOperand> inputs;
  std::span<const RowOperand> outputs;
  std::byte* scratch = nullptr;  // scratch_bytes(), aligned to 64
  KernelState* state = nullptr;
  // The part of the output's columns to compute, of RowKernel::column_parts(); -1: all of them.
  int64_t part = -1;
  const RunControl* control = nullptr;  // may end the call; nullptr: nothing does
};

// Computes rows [r, r + count) of its outputs from the same rows of its inputs.
class RowKernel {
 public:
  virtual ~RowKernel() = default;
  virtual Status run(const RowArgs& args) const = 0;
  // For at most `rows` rows; `columns` of the first input.
  virtual size_t scratch_bytes([[maybe_unused]] int64_t rows,
                               [[maybe_unused]] int64_t columns) const {
    return 0;
  }
  // Whether a run needs input `index`; false for weights that the kernel has packed.
  virtual bool reads_input([[maybe_unused]] int index) const { return true; }
  virtual std::unique_ptr<KernelState> make_state() const { return nullptr; }
  // Kernels of one key, unless it is nullptr, take turns with one state in a thread.
  virtual const void* state_key() const { return nullptr; }
  // How many parts the columns of the output can be computed in, by different threads at once,
  // with the same bits as all at once. 0: the kernel is cheap beside a linear layer and has none.
  virtual int64_t column_parts() const { return 0; }
  virtual const PackedWeights* packed_weights() const { return nullptr; }
};

// What a task kernel is asked about: shapes alone.
struct TaskShapes {
  std::span<const OperandShape> inputs;
  std::span<const OperandShape> outputs;
};

struct TaskArgs {
  std::span<const TensorView> inputs;  // data == nullptr: absent
  std::span<const TensorView> outputs;
  const RunControl* control = nullptr;  // may end the call; nullptr: nothing does
  int phase = 0;
  std::byte* shared = nullptr;  // shared_bytes() for all tasks of all phases, aligned to 64
};

// Computes its outputs in tasks, which any threads may do in any order. What cannot be done so at
// once goes in phases: every task of one is done before the next begins (a reduction in two steps,
// a recurrence step by step).
class TaskKernel {
 public:
  virtual ~TaskKernel() = default;
  // The tasks of each phase, at least one phase; appended. `threads`: how many may work on it; the
  // results must not depend on it.
  virtual void plan_phases(const TaskShapes& shapes, int threads,
                           std::vector<int64_t>& tasks) const {
    tasks.push_back(task_count(shapes, threads));
  }
  // Of a kernel of one phase.
  virtual int64_t task_count(const TaskShapes& shapes, int threads) const = 0;
  // `task` < `tasks`, those of args.phase. Error: an index out of range and the like, found in the
  // data.
  virtual Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
                     KernelState* state) const = 0;
  // Of a task, aligned to 64; undefined at its begin.
  virtual size_t scratch_bytes([[maybe_unused]] const TaskShapes& shapes) const { return 0; }
  // Undefined at the begin of the first phase, kept until the end of the last.
  virtual size_t shared_bytes([[maybe_unused]] const TaskShapes& shapes) const { return 0; }
  // Whether input `index` may have any strides; otherwise it comes contiguous.
  virtual bool accepts_strides([[maybe_unused]] int index) const { return false; }
  virtual bool reads_input([[maybe_unused]] int index) const { return true; }
  virtual std::unique_ptr<KernelState> make_state() const { return nullptr; }
  virtual const void* state_key() const { return nullptr; }  // as RowKernel's
};

using Kernel = std::variant<std::unique_ptr<RowKernel>, std::unique_ptr<TaskKernel>,
                            std::unique_ptr<DeviceKernel>>;

}  // namespace octet
