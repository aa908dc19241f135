// Turns scheduled nodes into steps of the program, with their reports and layer records.
#include "runtime/ops/recurrence.h"
#include "runtime/passes/quantize/float_products.h"
#include "runtime/program/scheduler.h"

namespace octet {

Status Scheduler::emit_task(size_t index) {
  const Node& task = node(index);
  TaskStep step{0, kernels_[index].task, {}, {}};
  for (size_t i = 0; i < task.inputs.size(); ++i) {
    TensorIndex input = kNoTensor;
    if (task.inputs[i] != kNoValue && step.kernel->reads_input(static_cast<int>(i))) {
      const bool any = step.kernel->accepts_strides(static_cast<int>(i));
      OCTET_ASSIGN_OR_RETURN(input, any ? builder_.tensor(task.inputs[i])
                                        : builder_.contiguous_tensor(task.inputs[i]));
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

Result<SessionOperands> Scheduler::session_operands(const Node& node) {
  SessionOperands operands;
  for (const ValueId input : node.inputs) {
    const bool late = input != kNoValue && builder_.is_late(input);
    TensorIndex tensor = kNoTensor;
    if (input != kNoValue && !late) {
      OCTET_ASSIGN_OR_RETURN(tensor, builder_.contiguous_tensor(input));
    }
    operands.inputs.push_back(tensor);
    operands.input_forms.push_back(input == kNoValue ? ValueForm::kTensor
                                                     : builder_.graph().value(input).type.form);
    operands.late_inputs.push_back(late ? builder_.late_value(input) : -1);
  }
  operands.is_last_read.resize(node.inputs.size());
  for (const ValueId output : node.outputs) {
    TensorIndex tensor = kNoTensor;
    if (!builder_.is_late(output)) {
      builder_.define(output);
      OCTET_ASSIGN_OR_RETURN(tensor, builder_.tensor(output));
    }
    operands.outputs.push_back(tensor);
    operands.late_outputs.push_back(tensor == kNoTensor ? builder_.late_value(output) : -1);
    if (tensor != kNoTensor) continue;
    for (const Dim& extent : builder_.shape(output))
      operands.late_extents.push_back(builder_.knows(extent) ? builder_.dim(extent) : -1);
  }
  return operands;
}

Status Scheduler::emit_subprogram(size_t index) {
  SubprogramStep step{.control = *node(index).as<ControlAttrs>(),
                      .programs = std::move(inner_[index].programs),
                      .source = std::move(inner_[index].source),
                      .operands = {}};
  OCTET_ASSIGN_OR_RETURN(step.operands, session_operands(node(index)));
  kernels_[index].name = "program";
  step.report = add_report(index);
  builder_.add_step(std::move(step));
  return Status::ok();
}

Status Scheduler::emit_sequence(size_t index) {
  SequenceStep step{.attrs = *node(index).as<SequenceAttrs>(), .operands = {}};
  OCTET_ASSIGN_OR_RETURN(step.operands, session_operands(node(index)));
  kernels_[index].name = "session";
  step.report = add_report(index);
  builder_.add_step(std::move(step));
  return Status::ok();
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
  Dim columns = access == RowAccess::kRows ? columns_of(shape, rows) : element_count(shape);
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
  const Dim columns = columns_of(builder_.shape(value), rows);
  operand.columns = operand.row_stride = builder_.dim(columns);
  OCTET_ASSIGN_OR_RETURN(operand.tensor, builder_.tensor(value));
  return operand;
}

Status Scheduler::emit_region(const std::vector<size_t>& members, const Dim& rows) {
  RegionStep step{builder_.dim(rows), {}, {}};
  for (size_t index : members) {
    const Node& member = node(index);
    if (member.inputs.size() + member.outputs.size() > kMaxRowOperands)
      return internal_error(Graph::where(member) + ": a row kernel has " +
                            std::to_string(member.inputs.size() + member.outputs.size()) +
                            " operands, at most " + std::to_string(kMaxRowOperands) +
                            " are possible");
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
  const int number =
      static_cast<int>(builder_.program().steps.size());  // copies have been added before it
  for (size_t i = 0; i < members.size(); ++i) {
    step.nodes[i].report = add_report(members[i]);
    record_layer(members[i], number, static_cast<int>(i));
  }
  builder_.add_step(std::move(step));
  return Status::ok();
}

const Refusals& Scheduler::shared_refusals(const std::vector<std::string>& declined) {
  auto [place, is_new] = refusals_.try_emplace(declined);
  if (is_new) place->second = Refusals(declined);
  return place->second;
}

int Scheduler::add_report(size_t index) {
  const Node& chosen = node(index);
  NodeReport report{.name = chosen.name,
                    .op = op_label(chosen.attributes),
                    .kernel = kernels_[index].name,
                    .declined = shared_refusals(kernels_[index].declined),
                    .types = {}};
  const auto* quantized = chosen.as<QuantizedLinearAttrs>();
  const auto* linear = chosen.as<LinearAttrs>();
  if (quantized != nullptr) report.scheme = quantized->scheme.name();
  if (linear != nullptr) report.scheme = linear->scheme.name();
  report.why_float = why_float(builder_.graph(), chosen);
  if (!report.why_float.empty()) report.scheme = "none";
  for (ValueId output : chosen.outputs)
    report.types.push_back(to_string(builder_.graph().value(output).type));
  report.step = static_cast<int>(builder_.program().steps.size());
  builder_.program().reports.push_back(std::move(report));
  return static_cast<int>(builder_.program().reports.size()) - 1;
}

void Scheduler::record_layer(size_t index, int step, int position) {
  const Node& layer = node(index);
  LayerRecord record{.parts = {},
                     .components = nullptr,
                     .attributes = layer.attributes,
                     .inputs = {},
                     .outputs = {},
                     .has_input = {}};
  record.step = step;
  record.node = position;
  if (auto* quantized = std::get_if<QuantizedLinearAttrs>(&record.attributes)) {
    record.parts = quantized->parts;
    record.n = quantized->weights->n();
    record.k = quantized->weights->k();
    record.components = std::move(quantized->weights);
  } else if (const auto* linear = std::get_if<LinearAttrs>(&record.attributes)) {
    const SymbolicShape& shape = builder_.shape(layer.inputs[1]);
    record.parts = {linear->layer};
    record.n = shape[linear->weights_transposed ? 0 : 1].value();
    record.k = shape[linear->weights_transposed ? 1 : 0].value();
  } else if (const RecurrenceAttrs* recurrence = as_recurrence(record.attributes)) {
    if (!builder_.graph().value(layer.inputs[recurrence::kWeights]).constant) return;
    record.parts = {recurrence->layer};
    record.n = gate_count(recurrence->cell) * recurrence->hidden;
    record.k = recurrence->hidden;
  } else {
    return;
  }
  builder_.program().reports.back().multiply_adds_per_row =
      static_cast<double>(record.n) * static_cast<double>(record.k);
  for (ValueId value : layer.inputs) {
    record.inputs.push_back(value == kNoValue ? TypeInfo{} : builder_.graph().value(value).type);
    record.has_input.push_back(value != kNoValue);
  }
  for (ValueId value : layer.outputs) record.outputs.push_back(builder_.graph().value(value).type);
  builder_.program().layers.push_back(std::move(record));
}

}  // namespace octet
