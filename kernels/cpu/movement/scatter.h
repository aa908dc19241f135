// Rows of the kernel table for the scatters, and the runs that they are made of.
#pragma once

#include "kernels/api/kernel_table.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "runtime/core/heartbeat.h"
#include "runtime/ops/scatter.h"

namespace octet::cpu {

// All types; with a reduction f32, f64, i32 and i64.
Support accept_scatter_elements(const KernelRequest& request);
Result<Kernel> make_scatter_elements(const KernelRequest& request);
Support accept_scatter_nd(const KernelRequest& request);
Result<Kernel> make_scatter_nd(const KernelRequest& request);
Support accept_tensor_scatter(const KernelRequest& request);
Result<Kernel> make_tensor_scatter(const KernelRequest& request);

// `count` updates that follow each other in memory at some steps, in bytes. Each goes to `dst`,
// which moves by its own step, and from there to the index's place along the scatter's axis.
struct ScatterRun {
  std::byte* dst;
  const std::byte* updates;
  const std::byte* indices;
  int64_t dst_step, update_step, index_step;
  int64_t count;
  DType index_type;     // i32 or i64
  int64_t extent;       // of the axis
  int64_t extent_step;  // from one place along it to the next
};

struct ScatterLoops {
  // The index that points nowhere, where there is one: the run ends before it.
  std::optional<int64_t> (*run)(const ScatterRun& run);
  // dst[i] = reduction(dst[i], updates[i]), for `bytes` of neighbouring elements.
  void (*slice)(std::byte* dst, const std::byte* updates, int64_t bytes);
};
// Precondition: require_scatter_types() said yes.
ScatterLoops scatter_loops(ScatterReduction reduction, DType dtype);
Support require_scatter_types(ScatterReduction reduction, const KernelRequest& request);

// Copies what of bytes [begin, end) of dst is in `share`; src is what belongs to `begin`.
void copy_part(Heartbeat& beat, const TaskShare& share, int64_t begin, int64_t end,
               const std::byte* src, std::byte* dst);

}  // namespace octet::cpu
