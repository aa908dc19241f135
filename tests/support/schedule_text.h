// The steps of a program in one line, for tests of the scheduler.
#pragma once

#include <string>

#include "runtime/program/program.h"

namespace octet::test {

// "region{fc1, gelu, fc2} task{attention} rest{region{fc3}}": nodes by their names, in order.
// Programs inside a step follow in its braces, several with | between them.
inline std::string schedule_text(const Program& program) {
  const auto name = [&](int report) { return program.reports[static_cast<size_t>(report)].name; };
  std::string text;
  for (const Step& step : program.steps) {
    std::string names;
    const auto add = [&](const std::string& item, const char* between = ", ") {
      names += (names.empty() ? "" : between) + item;
    };
    const char* kind = "task";
    if (const auto* region = std::get_if<RegionStep>(&step)) {
      kind = "region";
      for (const RegionNode& node : region->nodes) add(name(node.report));
    } else if (const auto* task = std::get_if<TaskStep>(&step)) {
      add(name(task->report));
    } else if (const auto* call = std::get_if<SubprogramStep>(&step)) {
      kind = control_name(call->control.kind);
      for (const auto& inner : call->programs) add(schedule_text(*inner), " | ");
    } else if (const auto* sequence = std::get_if<SequenceStep>(&step)) {
      kind = "sequence";
      add(name(sequence->report));
    } else {
      kind = "device";
      for (const DeviceCommand& command : std::get<DeviceStep>(step).commands)
        std::visit([&](const auto& one) { add(name(one.report)); }, command);
    }
    text += (text.empty() ? "" : " ") + std::string(kind) + "{" + names + "}";
  }
  return text;
}

}  // namespace octet::test
