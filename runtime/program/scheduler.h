// Scheduler: puts the nodes of a graph in order as steps, and forms regions on the way.
#pragma once

#include <map>
#include <vector>

#include "runtime/program/builder.h"
#include "runtime/program/ready_nodes.h"
#include "runtime/program/select_kernel.h"

namespace octet {

// What the graphs of a control node became.
struct InnerProgram {
  std::vector<std::shared_ptr<const Program>> programs;
  std::shared_ptr<const ProgramSource> source;
};
using InnerPrograms = std::map<size_t, InnerProgram>;  // by node

// A region is a maximal set of row-local nodes over the same rows that can run one after another
// without anything else in between. Task kernels run as early as they can, so that they don't cut
// regions.
class Scheduler {
 public:
  // `kernels` by node index; empty for movement ops and control nodes.
  Scheduler(ProgramBuilder& builder, std::vector<ChosenKernel> kernels, InnerPrograms inner);
  Status run();

 private:
  // Settles what needs no kernel: integers that a binding computes, and movement ops that are
  // views.
  void define_shape_data();
  // Tells the readers of a value that has just got its place; those that are views of it have
  // theirs then, too.
  void settle(ValueId known);
  Status run_ready_tasks();
  // The region of the first node that is ready; false when there is none.
  Result<bool> run_region();
  // A segment of all nodes of one device that can run now, and of those that can then; false when
  // there is none.
  Result<bool> run_segment();
  std::vector<size_t> grow_region(size_t first);

  bool is_open(ValueId value) const;  // made by the region being formed
  bool fits_region(size_t index, const Dim& rows) const;
  bool reads_own_rows(ValueId value, const Dim& rows) const;
  RowAccesses accesses_of(const Node& node) const;
  Status emit_task(size_t index);
  // The operands of a node that the session runs itself.
  Result<SessionOperands> session_operands(const Node& node);
  Status emit_subprogram(size_t index);
  Status emit_sequence(size_t index);
  Status emit_device_node(size_t index);
  Status emit_region(const std::vector<size_t>& members, const Dim& rows);
  Result<RegionOperand> make_input(ValueId value, RowAccess access, const Dim& rows);
  Result<RegionOperand> make_output(ValueId value, const Dim& rows);
  int add_report(size_t index);
  const Refusals& shared_refusals(const std::vector<std::string>& declined);
  void report_without_step(size_t index, const char* kernel);
  void record_layer(size_t index, int step, int node);

  const Node& node(size_t index) const { return builder_.graph().nodes()[index]; }

  ProgramBuilder& builder_;
  std::vector<ChosenKernel> kernels_;
  InnerPrograms inner_;
  ReadyNodes ready_;
  std::vector<bool> done_;
  int region_ = 0;            // the number of the region being formed; 0: none
  int regions_ = 0;           // formed so far
  std::vector<int> made_in_;  // by StorageIndex: the region that makes it, 0: none
  std::map<std::vector<std::string>, Refusals> refusals_;
  std::vector<Dim> made_elements_;  // by StorageIndex: of those that a region makes
};

}  // namespace octet
