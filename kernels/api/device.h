// A device: memory that the host must not touch, a queue of work that is done there, and the form
// of a kernel that is put on that queue.
//
// Addresses of device memory travel as std::byte*, in views like those of host memory; only the
// device's own queue and kernels may follow them. Copies to and from the host are commands of their
// own, so that --explain shows each.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "kernels/api/operand_shape.h"
#include "kernels/api/packed_weights.h"
#include "runtime/core/status.h"
#include "runtime/core/tensor.h"

namespace octet {

// Work that a device does in the order in which it was put there, while the host goes on.
// Threading: one thread at a time; different queues at once.
class DeviceQueue {
 public:
  virtual ~DeviceQueue() = default;
  // Copies `bytes` > 0. The host's memory must stay as it is, or not be looked at, until
  // synchronize() has returned.
  virtual Status upload(std::byte* device, const std::byte* host, size_t bytes) = 0;
  virtual Status download(std::byte* host, const std::byte* device, size_t bytes) = 0;
  // Waits until all that was put here is done; a run's deadline is looked at before and after, not
  // meanwhile. Error: the first of what went wrong there.
  virtual Status synchronize() = 0;
};

// Threading: any thread.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;  // "cuda:0"
  // Device memory aligned to 256 bytes, of any contents, freed with the last reference. Error:
  // kResourceExhausted.
  virtual Result<std::shared_ptr<std::byte>> allocate(size_t bytes) = 0;
  virtual Result<std::unique_ptr<DeviceQueue>> make_queue() = 0;
};

struct DeviceArgs {
  std::span<const TensorView> inputs;  // data: device addresses; nullptr where absent
  std::span<const TensorView> outputs;
  std::byte* workspace = nullptr;  // workspace_bytes() of device memory, aligned to 256
};

// Puts the work of one node on a queue of its device. Immutable; called by one thread per queue.
class DeviceKernel {
 public:
  virtual ~DeviceKernel() = default;
  // `args` are good during the call only. Error: what the device refuses; what goes wrong later
  // comes back from synchronize().
  virtual Status enqueue(const DeviceArgs& args, DeviceQueue& queue) const = 0;
  virtual size_t workspace_bytes([[maybe_unused]] std::span<const OperandShape> inputs,
                                 [[maybe_unused]] std::span<const OperandShape> outputs) const {
    return 0;
  }
  // Whether input `index` may have any strides; otherwise it comes contiguous.
  virtual bool accepts_strides([[maybe_unused]] int index) const { return false; }
  // Whether a run needs input `index`; false for weights that the kernel has packed.
  virtual bool reads_input([[maybe_unused]] int index) const { return true; }
  // Rows of the outputs start at multiples of this many elements; what lies between is undefined.
  virtual int64_t output_row_alignment() const { return 1; }
  virtual const PackedWeights* packed_weights() const { return nullptr; }
};

}  // namespace octet
