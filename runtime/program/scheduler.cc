// Ordering of nodes and growth of regions.
#include "runtime/program/scheduler.h"

#include <algorithm>

namespace octet {

Scheduler::Scheduler(ProgramBuilder& builder, std::vector<ChosenKernel> kernels)
    : builder_(builder),
      kernels_(std::move(kernels)),
      users_(builder.graph().users()),
      done_(builder.graph().nodes().size(), false) {}

Status Scheduler::run() {
  for (ValueId value = 0; value < static_cast<ValueId>(users_.size()); ++value)
    if (builder_.known(value)) resolve_views(value);  // inputs and constants
  define_shape_data();
  for (;;) {
    OCTET_ASSIGN_OR_RETURN(bool progress, run_ready_tasks());
    if (progress) continue;
    OCTET_ASSIGN_OR_RETURN(progress, run_region());
    if (progress) continue;
    assert(std::all_of(done_.begin(), done_.end(), [](bool done) { return done; }));
    return Status::ok();
  }
}

void Scheduler::define_shape_data() {
  for (size_t index = 0; index < done_.size(); ++index) {
    BoundValues bound;
    if (const auto* values = node(index).as<ShapeValuesAttrs>()) {
      bound.dtype = values->dtype;
      for (const Dim& value : values->values) bound.values.push_back(builder_.dim(value));
    } else if (const auto* range = node(index).as<RangeAttrs>()) {
      bound = {.dtype = range->dtype,
               .values = {},
               .is_range = true,
               .start = builder_.dim(range->start),
               .delta = builder_.dim(range->delta),
               .count = builder_.dim(range->count)};
    } else {
      continue;
    }
    builder_.define_bound(node(index).outputs[0], std::move(bound));
    report_without_step(index, "binding");
    done_[index] = true;
    resolve_views(node(index).outputs[0]);
  }
}

void Scheduler::report_without_step(size_t index, const char* kernel) {
  NodeReport report{.name = node(index).name,
                    .op = op_label(node(index).attributes),
                    .kernel = kernel,
                    .declined = {},
                    .types = {}};
  report.types.push_back(to_string(builder_.graph().value(node(index).outputs[0]).type));
  builder_.program().reports.push_back(std::move(report));
}

void Scheduler::resolve_views(ValueId known) {
  std::vector<ValueId> settled{known};
  while (!settled.empty()) {
    const ValueId source = settled.back();
    settled.pop_back();
    for (const int user : users_[static_cast<size_t>(source)]) {
      const auto index = static_cast<size_t>(user);
      const Node& movement = node(index);
      if (done_[index] || !is_movement(movement.kind())) continue;
      const ValueId result = movement.outputs[0];
      auto view = view_of(movement.attributes, builder_.shape(source), builder_.layout(source),
                          builder_.shape(result));
      if (!view) continue;
      builder_.set_view(result, std::move(*view));
      report_without_step(index, "view");
      done_[index] = true;
      settled.push_back(result);
    }
  }
}

bool Scheduler::is_open(ValueId value) const {
  const auto storage = static_cast<size_t>(builder_.layout(value).storage);
  return storage < open_.size() && open_[storage];
}

bool Scheduler::is_available(ValueId value) const {
  return builder_.known(value) && !is_open(value);
}

bool Scheduler::is_ready(const Node& candidate) const {
  return std::all_of(candidate.inputs.begin(), candidate.inputs.end(),
                     [&](ValueId value) { return value == kNoValue || is_available(value); });
}

Result<bool> Scheduler::run_ready_tasks() {
  bool progress = false;
  for (size_t index = 0; index < done_.size(); ++index) {
    if (done_[index] || kernels_[index].row || !is_ready(node(index))) continue;
    OCTET_RETURN_IF_ERROR(emit_task(index));
    done_[index] = progress = true;
    for (ValueId output : node(index).outputs) resolve_views(output);
  }
  return progress;
}

Dim Scheduler::rows_of(const Node& candidate) const {
  const SymbolicShape& shape = builder_.shape(candidate.outputs[0]);
  return element_count({shape.begin(), shape.end() - 1});
}

RowAccesses Scheduler::accesses_of(const Node& candidate) const {
  std::vector<const TypeInfo*> inputs;
  for (ValueId value : candidate.inputs)
    inputs.push_back(value == kNoValue ? nullptr : &builder_.graph().value(value).type);
  OutputTypes outputs;
  for (ValueId value : candidate.outputs) outputs.push_back(builder_.graph().value(value).type);
  return row_access(candidate.attributes, inputs, outputs);
}

bool Scheduler::fits_region(size_t index, const Dim& rows) const {
  const Node& candidate = node(index);
  if (!kernels_[index].row || !(rows_of(candidate) == rows)) return false;
  const auto accesses = accesses_of(candidate);
  for (size_t i = 0; i < candidate.inputs.size(); ++i) {
    const ValueId value = candidate.inputs[i];
    if (value == kNoValue || !kernels_[index].row->reads_input(static_cast<int>(i))) continue;
    if (!builder_.known(value)) return false;
    const RowAccess access = (*accesses)[i];
    if (is_open(value)) {
      if (access != RowAccess::kRows ||
          !row_layout(builder_.shape(value), builder_.layout(value), rows))
        return false;
    } else if (access == RowAccess::kRows) {
      if (!row_layout(builder_.shape(value), builder_.layout(value), rows) &&
          !row_layout(builder_.shape(value), builder_.contiguous_layout(value), rows))
        return false;
    }
  }
  return true;
}

Result<bool> Scheduler::run_region() {
  size_t first = 0;
  while (first < done_.size() && (done_[first] || !kernels_[first].row || !is_ready(node(first))))
    ++first;
  if (first == done_.size()) return false;
  const Dim rows = rows_of(node(first));
  std::vector<size_t> members;
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t index = first; index < done_.size(); ++index) {
      if (done_[index] || !kernels_[index].row || !fits_region(index, rows)) continue;
      for (ValueId output : node(index).outputs) {
        builder_.define(output);
        open_.resize(builder_.program().storages.size(), false);
        open_[static_cast<size_t>(builder_.layout(output).storage)] = true;
      }
      members.push_back(index);
      done_[index] = grown = true;
      for (ValueId output : node(index).outputs) resolve_views(output);
    }
  }
  if (members.empty())  // the first fits by itself; if not, there is no end to this
    return internal_error("node \"" + node(first).name + "\": its operands are not seen as " +
                          rows.text() + " rows");
  OCTET_RETURN_IF_ERROR(emit_region(members, rows));
  open_.assign(open_.size(), false);
  return true;
}

}  // namespace octet
