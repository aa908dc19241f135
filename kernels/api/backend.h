// Backend: the kernels of one kind of machine, as one value.
#pragma once

#include <memory>
#include <span>

#include "kernels/api/kernel_table.h"
#include "runtime/core/backend_features.h"

namespace octet {

// An engine has a list of them, in order of preference; the last one takes everything. A model
// keeps those that it was compiled with, so that replaced weights get the same kernels. Cheap to
// copy.
struct Backend {
  const char* name = "";  // "cpu"
  // Where its kernels work, which are then DeviceKernels; nullptr: host threads and host memory.
  std::shared_ptr<Device> device = nullptr;
  std::span<const KernelRow> kernels;  // fastest first; good while the backend's copies are
  Status (*check)() = nullptr;         // kUnsupported where it cannot run; nullptr: it always can
  BackendFeatures features = {};
  // A task kernel that copies a tensor of any strides to a contiguous one; nullptr: it has none.
  std::unique_ptr<TaskKernel> (*make_copy)() = nullptr;
};

}  // namespace octet
