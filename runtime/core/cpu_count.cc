// Affinity mask and cgroup quota.
#include "runtime/core/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <fstream>

namespace octet {
namespace {

std::optional<double> read_v2_quota(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota = 0, period = 0;  // "max 100000" has no number first
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<double> read_v1_quota(const std::string& folder) {
  double quota = -1, period = 0;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
  std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

// The tightest quota on the path from `group` up to the root: limits of parents bind too.
std::optional<double> tightest(const std::string& root, std::string group,
                               std::optional<double> (*read)(const std::string&)) {
  std::optional<double> least;
  for (;;) {
    if (auto quota = read(root + group)) least = least ? std::min(*least, *quota) : *quota;
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos || group == "/") return least;
    group.resize(slash);
  }
}

}  // namespace

std::optional<double> cgroup_cpu_quota(const std::string& root) {
  std::ifstream file(root + "/proc/self/cgroup");
  std::optional<double> least;
  for (std::string line; std::getline(file, line);) {  // "0::/group" or "4:cpu,cpuacct:/group"
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    std::optional<double> quota;
    if (controllers == ",,") quota = tightest(root + "/sys/fs/cgroup", group, read_v2_quota);
    if (controllers.find(",cpu,") != std::string::npos)
      quota = tightest(root + "/sys/fs/cgroup/cpu", group, read_v1_quota);
    if (quota) least = least ? std::min(*least, *quota) : *quota;
  }
  return least;
}

int available_cpu_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int count = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) count = std::max(1, CPU_COUNT(&set));
  if (const auto quota = cgroup_cpu_quota())
    count = std::min(count, std::max(1, static_cast<int>(*quota)));
  return count;
}

}  // namespace octet
