// ProgramBuilder: the tables of a Program while it is made: where values lie, and the steps so far.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "runtime/graph/graph.h"
#include "runtime/program/layout.h"
#include "runtime/program/program.h"

namespace octet {

class ProgramBuilder {
 public:
  // `copy`: a task kernel that copies a tensor of any strides to a contiguous one. `devices`: by
  // Place.
  ProgramBuilder(const Graph& graph, std::shared_ptr<const TaskKernel> copy,
                 std::vector<std::shared_ptr<Device>> devices = {});

  const Graph& graph() const { return graph_; }
  Program& program() { return program_; }

  // Whether the value's place is decided: it is an input or a constant, or define(), define_bound()
  // or set_view() was called.
  bool known(ValueId value) const { return layouts_[static_cast<size_t>(value)].has_value(); }
  const Layout& layout(ValueId value) const { return *layouts_[static_cast<size_t>(value)]; }
  const SymbolicShape& shape(ValueId value) const { return graph_.value(value).type.shape; }
  // Gives a computed value memory of its own, row-major; rows of the last axis, where its extent is
  // constant, start at multiples of `row_alignment` elements.
  void define(ValueId value, Place place = kHost, int64_t row_alignment = 1);
  // Gives a value whose elements depend on the input shapes alone memory of the binding.
  void define_bound(ValueId value, BoundValues values);
  void set_view(ValueId value, Layout layout) {
    layouts_[static_cast<size_t>(value)] = std::move(layout);
  }

  // Whether it is no tensor, or the run alone shows its extents: a node of the session makes it,
  // and they depend on symbols that no input has. It has no place in the program then, but a
  // number.
  bool is_late(ValueId value) const;
  bool knows(const Dim& dim) const;  // its symbols are the inputs'
  int late_value(ValueId value);

  DimIndex dim(const Dim& dim);
  // The value as a tensor of the program, at `place`: where it lies elsewhere a command copies its
  // storage, once. Loads constants. Preconditions: known(value); for a device a segment is open on
  // it; for a value of a device none is.
  Result<TensorIndex> tensor(ValueId value, Place place = kHost);
  // The same, row-major: adds a copying step where the value lies otherwise, once per value.
  Result<TensorIndex> contiguous_tensor(ValueId value, Place place = kHost);
  bool is_contiguous(ValueId value) const {
    return octet::is_contiguous(shape(value), layout(value).strides);
  }
  bool has_contiguous_copy(ValueId value) const {
    return copies_[static_cast<size_t>(value)] != kNoTensor;
  }
  // The layout that contiguous_tensor() gives.
  Layout contiguous_layout(ValueId value) const;
  // Adds a step that copies `value` to new memory of `kind` and gives its tensor.
  Result<TensorIndex> add_copy(ValueId value, Storage::Kind kind, int index);
  // The storage of the value on the host.
  Result<StorageIndex> host_storage(ValueId value) {
    return storage_at(layout(value).storage, kHost);
  }

  // Precondition: no segment is open.
  template <class Kind>
  void add_step(Kind step) {
    program_.steps.emplace_back(std::in_place_type<Kind>, std::move(step));
  }
  // From open to close commands of a device gather in a step to be.
  void open_segment(Place place) { segment_.emplace(DeviceStep{place, {}}); }
  DeviceStep& segment() { return *segment_; }
  void close_segment();  // without commands it is none

 private:
  // Memory for `elements` of the value.
  StorageIndex add_storage(Storage::Kind kind, int index, ValueId value, const Dim& elements,
                           Place place = kHost);
  TensorIndex add_tensor(DType dtype, const SymbolicShape& shape, const Layout& layout);
  Result<TensorIndex> tensor_at(TensorIndex tensor, Place place);
  Result<StorageIndex> storage_at(StorageIndex storage, Place place);
  Status load_constant(StorageIndex index);
  // The index of the constant among device_constants, uploaded.
  Result<int> upload_constant(ValueId value, Place place);
  int report_copy(ValueId value, const char* op, Place place);

  const Graph& graph_;
  std::shared_ptr<const TaskKernel> copy_;
  Program program_;
  std::optional<DeviceStep> segment_;
  std::unordered_map<int64_t, DimIndex> numbers_;  // dims that are constant
  std::unordered_set<std::string> known_symbols_;  // of the inputs, by Symbol::id
  std::unordered_map<ValueId, int> late_values_;
  std::vector<std::optional<Layout>> layouts_;  // by ValueId, like the rest
  std::vector<TensorIndex> tensors_, copies_;
  std::vector<ValueId> owners_;  // by StorageIndex: the value that it was made for
  std::map<SharedKey, int>
      loaded_;  // into Program::constants: what several values hold is there once
  std::map<std::pair<SharedKey, Place>, int> uploaded_;  // the same of device_constants
  // What lies at one place and is used at another: the storage or tensor there.
  std::map<std::pair<StorageIndex, Place>, StorageIndex> other_storages_;
  std::map<std::pair<TensorIndex, Place>, TensorIndex> other_tensors_;
  std::unordered_map<StorageIndex, int> made_in_;         // of a device: the step
  std::map<Place, std::unique_ptr<DeviceQueue>> queues_;  // for constants
};

}  // namespace octet
