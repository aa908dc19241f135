// Finds a layer's kernel among the steps.
#include "runtime/program/steps.h"

namespace octet {
namespace {

const Step& step_of(const Program& program, const LayerRecord& layer) {
  return program.steps[static_cast<size_t>(layer.step)];
}

const RegionNode* region_node(const Step& step, int node) {
  const auto* region = std::get_if<RegionStep>(&step);
  return region == nullptr ? nullptr : &region->nodes[static_cast<size_t>(node)];
}

const DeviceNode* device_node(const Step& step, int command) {
  const auto* device = std::get_if<DeviceStep>(&step);
  return device == nullptr ? nullptr
                           : &std::get<DeviceNode>(device->commands[static_cast<size_t>(command)]);
}

}  // namespace

std::shared_ptr<const Program> replace_program(const std::shared_ptr<const Program>& root,
                                               const Program& old,
                                               std::shared_ptr<const Program> fresh) {
  if (root.get() == &old) return fresh;
  std::shared_ptr<Program> changed;
  for (size_t i = 0; i < root->steps.size(); ++i) {
    const auto* call = std::get_if<SubprogramStep>(&root->steps[i]);
    if (call == nullptr) continue;
    for (size_t inner = 0; inner < call->programs.size(); ++inner) {
      auto replaced = replace_program(call->programs[inner], old, fresh);
      if (replaced == call->programs[inner]) continue;
      if (changed == nullptr) changed = std::make_shared<Program>(*root);
      std::get<SubprogramStep>(changed->steps[i]).programs[inner] = std::move(replaced);
    }
  }
  return changed == nullptr ? root : changed;
}

const PackedWeights* packed_weights_of(const Program& program, const LayerRecord& layer) {
  const Step& step = step_of(program, layer);
  if (const RegionNode* node = region_node(step, layer.node)) return node->kernel->packed_weights();
  if (const DeviceNode* node = device_node(step, layer.node)) return node->kernel->packed_weights();
  return nullptr;
}

int report_of(const Program& program, const LayerRecord& layer) {
  const Step& step = step_of(program, layer);
  if (const RegionNode* node = region_node(step, layer.node)) return node->report;
  if (const DeviceNode* node = device_node(step, layer.node)) return node->report;
  return std::get<TaskStep>(step).report;
}

}  // namespace octet
