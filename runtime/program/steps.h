// What every kind of step has: operands, kernels, reports. Who adds a kind adds it here, and to the
// binding and the session, which run it.
#pragma once

#include <utility>

#include "runtime/program/program.h"

namespace octet {

// The operands of a step that the session runs itself; nullptr: it runs kernels.
inline const SessionOperands* session_operands(const Step& step) {
  if (const auto* call = std::get_if<SubprogramStep>(&step)) return &call->operands;
  if (const auto* sequence = std::get_if<SequenceStep>(&step)) return &sequence->operands;
  return nullptr;
}
inline SessionOperands* session_operands(Step& step) {
  return const_cast<SessionOperands*>(session_operands(std::as_const(step)));
}

// Calls f(kernel) for each of a step's kernels in order of execution; they have types of their own.
template <class F>
void for_each_kernel(const Step& step, F&& f) {
  if (const auto* region = std::get_if<RegionStep>(&step)) {
    for (const RegionNode& node : region->nodes) f(*node.kernel);
  } else if (const auto* task = std::get_if<TaskStep>(&step)) {
    f(*task->kernel);
  } else if (const auto* device = std::get_if<DeviceStep>(&step)) {
    for (const DeviceCommand& command : device->commands)
      if (const auto* node = std::get_if<DeviceNode>(&command)) f(*node->kernel);
  }
}

// Calls f(storage, position) for each storage that a step's kernels and copies read or write, in
// order of execution. `position` numbers the regions' nodes and the devices' commands of the step.
template <class F>
void for_each_operand(const Program& program, const Step& step, F&& f) {
  const auto use = [&](TensorIndex tensor, int position) {
    if (tensor != kNoTensor) f(program.tensors[static_cast<size_t>(tensor)].storage, position);
  };
  int position = 0;
  if (const auto* region = std::get_if<RegionStep>(&step)) {
    for (const RegionNode& node : region->nodes) {
      for (const RegionOperand& operand : node.inputs) use(operand.tensor, position);
      for (const RegionOperand& operand : node.outputs) use(operand.tensor, position);
      ++position;
    }
  } else if (const auto* task = std::get_if<TaskStep>(&step)) {
    for (const TensorIndex tensor : task->inputs) use(tensor, position);
    for (const TensorIndex tensor : task->outputs) use(tensor, position);
  } else if (const SessionOperands* operands = session_operands(step)) {
    for (const TensorIndex tensor : operands->inputs) use(tensor, position);
    for (const TensorIndex tensor : operands->outputs) use(tensor, position);
  } else {
    for (const DeviceCommand& command : std::get<DeviceStep>(step).commands) {
      if (const auto* copy = std::get_if<DeviceCopy>(&command)) {
        f(copy->from, position);
        f(copy->to, position);
      } else {
        const auto& node = std::get<DeviceNode>(command);
        for (const TensorIndex tensor : node.inputs) use(tensor, position);
        for (const TensorIndex tensor : node.outputs) use(tensor, position);
      }
      ++position;
    }
  }
}

// Calls f(program) for the program and for all that its steps run, each before those inside it.
template <class F>
void for_each_program(const Program& program, F&& f) {
  f(program);
  for (const Step& step : program.steps)
    if (const auto* call = std::get_if<SubprogramStep>(&step))
      for (const auto& inner : call->programs) for_each_program(*inner, f);
}

// `root` with `fresh` in the place of one of the programs that for_each_program() visits; those
// that do not run it are shared.
std::shared_ptr<const Program> replace_program(const std::shared_ptr<const Program>& root,
                                               const Program& old,
                                               std::shared_ptr<const Program> fresh);

// What the kernel of a layer has packed; nullptr: nothing.
const PackedWeights* packed_weights_of(const Program& program, const LayerRecord& layer);
// Of the node that computes a layer, into Program::reports.
int report_of(const Program& program, const LayerRecord& layer);

}  // namespace octet
