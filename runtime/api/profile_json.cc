// Profiles as JSON.
#include "runtime/api/profile_json.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "runtime/api/json_text.h"

namespace octet {
namespace {

double microseconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

}  // namespace

std::string profile_json(const Profile& profile, int threads) {
  struct Sum {
    const NodeReport* report = nullptr;
    int64_t calls = 0, nanoseconds = 0, rows = 0;
  };
  std::map<std::tuple<int, int, int>, Sum> sums;  // by program, step and report
  for (const KernelCall& call : profile.calls()) {
    const NodeReport& report = profile.report(call);
    Sum& sum = sums[{call.program, report.step, call.report}];
    sum.report = &report;
    ++sum.calls;
    sum.nanoseconds += call.end - call.start;
    sum.rows += call.rows;
  }
  auto nodes = nlohmann::json::array();
  for (const auto& [place, sum] : sums) {
    const NodeReport& report = *sum.report;
    nodes.push_back(
        {{"node", report.name},
         {"op", report.op},
         {"kernel", report.kernel},
         {"step", report.step},
         {"calls", sum.calls},
         {"microseconds", microseconds(sum.nanoseconds)},
         {"rows", sum.rows},
         {"multiply_adds", report.multiply_adds_per_row * static_cast<double>(sum.rows)}});
  }
  return json_text({{"runs", profile.runs()}, {"threads", threads}, {"nodes", std::move(nodes)}});
}

std::string trace_json(const Profile& profile) {
  const auto calls = profile.calls();
  int64_t origin = INT64_MAX;
  for (const KernelCall& call : calls) origin = std::min(origin, call.start);
  auto events = nlohmann::json::array();
  for (const KernelCall& call : calls) {
    const NodeReport& report = profile.report(call);
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
