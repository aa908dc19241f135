// Chooses the kernel of a node: the first row of the tables that takes it.
#pragma once

#include "kernels/api/backend.h"
#include "runtime/program/program.h"

namespace octet {

struct ChosenKernel {
  std::shared_ptr<const RowKernel> row;  // one of the three
  std::shared_ptr<const TaskKernel> task;
  std::shared_ptr<const DeviceKernel> device;
  Place place = kHost;  // of a device kernel: how many backends with a device come before its own
  std::string name;
  std::vector<std::string> declined;
};

// `backends` in order of preference. A row kernel is taken only where the node is row-local. Error:
// kUnsupported with all refusals when nothing takes the node, and what making a kernel returns.
Result<ChosenKernel> select_kernel(const KernelRequest& request, std::span<const Backend> backends);

// Whether the kernel keeps the codes of a quantized weight in a layout of its own.
bool packs_weights(const ChosenKernel& chosen);

}  // namespace octet
