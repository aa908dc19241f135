// Scheduler: puts the nodes of a graph in order as steps, and forms regions on the way.
#pragma once

#include <vector>

#include "runtime/program/builder.h"
#include "runtime/program/select_kernel.h"

namespace octet {

// A region is a maximal set of row-local nodes over the same rows that can run one after another
// without anything else in between. Task kernels run as early as they can, so that they don't cut
// regions.
class Scheduler {
 public:
  // `kernels` by node index; empty for movement ops.
  Scheduler(ProgramBuilder& builder, std::vector<ChosenKernel> kernels);
  Status run();

 private:
  // Settles what needs no kernel: integers that a binding computes, and movement ops that are
  // views.
  void define_shape_data();
  // For the readers of a value that has just got its place, and theirs in turn.
  void resolve_views(ValueId known);
  Result<bool> run_ready_tasks();
  Result<bool> run_region();

  bool is_ready(const Node& node) const;  // all inputs lie outside the open region
  bool is_available(ValueId value) const;
  bool is_open(ValueId value) const;  // made by the region being formed
  bool fits_region(size_t index, const Dim& rows) const;
  Dim rows_of(const Node& node) const;
  RowAccesses accesses_of(const Node& node) const;
  Status emit_task(size_t index);
  Status emit_region(const std::vector<size_t>& members, const Dim& rows);
  Result<RegionOperand> make_input(ValueId value, RowAccess access, const Dim& rows);
  Result<RegionOperand> make_output(ValueId value, const Dim& rows);
  int add_report(size_t index);
  void report_without_step(size_t index, const char* kernel);
  void record_layer(size_t index, int step, int node);

  const Node& node(size_t index) const { return builder_.graph().nodes()[index]; }

  ProgramBuilder& builder_;
  std::vector<ChosenKernel> kernels_;
  std::vector<std::vector<int>> users_;  // by ValueId
  std::vector<bool> done_;
  std::vector<bool> open_;  // by StorageIndex
};

}  // namespace octet
