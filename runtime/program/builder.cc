// Storages, tensors and copies of a Program in the making.
#include "runtime/program/builder.h"

#include <algorithm>

#include "runtime/ops/defined_symbols.h"

namespace octet {

ProgramBuilder::ProgramBuilder(const Graph& graph, std::shared_ptr<const TaskKernel> copy,
                               std::vector<std::shared_ptr<Device>> devices)
    : graph_(graph),
      copy_(std::move(copy)),
      layouts_(graph.value_count()),
      tensors_(graph.value_count(), kNoTensor),
      copies_(graph.value_count(), kNoTensor) {
  program_.devices = std::move(devices);
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const ValueId id = graph.inputs()[i];
    const TypeInfo& type = graph.value(id).type;
    if (!type.is_tensor()) continue;
    const StorageIndex storage =
        add_storage(Storage::Kind::kInput, static_cast<int>(i), id, element_count(type.shape));
    set_view(id, {storage, 0, contiguous_strides(type.shape)});
    for_each_defined_symbol(type, [&](const Symbol& symbol) { known_symbols_.insert(symbol.id); });
  }
  for (size_t i = 0; i < graph.value_count(); ++i) {
    const auto id = static_cast<ValueId>(i);
    const Value& value = graph.value(id);
    if (!value.constant) continue;
    const StorageIndex storage =
        add_storage(Storage::Kind::kConstant, -1, id, element_count(value.type.shape));
    set_view(id, {storage, 0, contiguous_strides(value.type.shape)});
  }
}

bool ProgramBuilder::is_late(ValueId value) const {
  if (!graph_.value(value).type.is_tensor()) return true;
  const Node* maker = graph_.producer(value);
  if (maker == nullptr || !runs_in_session(maker->kind())) return false;
  return !std::ranges::all_of(shape(value), [&](const Dim& extent) { return knows(extent); });
}

bool ProgramBuilder::knows(const Dim& dim) const {
  return std::ranges::all_of(
      dim.symbols(), [&](const Symbol& symbol) { return known_symbols_.contains(symbol.id); });
}

int ProgramBuilder::late_value(ValueId value) {
  const auto [place, is_new] = late_values_.try_emplace(value, program_.late_values);
  if (is_new) ++program_.late_values;
  return place->second;
}

DimIndex ProgramBuilder::dim(const Dim& dim) {
  if (!dim.is_constant()) return program_.dims.add(dim);
  const auto [place, is_new] = numbers_.try_emplace(dim.value());
  if (is_new) place->second = program_.dims.add(dim);
  return place->second;
}

void ProgramBuilder::define(ValueId value, Place place, int64_t row_alignment) {
  const TypeInfo& type = graph_.value(value).type;
  SymbolicShape padded = type.shape;
  if (row_alignment > 1 && !padded.empty() && padded.back().is_constant())
    padded.back() = (padded.back().value() + row_alignment - 1) / row_alignment * row_alignment;
  const StorageIndex storage =
      add_storage(Storage::Kind::kArena, 0, value, element_count(padded), place);
  set_view(value, {storage, 0, contiguous_strides(padded)});
}

void ProgramBuilder::define_bound(ValueId value, BoundValues values) {
  const TypeInfo& type = graph_.value(value).type;
  program_.bound_values.push_back(std::move(values));
  const int index = static_cast<int>(program_.bound_values.size()) - 1;
  const StorageIndex storage =
      add_storage(Storage::Kind::kBound, index, value, element_count(type.shape));
  set_view(value, {storage, 0, contiguous_strides(type.shape)});
}

StorageIndex ProgramBuilder::add_storage(Storage::Kind kind, int index, ValueId value,
                                         const Dim& elements, Place place) {
  Storage storage{
      .kind = kind, .index = index, .dtype = graph_.value(value).type.dtype, .place = place};
  storage.elements = dim(elements);
  storage.first_step = -1;
  program_.storages.push_back(storage);
  owners_.push_back(value);
  return static_cast<StorageIndex>(program_.storages.size()) - 1;
}

TensorIndex ProgramBuilder::add_tensor(DType dtype, const SymbolicShape& shape,
                                       const Layout& layout) {
  ProgramTensor tensor{.dtype = dtype,
                       .storage = layout.storage,
                       .offset = dim(layout.offset),
                       .shape = {},
                       .strides = {}};
  for (const Dim& extent : shape) tensor.shape.push_back(dim(extent));
  for (const Dim& stride : layout.strides) tensor.strides.push_back(dim(stride));
  program_.tensors.push_back(std::move(tensor));
  return static_cast<TensorIndex>(program_.tensors.size()) - 1;
}

Status ProgramBuilder::load_constant(StorageIndex index) {
  Storage& storage = program_.storages[static_cast<size_t>(index)];
  if (storage.kind != Storage::Kind::kConstant || storage.index >= 0) return Status::ok();
  const Constant& constant = *graph_.value(owners_[static_cast<size_t>(index)]).constant;
  const SharedKey key = constant.key();
  if (key.is_known()) {
    const auto [place, is_new] =
        loaded_.try_emplace(key, static_cast<int>(program_.constants.size()));
    storage.index = place->second;
    if (!is_new) return Status::ok();
  }
  OCTET_ASSIGN_OR_RETURN(Tensor tensor, constant.load());
  storage.index = static_cast<int>(program_.constants.size());
  program_.constants.push_back(std::move(tensor));
  return Status::ok();
}

Result<TensorIndex> ProgramBuilder::tensor(ValueId value, Place place) {
  if (place == kHost) OCTET_RETURN_IF_ERROR(load_constant(layout(value).storage));
  TensorIndex& index = tensors_[static_cast<size_t>(value)];
  if (index == kNoTensor)
    index = add_tensor(graph_.value(value).type.dtype, shape(value), layout(value));
  return tensor_at(index, place);
}

Layout ProgramBuilder::contiguous_layout(ValueId value) const {
  if (is_contiguous(value)) return layout(value);
  return {layout(value).storage, 0, contiguous_strides(shape(value))};
}

Result<TensorIndex> ProgramBuilder::contiguous_tensor(ValueId value, Place place) {
  if (is_contiguous(value)) return tensor(value, place);
  TensorIndex& copied = copies_[static_cast<size_t>(value)];
  if (copied == kNoTensor) {
    OCTET_ASSIGN_OR_RETURN(copied, add_copy(value, Storage::Kind::kArena, 0));
  }
  return tensor_at(copied, place);
}

Result<TensorIndex> ProgramBuilder::add_copy(ValueId value, Storage::Kind kind, int index) {
  assert(!segment_);
  OCTET_ASSIGN_OR_RETURN(const TensorIndex source, tensor(value));
  const DType dtype = graph_.value(value).type.dtype;
  const StorageIndex storage = add_storage(kind, index, value, element_count(shape(value)));
  const TensorIndex copied =
      add_tensor(dtype, shape(value), {storage, 0, contiguous_strides(shape(value))});
  add_step(TaskStep{report_copy(value, "copy", kHost), copy_, {source}, {copied}});
  return copied;
}

int ProgramBuilder::report_copy(ValueId value, const char* op, Place place) {
  NodeReport report{.name = graph_.value(value).name,
                    .op = op,
                    .kernel = place == kHost
                                  ? op
                                  : program_.devices[static_cast<size_t>(place)]->name() + "/" + op,
                    .declined = {},
                    .types = {}};
  report.types.push_back(to_string(graph_.value(value).type));
  report.step = static_cast<int>(program_.steps.size());
  program_.reports.push_back(std::move(report));
  return static_cast<int>(program_.reports.size()) - 1;
}

}  // namespace octet
