// Ordering of nodes and growth of regions.
#include "runtime/program/scheduler.h"

#include <algorithm>

namespace octet {
namespace {

constexpr int64_t kPaddingRows = 64;  // the greatest tile height

}  // namespace

Scheduler::Scheduler(ProgramBuilder& builder, std::vector<ChosenKernel> kernels)
    : builder_(builder), kernels_(std::move(kernels)), done_(builder.graph().nodes().size(), false) {}

Status Scheduler::run() {
  define_shape_data();
  for (;;) {
    resolve_views();
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
      bound = {.dtype = range->dtype, .values = {}, .is_range = true, .start = builder_.dim(range->start),
               .delta = builder_.dim(range->delta), .count = builder_.dim(range->count)};
    } else {
      continue;
    }
    builder_.define_bound(node(index).outputs[0], std::move(bound));
    report_without_step(index, "binding");
    done_[index] = true;
  }
}

void Scheduler::report_without_step(size_t index, const char* kernel) {
  NodeReport report{.name = node(index).name, .op = op_label(node(index).attributes), .kernel = kernel, .declined = {}, .types = {}};
  report.types.push_back(to_string(builder_.graph().value(node(index).outputs[0]).type));
  builder_.program().reports.push_back(std::move(report));
}

void Scheduler::resolve_views() {
  for (size_t index = 0; index < done_.size(); ++index) {  // topological: one sweep settles chains
    const Node& movement = node(index);
    if (done_[index] || !is_movement(movement.kind()) || !builder_.known(movement.inputs[0])) continue;
    const ValueId source = movement.inputs[0], result = movement.outputs[0];
    if (auto view = view_of(movement.attributes, builder_.shape(source), builder_.layout(source), builder_.shape(result))) {
      builder_.set_view(result, std::move(*view));
      report_without_step(index, "view");
      done_[index] = true;
    }
  }
}

bool Scheduler::is_open(ValueId value) const {
  const auto storage = static_cast<size_t>(builder_.layout(value).storage);
  return storage < open_.size() && open_[storage];
}

bool Scheduler::is_available(ValueId value) const { return builder_.known(value) && !is_open(value); }

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
    resolve_views();
  }
  return progress;
}

Status Scheduler::emit_task(size_t index) {
  const Node& task = node(index);
  TaskStep step{0, kernels_[index].task, {}, {}};
  for (size_t i = 0; i < task.inputs.size(); ++i) {
    TensorIndex input = kNoTensor;
    if (task.inputs[i] != kNoValue && step.kernel->reads_input(static_cast<int>(i))) {
      const bool any = step.kernel->accepts_strides(static_cast<int>(i));
      OCTET_ASSIGN_OR_RETURN(input, any ? builder_.tensor(task.inputs[i]) : builder_.contiguous_tensor(task.inputs[i]));
    }
    step.inputs.push_back(input);
  }
  for (ValueId output : task.outputs) {
    builder_.define(output);
    OCTET_ASSIGN_OR_RETURN(const TensorIndex tensor, builder_.tensor(output));
    step.outputs.push_back(tensor);
  }
  step.report = add_report(index);
  record_layer(index, static_cast<int>(builder_.program().steps.size()), -1);
  builder_.add_step(std::move(step));
  return Status::ok();
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
      if (access != RowAccess::kRows || !row_layout(builder_.shape(value), builder_.layout(value), rows)) return false;
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
  while (first < done_.size() && (done_[first] || !kernels_[first].row || !is_ready(node(first)))) ++first;
  if (first == done_.size()) return false;
  const Dim rows = rows_of(node(first));
  std::vector<size_t> members;
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t index = first; index < done_.size(); ++index) {
      if (done_[index] || !kernels_[index].row || !fits_region(index, rows)) continue;
      for (ValueId output : node(index).outputs) {
        builder_.define(output, node(index).kind() == OpKind::kQuantizeRows ? kPaddingRows : 0);
        open_.resize(builder_.program().storages.size(), false);
        open_[static_cast<size_t>(builder_.layout(output).storage)] = true;
      }
      members.push_back(index);
      done_[index] = grown = true;
      resolve_views();
    }
  }
  assert(!members.empty());
  OCTET_RETURN_IF_ERROR(emit_region(members, rows));
  open_.assign(open_.size(), false);
  return true;
}

