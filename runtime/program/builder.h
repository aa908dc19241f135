// ProgramBuilder: the tables of a Program while it is made: where values lie, and the steps so far.
#pragma once

#include <map>
#include <unordered_map>

#include "runtime/graph/graph.h"
#include "runtime/program/layout.h"
#include "runtime/program/program.h"

namespace octet {

class ProgramBuilder {
 public:
  // `copy`: a task kernel that copies a tensor of any strides to a contiguous one.
  ProgramBuilder(const Graph& graph, std::shared_ptr<const TaskKernel> copy);

  const Graph& graph() const { return graph_; }
  Program& program() { return program_; }

  // Whether the value's place is decided: it is an input or a constant, or define(), define_bound()
  // or set_view() was called.
  bool known(ValueId value) const { return layouts_[static_cast<size_t>(value)].has_value(); }
  const Layout& layout(ValueId value) const { return *layouts_[static_cast<size_t>(value)]; }
  const SymbolicShape& shape(ValueId value) const { return graph_.value(value).type.shape; }
  // Gives a computed value memory of its own, row-major.
  void define(ValueId value);
  // Gives a value whose elements depend on the input shapes alone memory of the binding.
  void define_bound(ValueId value, BoundValues values);
  void set_view(ValueId value, Layout layout) {
    layouts_[static_cast<size_t>(value)] = std::move(layout);
  }

  DimIndex dim(const Dim& dim);
  // The value as a tensor of the program; loads constants. Precondition: known(value).
  Result<TensorIndex> tensor(ValueId value);
  // The same, row-major: adds a copying step where the value lies otherwise, once per value.
  Result<TensorIndex> contiguous_tensor(ValueId value);
  // The layout that contiguous_tensor() gives.
  Layout contiguous_layout(ValueId value) const;
  // Adds a step that copies `value` to new memory of `kind` and gives its tensor.
  Result<TensorIndex> add_copy(ValueId value, Storage::Kind kind, int index);

  void add_step(Step step) { program_.steps.push_back(std::move(step)); }

 private:
  StorageIndex add_storage(Storage::Kind kind, int index, DType dtype, const Dim& elements);
  TensorIndex add_tensor(DType dtype, const SymbolicShape& shape, const Layout& layout);
  Status load_constant(StorageIndex index);

  const Graph& graph_;
  std::shared_ptr<const TaskKernel> copy_;
  Program program_;
  std::unordered_map<int64_t, DimIndex> numbers_;  // dims that are constant
  std::vector<std::optional<Layout>> layouts_;     // by ValueId, like the rest
  std::vector<TensorIndex> tensors_, copies_;
  std::unordered_map<StorageIndex, ValueId> constants_;
  std::map<SharedKey, int>
      loaded_;  // into Program::constants: what several values hold is there once
};

}  // namespace octet
