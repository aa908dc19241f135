// How many threads this process may keep busy.
#pragma once

#include <optional>
#include <string>

namespace octet {

// min(CPUs in the affinity mask, cgroup CPU quota rounded down), at least 1. What cannot be read
// does not limit.
int available_cpu_count();

// The tightest CPU quota, in CPUs, of this process's cgroup and those around it, v2 and v1's cpu
// controller; nullopt where none is set. `root` stands before /proc/self/cgroup and /sys/fs/cgroup,
// so that tests can lay out a system of their own. Formats:
// https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max) and
// https://docs.kernel.org/scheduler/sched-bwc.html (cpu.cfs_quota_us).
std::optional<double> cgroup_cpu_quota(const std::string& root = "");

}  // namespace octet
