// Memory by mmap, work by closures.
#include "tests/support/fake_device.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cassert>
#include <cstring>
#include <deque>

namespace octet::test {

class FakeQueue : public DeviceQueue {
 public:
  explicit FakeQueue(std::shared_ptr<FakeDevice> device) : device_(std::move(device)) {}

  Status upload(std::byte* to, const std::byte* host, size_t bytes) override {
    ++device_->counts_.uploads;
    return add([this, to, host, bytes] {
      const FakeDevice::HostView view(*device_, to);
      std::memcpy(to, host, bytes);
    });
  }
  Status download(std::byte* host, const std::byte* from, size_t bytes) override {
    ++device_->counts_.downloads;
    std::memset(host, 0xFF, bytes);  // who reads too early reads NaN
    return add([this, host, from, bytes] {
      const FakeDevice::HostView view(*device_, from);
      std::memcpy(host, from, bytes);
    });
  }
  Status launch(std::function<void()> work) {
    if (device_->on_launch) device_->on_launch();
    ++device_->counts_.kernels;
    return add(std::move(work));
  }
  Status synchronize() override {
    const std::lock_guard lock(device_->at_work_);
    Status status;
    for (; !work_.empty(); work_.pop_front(), --device_->pending_) {
      if (device_->failing_work >= 0 && device_->failing_work-- == 0)
        status = internal_error("the device is lost");
      if (status.is_ok()) work_.front()();
    }
    return status;
  }
  FakeDevice& device() { return *device_; }

 private:
  Status add(std::function<void()> work) {
    work_.push_back(std::move(work));
    ++device_->pending_;
    return Status::ok();
  }

  std::shared_ptr<FakeDevice> device_;
  std::deque<std::function<void()>> work_;
};

Result<std::shared_ptr<std::byte>> FakeDevice::allocate(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (failing_allocation >= 0 && failing_allocation-- == 0)
    return resource_exhausted("device " + name_ + " has no more memory");
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = (bytes / page + 1) * page;
  void* memory = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert(memory != MAP_FAILED);
  auto* start = static_cast<std::byte*>(memory);
  blocks_[start] = size;
  return std::shared_ptr<std::byte>(
      start, [self = shared_from_this()](std::byte* block) { self->release(block); });
}

void FakeDevice::release(std::byte* start) {
  const std::lock_guard lock(mutex_);
  munmap(start, blocks_.at(start));
  blocks_.erase(start);
}

int64_t FakeDevice::bytes_in_use() const {
  const std::lock_guard lock(mutex_);
  int64_t bytes = 0;
  for (const auto& [start, size] : blocks_) bytes += static_cast<int64_t>(size);
  return bytes;
}

Result<std::unique_ptr<DeviceQueue>> FakeDevice::make_queue() {
  return std::unique_ptr<DeviceQueue>(new FakeQueue(shared_from_this()));
}

FakeDevice::HostView::HostView(FakeDevice& device, const std::byte* address) : device_(device) {
  device_.mutex_.lock();
  auto block = device_.blocks_.upper_bound(address);
  assert(block != device_.blocks_.begin());
  --block;
  start_ = const_cast<std::byte*>(block->first);
  size_ = block->second;
  assert(address < start_ + size_);
  device_.mutex_.unlock();
  mprotect(start_, size_, PROT_READ | PROT_WRITE);
}

FakeDevice::HostView::~HostView() { mprotect(start_, size_, PROT_NONE); }

namespace {

// Calls f(output offset, input offsets) for every element, inputs broadcast as NumPy does.
template <size_t N, class F>
void for_each_element(const TensorView& output, const std::array<TensorView, N>& inputs, F&& f) {
  const int rank = output.shape.rank();
  for (int64_t element = 0; element < output.element_count(); ++element) {
    int64_t rest = element, at = 0;
    std::array<int64_t, N> from{};
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t index = rest % output.shape[axis];
      rest /= output.shape[axis];
      at += index * output.strides[axis];
      for (size_t i = 0; i < N; ++i) {
        const int own = axis - rank + inputs[i].shape.rank();
        if (own >= 0 && inputs[i].shape[own] != 1) from[i] += index * inputs[i].strides[own];
      }
    }
    f(at, from);
  }
}

// A kernel whose work is a function of its views, done when the queue is.
template <class Attrs>
class FakeKernel : public DeviceKernel {
 public:
  using Function = void (*)(const Attrs&, const std::vector<TensorView>&, const TensorView&);
  FakeKernel(Attrs attrs, Function function, int64_t alignment, bool strided)
      : attrs_(std::move(attrs)), function_(function), alignment_(alignment), strided_(strided) {}

  Status enqueue(const DeviceArgs& args, DeviceQueue& queue) const override {
    auto& fake = static_cast<FakeQueue&>(queue);
    std::vector<TensorView> inputs(args.inputs.begin(), args.inputs.end());
    const bool has_workspace = workspace_bytes({}, {}) > 0;
    return fake.launch([this, &fake, inputs, output = args.outputs[0],
                        workspace = has_workspace ? args.workspace : nullptr] {
      std::deque<FakeDevice::HostView> opened;
      std::vector<const std::byte*> addresses{output.data};
      if (workspace != nullptr) addresses.push_back(workspace + workspace_bytes({}, {}) - 1);
      for (const TensorView& input : inputs)
        if (input.data != nullptr && input.element_count() > 0) addresses.push_back(input.data);
      for (const std::byte* address : addresses) opened.emplace_back(fake.device(), address);
      if (workspace != nullptr) std::memset(workspace, 0xFF, workspace_bytes({}, {}));
      function_(attrs_, inputs, output);
    });
  }
  bool accepts_strides(int) const override { return strided_; }
  // Mul claims some, and fills it, so that it must not be anybody else's.
  size_t workspace_bytes(std::span<const OperandShape>,
                         std::span<const OperandShape>) const override {
    if constexpr (std::is_same_v<Attrs, BinaryAttrs>)
      return attrs_.function == BinaryFunction::kMul ? 5000 : 0;
    else
      return 0;
  }
  int64_t output_row_alignment() const override { return alignment_; }

