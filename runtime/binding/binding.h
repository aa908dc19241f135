// Binding: a Program for one set of input shapes. Making one is arithmetic only; no kernel is
// created.
#pragma once

#include <memory>
#include <vector>

#include "runtime/program/program.h"

namespace octet {

// One operand of a region's kernel with its numbers filled in.
struct BoundOperand {
  StorageIndex storage = -1;  // -1: absent
  int64_t byte_offset = 0;
  RowAccess access = RowAccess::kRows;
  bool in_scratch = false;
  int64_t columns = 0;
  int64_t row_bytes = 0;
  int64_t period = 0;
};

struct BoundStep {
  // Regions.
  int64_t rows = 0;
  int64_t tile_rows = 0;
  bool periodic = false;       // some operand is
  bool by_columns = false;     // one tile; threads share the columns of its linear layers
  size_t first_operand = 0;    // into Binding::operands: per node its inputs, then its outputs
  int64_t kernel_scratch = 0;  // offset of the kernels' own scratch behind the intermediates
  // Tasks.
  size_t first_view = 0;   // into Binding::views: inputs, then outputs; of devices node by node;
                           // of steps of the session, too
  size_t first_phase = 0;  // into Binding::phase_tasks
  size_t phases = 0;
  int64_t shared = 0;  // offset in the arena of what the tasks share
  // Steps of the session.
  size_t first_extent = 0;  // into Binding::late_extents
  // Devices.
  size_t first_copy = 0;  // into Binding::copy_bytes
  // All; of phases the sum.
  int64_t tasks = 0;
};

// Of a session on one device.
struct DeviceMemory {
  int64_t bytes = 0;
  int64_t workspace = 0;  // where the kernels' own begins
  size_t workspace_bytes = 0;
};

// Immutable. Threading: any thread.
struct Binding {
  // Of what is no tensor without meaning.
  std::vector<Shape> input_shapes;
  std::vector<Shape> output_shapes;      // -1: the run alone shows the extent
  std::vector<int64_t> storage_offsets;  // bytes into the arena of its place, a thread's scratch or
                                         // bound_values; by StorageIndex
  std::vector<BoundStep> steps;
  std::vector<BoundOperand> operands;
  std::vector<TensorView> views;  // without data
  std::vector<std::pair<StorageIndex, int64_t>>
      view_places;                          // storage (-1: absent) and byte offset of each view
  std::shared_ptr<std::byte> bound_values;  // Program::bound_values, at storage_offsets
  std::vector<int64_t> phase_tasks;         // of task steps, phase by phase
  std::vector<int64_t> copy_bytes;          // of each DeviceCopy
  std::vector<int64_t> late_extents;        // SessionOperands::late_extents; -1: not known
  std::vector<DeviceMemory> device_memory;  // by Place
  int64_t arena_bytes = 0;
  int64_t scratch_bytes = 0;  // per thread
};

// The values of Program::symbols for these inputs. Errors (kInvalidArgument) name the input:
// another dtype or rank, an extent that contradicts the model or another input. Inputs may have any
// strides; those that are no tensors are not looked at.
Status resolve_symbols(const Program& program, std::span<const TensorView> inputs,
                       std::vector<int64_t>& symbols);

// The bytes that a run may take where nobody set a limit: 1.5 GiB and 4096 per byte of its inputs,
// so that what a model makes from nothing stays bounded.
int64_t default_memory_limit(int64_t input_bytes);

// Errors: kInvalidArgument for shapes the model cannot take, kResourceExhausted beyond
// `memory_limit` bytes; 0: default_memory_limit().
Result<std::shared_ptr<const Binding>> bind_shapes(const Program& program,
                                                   std::span<const int64_t> symbols, int threads,
                                                   int64_t memory_limit);

}  // namespace octet
