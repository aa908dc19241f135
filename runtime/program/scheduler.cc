// Ordering of nodes and growth of regions.
#include "runtime/program/scheduler.h"

#include <algorithm>

namespace octet {

Scheduler::Scheduler(ProgramBuilder& builder, std::vector<ChosenKernel> kernels,
                     InnerPrograms inner)
    : builder_(builder),
      kernels_(std::move(kernels)),
      inner_(std::move(inner)),
      ready_(builder.graph(), kernels_, builder.program().devices.size()),
      done_(builder.graph().nodes().size(), false) {}

Status Scheduler::run() {
  std::vector<ValueId> given;  // inputs and constants
  for (ValueId value = 0; value < static_cast<ValueId>(builder_.graph().value_count()); ++value)
    if (builder_.known(value)) given.push_back(value);
  for (const ValueId input : builder_.graph().inputs())
    if (!builder_.known(input)) given.push_back(input);  // it is no tensor
  for (ValueId value : given) settle(value);
  define_shape_data();
  for (bool progress = true; progress;) {
    OCTET_RETURN_IF_ERROR(run_ready_tasks());
    OCTET_ASSIGN_OR_RETURN(progress, run_region());
    if (progress) continue;
    OCTET_ASSIGN_OR_RETURN(progress, run_segment());
  }
  assert(std::all_of(done_.begin(), done_.end(), [](bool done) { return done; }));
  return Status::ok();
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
    settle(node(index).outputs[0]);
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

void Scheduler::settle(ValueId known) {
  std::vector<ValueId> settled{known};
  while (!settled.empty()) {
    const ValueId source = settled.back();
    settled.pop_back();
    for (const int user : builder_.graph().users(source)) {
      const auto index = static_cast<size_t>(user);
      const Node& reader = node(index);
      if (!done_[index] && is_movement(reader.kind())) {
        const ValueId result = reader.outputs[0];
        if (auto view = view_of(reader.attributes, builder_.shape(source), builder_.layout(source),
                                builder_.shape(result))) {
          builder_.set_view(result, std::move(*view));
          report_without_step(index, "view");
          done_[index] = true;
          settled.push_back(result);
        }
      }
      ready_.note_known_input(index);
    }
  }
}

bool Scheduler::is_open(ValueId value) const {
  const auto storage = static_cast<size_t>(builder_.layout(value).storage);
  return region_ != 0 && storage < made_in_.size() && made_in_[storage] == region_;
}

Status Scheduler::run_ready_tasks() {
  NodeQueue& tasks = ready_.tasks();
  while (!tasks.empty()) {
    const auto index = static_cast<size_t>(tasks.top());
    tasks.pop();
    if (done_[index]) continue;
    const OpKind kind = node(index).kind();
    OCTET_RETURN_IF_ERROR(kind == OpKind::kControl    ? emit_subprogram(index)
                          : kind == OpKind::kSequence ? emit_sequence(index)
                                                      : emit_task(index));
    done_[index] = true;
    for (ValueId output : node(index).outputs) settle(output);
  }
  return Status::ok();
}

RowAccesses Scheduler::accesses_of(const Node& candidate) const {
  std::vector<const TypeInfo*> inputs;
  for (ValueId value : candidate.inputs)
    inputs.push_back(value == kNoValue ? nullptr : &builder_.graph().value(value).type);
  OutputTypes outputs;
  for (ValueId value : candidate.outputs) outputs.push_back(builder_.graph().value(value).type);
  return row_access(candidate.attributes, inputs, outputs);
}

// Whether row r of a view of what the region makes lies in row r: neither turned around nor
// repeated. A tile has no other rows.
bool Scheduler::reads_own_rows(ValueId value, const Dim& rows) const {
  const Layout& layout = builder_.layout(value);
  const auto view = row_layout(builder_.shape(value), layout, rows);
  return view && view->row_stride * rows == made_elements_[static_cast<size_t>(layout.storage)];
}

bool Scheduler::fits_region(size_t index, const Dim& rows) const {
  const Node& candidate = node(index);
  const auto accesses = accesses_of(candidate);
  for (size_t i = 0; i < candidate.inputs.size(); ++i) {
    const ValueId value = candidate.inputs[i];
    if (value == kNoValue || !kernels_[index].row->reads_input(static_cast<int>(i))) continue;
    const RowAccess access = (*accesses)[i];
    if (is_open(value)) {
      if (access != RowAccess::kRows || !reads_own_rows(value, rows)) return false;
    } else if (access == RowAccess::kRows) {
      if (!row_layout(builder_.shape(value), builder_.layout(value), rows) &&
          !row_layout(builder_.shape(value), builder_.contiguous_layout(value), rows))
        return false;
    }
  }
  return true;
}

Result<bool> Scheduler::run_region() {
  NodeQueue& queue = ready_.row_nodes();
  while (!queue.empty() && done_[static_cast<size_t>(queue.top())]) queue.pop();
  if (queue.empty()) return false;
  const auto first = static_cast<size_t>(queue.top());
  region_ = ++regions_;
  const std::vector<size_t> members = grow_region(first);
  if (members.empty())  // the first fits by itself; if not, there is no end to this
    return internal_error("node \"" + node(first).name + "\": its operands are not seen as " +
                          ready_.rows(first).str() + " rows");
  OCTET_RETURN_IF_ERROR(emit_region(members, ready_.rows(first)));
  region_ = 0;
  return true;
}

// Marks the members done. A node comes after those that it reads, so that one walk in order finds
// all.
std::vector<size_t> Scheduler::grow_region(size_t first) {
  const Dim rows = ready_.rows(first);
  NodeQueue& candidates = ready_.row_nodes_like(first);
  std::vector<size_t> members;
  std::vector<int> refused;  // until the region that makes their inputs is done
  while (!candidates.empty()) {
    const auto index = static_cast<size_t>(candidates.top());
    candidates.pop();
    if (done_[index]) continue;
    if (!fits_region(index, rows)) {
      refused.push_back(static_cast<int>(index));
      continue;
    }
    members.push_back(index);
    done_[index] = true;
    for (ValueId output : node(index).outputs) {
      builder_.define(output);
      made_in_.resize(builder_.program().storages.size(), 0);
      made_elements_.resize(made_in_.size());
      made_elements_[static_cast<size_t>(builder_.layout(output).storage)] =
          element_count(builder_.shape(output));
      made_in_[static_cast<size_t>(builder_.layout(output).storage)] = region_;
    }
    for (ValueId output : node(index).outputs) settle(output);
  }
  for (int index : refused) candidates.push(index);
  return members;
}

}  // namespace octet
