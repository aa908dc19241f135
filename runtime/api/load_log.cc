// The messages of a load.
#include "runtime/api/load_log.h"

#include <map>

#include "runtime/api/model.h"
#include "runtime/program/steps.h"

namespace octet {
namespace {

bool is_reference(const NodeReport& report) {
  constexpr std::string_view kSuffix = "/reference";
  const std::string_view kernel = report.kernel;
  return kernel.size() > kSuffix.size() && kernel.substr(kernel.size() - kSuffix.size()) == kSuffix;
}

}  // namespace

void LoadLog::loaded(const Model& model) const {
  if (!log_.is_on()) return;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start_);
  size_t nodes = 0, steps = 0;
  for_each_program(*model.program(), [&](const Program& program) {
    nodes += program.reports.size();
    steps += program.steps.size();
  });
  log_(LogLevel::kInfo,
       path_ + ": loaded in " + std::to_string(elapsed.count()) + " ms: " + std::to_string(nodes) +
           " nodes, " + std::to_string(model.layers().size()) + " linear layers, " +
           std::to_string(steps) + " steps, " + std::to_string(model.memory_bytes()) + " bytes");
  std::map<std::string, std::pair<const NodeReport*, int>> slow;  // by op: the first, how many
  const auto tell = [&](const NodeReport& report) {
    if (!report.declined.list().empty()) {
      std::string text = path_ + ": node \"" + report.name + "\" (" + report.op + ") runs on " +
                         report.kernel + "; declined:";
      for (const std::string& reason : report.declined.list()) text += " " + reason + ";";
      log_(LogLevel::kDebug, text);
    }
    if (is_reference(report)) ++slow.try_emplace(report.op, &report, 0).first->second.second;
  };
  for_each_program(*model.program(), [&](const Program& program) {
    for (const NodeReport& report : program.reports) tell(report);
  });
  for (const auto& [op, found] : slow)
    log_(LogLevel::kWarning, path_ + ": " + std::to_string(found.second) + " " + op +
                                 " nodes run on the slow reference kernel, the first is \"" +
                                 found.first->name + "\"");
}

}  // namespace octet
