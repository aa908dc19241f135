// Profiles as JSON.
#include "runtime/api/profile_json.h"

#include <algorithm>

#include "runtime/api/json_text.h"

namespace octet {
namespace {

double microseconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

}  // namespace

std::string profile_json(const Program& program, const Profile& profile, int threads) {
  struct Sum {
    int64_t calls = 0, nanoseconds = 0, rows = 0;
  };
  std::vector<Sum> sums(program.reports.size());
  for (const KernelCall& call : profile.calls()) {
    Sum& sum = sums[static_cast<size_t>(call.report)];
    ++sum.calls;
    sum.nanoseconds += call.end - call.start;
    sum.rows += call.rows;
  }
  std::vector<size_t> order;
  for (size_t i = 0; i < sums.size(); ++i)
    if (sums[i].calls > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return program.reports[a].step < program.reports[b].step;
  });
  auto nodes = nlohmann::json::array();
  for (const size_t i : order) {
    const NodeReport& report = program.reports[i];
    nodes.push_back(
        {{"node", report.name},
         {"op", report.op},
         {"kernel", report.kernel},
         {"step", report.step},
         {"calls", sums[i].calls},
         {"microseconds", microseconds(sums[i].nanoseconds)},
         {"rows", sums[i].rows},
         {"multiply_adds", report.multiply_adds_per_row * static_cast<double>(sums[i].rows)}});
  }
  return json_text({{"runs", profile.runs()}, {"threads", threads}, {"nodes", std::move(nodes)}});
}

std::string trace_json(const Program& program, const Profile& profile) {
  const auto calls = profile.calls();
  int64_t origin = INT64_MAX;
  for (const KernelCall& call : calls) origin = std::min(origin, call.start);
  auto events = nlohmann::json::array();
  for (const KernelCall& call : calls) {
    const NodeReport& report = program.reports[static_cast<size_t>(call.report)];
    events.push_back(
        {{"ph", "X"},
         {"pid", 0},
         {"tid", call.slot},
         {"name", report.name},
         {"cat", report.op},
         {"ts", microseconds(call.start - origin)},
         {"dur", microseconds(call.end - call.start)},
         {"args",
          {{"op", report.op},
           {"kernel", report.kernel},
           {"step", report.step},
           {"rows", call.rows},
           {"multiply_adds", report.multiply_adds_per_row * static_cast<double>(call.rows)}}}});
  }
  return json_text({{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}});
}

}  // namespace octet