 private:
  const Attrs attrs_;
  const Function function_;
  const int64_t alignment_;
  const bool strided_;
};

void run_unary(const UnaryAttrs& attrs, const std::vector<TensorView>& in, const TensorView& out) {
  for_each_element<1>(out, {in[0]}, [&](int64_t at, const std::array<int64_t, 1>& from) {
    const float x = in[0].as<float>()[from[0]];
    out.as<float>()[at] = attrs.function == UnaryFunction::kNeg ? -x : std::max(x, 0.0f);
  });
}

void run_binary(const BinaryAttrs& attrs, const std::vector<TensorView>& in,
                const TensorView& out) {
  for_each_element<2>(out, {in[0], in[1]}, [&](int64_t at, const std::array<int64_t, 2>& from) {
    const float x = in[0].as<float>()[from[0]], y = in[1].as<float>()[from[1]];
    out.as<float>()[at] = attrs.function == BinaryFunction::kAdd ? x + y : x * y;
  });
}

// Inputs src, weights, bias (optional); src and dst may have any strides.
void run_linear(const LinearAttrs& attrs, const std::vector<TensorView>& in,
                const TensorView& out) {
  const TensorView& weights = in[1];
  const int along_k = attrs.weights_transposed ? 1 : 0;
  TensorView src_rows = in[0];
  src_rows.strides[src_rows.shape.rank() - 1] = 0;  // the loop along k is inside
  for_each_element<1>(out, {src_rows}, [&](int64_t at, const std::array<int64_t, 1>& from) {
    const int last = out.shape.rank() - 1;
    int64_t n = at;  // the column: outputs are rows of a constant pitch
    const int64_t pitch = last > 0 ? out.strides[last - 1] : n + 1;
    n %= pitch;
    float sum = in.size() > 2 && in[2].data != nullptr ? in[2].as<float>()[n] : 0.0f;
    for (int64_t k = 0; k < weights.shape[along_k]; ++k)
      sum += in[0].as<float>()[from[0] + k * in[0].strides[last]] *
             weights.as<float>()[k * weights.strides[along_k] + n * weights.strides[1 - along_k]];
    out.as<float>()[at] = sum;
  });
}

Support all_f32(const KernelRequest& request) {
  for (const TypeInfo* input : request.inputs)
    if (input != nullptr && input->dtype != DType::kF32) return Support::no("operands must be f32");
  return Support::yes();
}

Support accept_unary(const KernelRequest& request) {
  const UnaryFunction function = std::get<UnaryAttrs>(request.attributes).function;
  if (function != UnaryFunction::kNeg && function != UnaryFunction::kRelu)
    return Support::no("the function must be neg or relu");
  return all_f32(request);
}
Result<Kernel> make_unary(const KernelRequest& request) {
  return Kernel(std::unique_ptr<DeviceKernel>(
      new FakeKernel<UnaryAttrs>(std::get<UnaryAttrs>(request.attributes), run_unary, 1, false)));
}

Support accept_binary(const KernelRequest& request) {
  const BinaryFunction function = std::get<BinaryAttrs>(request.attributes).function;
  if (function != BinaryFunction::kAdd && function != BinaryFunction::kMul)
    return Support::no("the function must be add or mul");
  return all_f32(request);
}
Result<Kernel> make_binary(const KernelRequest& request) {
  return Kernel(std::unique_ptr<DeviceKernel>(
      new FakeKernel<BinaryAttrs>(std::get<BinaryAttrs>(request.attributes), run_binary, 1, true)));
}

Support accept_linear(const KernelRequest& request) {
  const auto& attrs = std::get<LinearAttrs>(request.attributes);
  if (attrs.epilogue.activation != Activation::kNone || request.inputs.size() > 3)
    return Support::no("there must be no activation and no residual");
  if (request.outputs[0].dtype != DType::kF32) return Support::no("the output must be f32");
  return all_f32(request);
}
Result<Kernel> make_linear(const KernelRequest& request) {
  return Kernel(std::unique_ptr<DeviceKernel>(new FakeKernel<LinearAttrs>(
      std::get<LinearAttrs>(request.attributes), run_linear, 16, true)));
}

constexpr KernelRow kRows[] = {
    {"unary/fake", OpKind::kUnary, accept_unary, make_unary},
    {"binary/fake", OpKind::kBinary, accept_binary, make_binary},
    {"linear/fake", OpKind::kLinear, accept_linear, make_linear},
};

constexpr KernelRow kArithmeticRows[] = {
    {"binary/fake", OpKind::kBinary, accept_binary, make_binary},
};

}  // namespace

Backend fake_arithmetic_backend(std::shared_ptr<FakeDevice> device) {
  return {.name = "fake arithmetic", .device = std::move(device), .kernels = kArithmeticRows};
}

Backend fake_backend(std::shared_ptr<FakeDevice> device) {
  return {.name = "fake", .device = std::move(device), .kernels = kRows};
}

}  // namespace octet::test