Result<RegionOperand> Scheduler::make_input(ValueId value, RowAccess access, const Dim& rows) {
  RegionOperand operand{.access = access};
  const SymbolicShape& shape = builder_.shape(value);
  if (access == RowAccess::kRows && row_layout(shape, builder_.layout(value), rows)) {
    const RowLayout layout = *row_layout(shape, builder_.layout(value), rows);
    operand.columns = builder_.dim(layout.columns);
    operand.row_stride = builder_.dim(layout.row_stride);
    OCTET_ASSIGN_OR_RETURN(operand.tensor, builder_.tensor(value));
    return operand;
  }
  OCTET_ASSIGN_OR_RETURN(operand.tensor, builder_.contiguous_tensor(value));
  const Dim elements = element_count(shape);
  Dim columns = elements;
  if (access == RowAccess::kRows) columns = Dim::floor_div(elements, rows);
  if (access == RowAccess::kPeriodic) {
    columns = shape.back();
    operand.period = builder_.dim(element_count({shape.begin(), shape.end() - 1}));
  }
  operand.columns = builder_.dim(columns);
  operand.row_stride = builder_.dim(access == RowAccess::kWhole ? Dim(0) : columns);
  return operand;
}

Result<RegionOperand> Scheduler::make_output(ValueId value, const Dim& rows) {
  RegionOperand operand{.access = RowAccess::kRows};
  const Dim columns = Dim::floor_div(element_count(builder_.shape(value)), rows);
  operand.columns = operand.row_stride = builder_.dim(columns);
  OCTET_ASSIGN_OR_RETURN(operand.tensor, builder_.tensor(value));
  return operand;
}

Status Scheduler::emit_region(const std::vector<size_t>& members, const Dim& rows) {
  RegionStep step{builder_.dim(rows), {}, {}};
  for (size_t index : members) {
    const Node& member = node(index);
    RegionNode made{0, kernels_[index].row, {}, {}};
    const auto accesses = accesses_of(member);
    for (size_t i = 0; i < member.inputs.size(); ++i) {
      RegionOperand operand;
      if (member.inputs[i] != kNoValue && made.kernel->reads_input(static_cast<int>(i))) {
        OCTET_ASSIGN_OR_RETURN(operand, make_input(member.inputs[i], (*accesses)[i], rows));
      }
      made.inputs.push_back(operand);
    }
    for (ValueId output : member.outputs) {
      OCTET_ASSIGN_OR_RETURN(const RegionOperand operand, make_output(output, rows));
      made.outputs.push_back(operand);
    }
    step.nodes.push_back(std::move(made));
  }
  const int number = static_cast<int>(builder_.program().steps.size());  // copies have been added before it
  for (size_t i = 0; i < members.size(); ++i) {
    step.nodes[i].report = add_report(members[i]);
    record_layer(members[i], number, static_cast<int>(i));
  }
  builder_.add_step(std::move(step));
  return Status::ok();
}

int Scheduler::add_report(size_t index) {
  const Node& chosen = node(index);
  NodeReport report{.name = chosen.name,
                    .op = op_label(chosen.attributes),
                    .kernel = kernels_[index].name,
                    .declined = kernels_[index].declined,
                    .types = {}};
  for (ValueId output : chosen.outputs) report.types.push_back(to_string(builder_.graph().value(output).type));
  report.step = static_cast<int>(builder_.program().steps.size());
  builder_.program().reports.push_back(std::move(report));
  return static_cast<int>(builder_.program().reports.size()) - 1;
}

void Scheduler::record_layer(size_t index, int step, int position) {
  const Node& layer = node(index);
  LayerRecord record{.parts = {}, .components = nullptr, .attributes = layer.attributes, .inputs = {}, .outputs = {}, .has_input = {}};
  record.step = step;
  record.node = position;
  if (auto* quantized = std::get_if<QuantizedLinearAttrs>(&record.attributes)) {
    record.parts = quantized->parts;
    record.n = quantized->weights->n();
    record.k = quantized->weights->k();
    record.components = quantized->weights;
    const RowKernel* kernel = kernels_[index].row.get();
    if (kernel != nullptr && kernel->packed_weights() != nullptr) {
      QuantizedTensor without_codes = *quantized->weights;
      without_codes.int_data = Tensor();
      record.components = std::make_shared<const QuantizedTensor>(std::move(without_codes));
    }
    quantized->weights = nullptr;  // the kernel owns the packed codes from now on
  } else if (const auto* linear = std::get_if<LinearAttrs>(&record.attributes)) {
    const SymbolicShape& shape = builder_.shape(layer.inputs[1]);
    record.parts = {linear->layer};
    record.n = shape[linear->weights_transposed ? 0 : 1].value();
    record.k = shape[linear->weights_transposed ? 1 : 0].value();
  } else {
    return;
  }
  builder_.program().reports.back().multiply_adds_per_row = static_cast<double>(record.n) * static_cast<double>(record.k);
  for (ValueId value : layer.inputs) {
    record.inputs.push_back(value == kNoValue ? TypeInfo{} : builder_.graph().value(value).type);
    record.has_input.push_back(value != kNoValue);
  }
  for (ValueId value : layer.outputs) record.outputs.push_back(builder_.graph().value(value).type);
  builder_.program().layers.push_back(std::move(record));
}

}  // namespace octet
