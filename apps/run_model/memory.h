// The memory of this process, as the kernel counts it.
#pragma once

namespace octet::app {

struct ProcessMemory {
  double resident_mb = 0;  // VmRSS
  double peak_mb = 0;      // VmHWM
};

// From /proc/self/status; MB are 2^20 bytes. Zeros where it can't be read.
ProcessMemory process_memory();

}  // namespace octet::app
