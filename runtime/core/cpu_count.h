// How many threads this process may keep busy.
#pragma once

namespace octet {

// min(CPUs in the affinity mask, cgroup CPU quota rounded down), at least 1. Reads /proc and
// /sys/fs/cgroup (v2, and v1's cpu controller); what cannot be read does not limit.
int available_cpu_count();

}  // namespace octet
