// Sums over the tables of a Program.
#include "runtime/program/structure_bytes.h"

#include <unordered_set>

namespace octet {
namespace {

constexpr size_t kKernel = 256;   // an object with its attributes and its allocation
constexpr size_t kExtent = 128;   // a Dim with its term
constexpr size_t kListItem = 80;  // of the names and marks around a text in --explain
constexpr size_t kPacked = 1024;  // the objects around packed weights, and their keys in the store

size_t text_bytes(const std::string& text) { return sizeof(text) + text.capacity(); }

size_t text_bytes(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text_bytes(text);
  return bytes;
}

size_t type_bytes(const std::vector<TypeInfo>& types) {
  size_t bytes = 0;
  for (const TypeInfo& type : types)
    bytes +=
        sizeof(type) + kExtent * (type.shape.size() + (type.contents ? type.contents->size() : 0));
  return bytes;
}

size_t length(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return bytes;
}

// The report, and what --explain says of it; without its refusals, which others share.
size_t report_bytes(const NodeReport& report) {
  const size_t texts = text_bytes(report.name) + text_bytes(report.op) + text_bytes(report.kernel) +
                       text_bytes(report.types);
  const size_t in_explain = report.name.size() + report.op.size() + report.kernel.size() +
                            length(report.declined.list()) + length(report.types) + kListItem;
  return sizeof(report) + texts + in_explain;
}

size_t refusal_bytes(const std::vector<NodeReport>& reports) {
  std::unordered_set<const void*> counted;
  size_t bytes = 0;
  for (const NodeReport& report : reports) {
    const std::vector<std::string>& list = report.declined.list();
    if (counted.insert(&list).second) bytes += text_bytes(list);
  }
  return bytes;
}

size_t layer_bytes(const LayerRecord& layer) {
  size_t bytes = sizeof(layer) + kPacked + type_bytes(layer.inputs) + type_bytes(layer.outputs);
  for (const LayerPart& part : layer.parts)
    // In the record, in its attributes, and as the user sees it.
    bytes += 3 * (sizeof(part) + text_bytes(part.name) + text_bytes(part.aliases));
  if (layer.components != nullptr) bytes += sizeof(*layer.components) + kPacked;
  return bytes;
}

size_t operand_bytes(const SessionOperands& operands) {
  return sizeof(int) * 2 * (operands.inputs.size() + operands.outputs.size());
}

size_t step_bytes(const Step& step) {
  if (const auto* task = std::get_if<TaskStep>(&step))
    return sizeof(step) + kKernel +
           sizeof(TensorIndex) * (task->inputs.size() + task->outputs.size());
  if (const auto* device = std::get_if<DeviceStep>(&step))
    return sizeof(step) + device->commands.size() * (sizeof(DeviceCommand) + kKernel);
  if (const auto* call = std::get_if<SubprogramStep>(&step)) {
    size_t bytes = sizeof(step) + kKernel + operand_bytes(call->operands);
    for (const auto& inner : call->programs) bytes += structure_bytes(*inner);
    return bytes + (call->source == nullptr ? 0 : call->source->byte_count());
  }
  if (const auto* sequence = std::get_if<SequenceStep>(&step))
    return sizeof(step) + kKernel + operand_bytes(sequence->operands);
  const auto& region = std::get<RegionStep>(step);
  size_t bytes = sizeof(step) + sizeof(StorageIndex) * region.scratch.size();
  for (const RegionNode& node : region.nodes)
    bytes +=
        sizeof(node) + kKernel + sizeof(RegionOperand) * (node.inputs.size() + node.outputs.size());
  return bytes;
}

}  // namespace

size_t structure_bytes(const Program& program) {
  size_t bytes = sizeof(program);
  for (const NodeReport& report : program.reports) bytes += report_bytes(report);
  bytes += refusal_bytes(program.reports);
  for (const LayerRecord& layer : program.layers) bytes += layer_bytes(layer);
  for (const Step& step : program.steps) bytes += step_bytes(step);
  for (const ProgramTensor& tensor : program.tensors)
    bytes += sizeof(tensor) + sizeof(DimIndex) * (tensor.shape.size() + tensor.strides.size());
  bytes += program.storages.size() * sizeof(Storage);
  bytes += program.constants.size() * sizeof(Tensor);
  return bytes;
}

}  // namespace octet
