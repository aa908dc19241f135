// Reads /proc/self/status.
#include "apps/run_model/memory.h"

#include <fstream>
#include <string>

namespace octet::app {

ProcessMemory process_memory() {
  ProcessMemory memory;
  std::ifstream status("/proc/self/status");
  std::string key;
  while (status >> key) {
    double kilobytes = 0;
    if (key == "VmRSS:" && status >> kilobytes) memory.resident_mb = kilobytes / 1024;
    if (key == "VmHWM:" && status >> kilobytes) memory.peak_mb = kilobytes / 1024;
    status.ignore(1 << 12, '\n');
  }
  return memory;
}

}  // namespace octet::app
