// A device without hardware: memory that faults when the host touches it, and a queue that does
// nothing before it must. It proves the seam between the runtime and devices.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "kernels/api/backend.h"

namespace octet::test {

// Its memory is PROT_NONE but while its own queue works. Threading: any thread; queues work one at
// a time.
class FakeDevice : public Device, public std::enable_shared_from_this<FakeDevice> {
 public:
  explicit FakeDevice(std::string name = "fake:0") : name_(std::move(name)) {}

  std::string name() const override { return name_; }
  Result<std::shared_ptr<std::byte>> allocate(size_t bytes) override;
  Result<std::unique_ptr<DeviceQueue>> make_queue() override;

  // While it lives, its maker may touch `bytes` at `address`: the one way to device memory.
  class HostView {
   public:
    HostView(FakeDevice& device, const std::byte* address);
    ~HostView();
    HostView(const HostView&) = delete;
    HostView& operator=(const HostView&) = delete;

   private:
    FakeDevice& device_;
    std::byte* start_;
    size_t size_;
  };

  // Copies and kernels since the last call.
  struct Counts {
    int uploads = 0, downloads = 0, kernels = 0;
  };
  Counts take_counts() { return std::exchange(counts_, {}); }
  int64_t bytes_in_use() const;
  // On queues, and not done.
  int pending_work() const { return pending_; }

  // The calls from now on that fail, once: the nth allocation, the nth piece of work.
  int failing_allocation = -1;
  int failing_work = -1;
  // Called when a kernel is put on a queue; may throw.
  std::function<void()> on_launch;

 private:
  friend class FakeQueue;
  void release(std::byte* start);

  const std::string name_;
  mutable std::mutex mutex_;
  std::mutex at_work_;
  std::map<const std::byte*, size_t> blocks_;  // mapped bytes, by start
  Counts counts_;
  std::atomic<int> pending_{0};
};

// Runs Neg and Relu (Unary), Add and Mul (Binary) and Linear without activation and residual, all
// f32; rows of Linear's outputs start at multiples of 16 elements, and Mul overwrites a workspace.
Backend fake_backend(std::shared_ptr<FakeDevice> device);
// Add and Mul alone.
Backend fake_arithmetic_backend(std::shared_ptr<FakeDevice> device);

}  // namespace octet::test
