// Counting, the ceiling, and the memory that is current in a thread.
#include "runtime/core/memory.h"

#include <cstdio>
#include <cstring>

#include "runtime/core/system_memory.h"
#include "runtime/core/tensor.h"
#include "runtime/core/weight_chunks.h"

namespace octet {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kMostBytes = size_t{1} << 62;  // beyond it sums would overflow

thread_local Memory* current = nullptr;

size_t padded(size_t size) {
  if (size > kMostBytes) throw OutOfMemory(size, 0, 0);
  return (size + kBufferPadding + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

OutOfMemory::OutOfMemory(size_t asked, int64_t in_use, int64_t ceiling) {
  if (ceiling > 0)
    std::snprintf(text_, sizeof(text_),
                  "out of memory: %zu bytes more than the %lld in use would exceed the memory "
                  "ceiling of %lld bytes; raise it, or use smaller batches or fewer sessions",
                  asked, static_cast<long long>(in_use), static_cast<long long>(ceiling));
  else
    std::snprintf(text_, sizeof(text_),
                  "out of memory: the allocator has not %zu bytes more than the %lld in use", asked,
                  static_cast<long long>(in_use));
}

// Bytes counted in a memory and those that it is a part of; taken back unless kept.
struct Memory::Charge {
  Charge(Memory& of, size_t size) : memory(&of), bytes(static_cast<int64_t>(size)) {
    of.add(bytes);
  }
  ~Charge() {
    if (memory != nullptr) memory->remove(bytes);
  }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

  Memory* memory;
  int64_t bytes;
};

struct Memory::Release {
  std::shared_ptr<Memory> memory;
  size_t bytes;
  std::shared_ptr<std::byte> block;  // that owns the bytes; nullptr: they are the source's

  void operator()(std::byte* buffer) {
    const MemoryOptions& source = memory->options_;
    if (block != nullptr)
      block.reset();
    else if (source.deallocate != nullptr)
      source.deallocate(source.user, buffer, bytes, kAlignment);
    else
      free_system_memory(buffer, bytes);
    memory->remove(static_cast<int64_t>(bytes));
  }
};

std::shared_ptr<Memory> Memory::create(const MemoryOptions& options) {
  auto memory = std::shared_ptr<Memory>(new Memory(options, nullptr));
  if (options.allocate == nullptr) memory->chunks_ = std::make_shared<WeightChunks>();
  return memory;
}

std::shared_ptr<Memory> Memory::part_of(std::shared_ptr<Memory> whole) {
  const MemoryOptions options = whole->options_;
  auto chunks = whole->chunks_;
  auto part = std::shared_ptr<Memory>(new Memory(options, std::move(whole)));
  part->chunks_ = std::move(chunks);
  return part;
}

Memory::Memory(const MemoryOptions& options, std::shared_ptr<Memory> whole)
    : options_(options), whole_(std::move(whole)) {}
Memory::~Memory() = default;

void Memory::add(int64_t bytes) {
  if (whole_ != nullptr) whole_->add(bytes);
  int64_t seen = in_use_.load(std::memory_order_relaxed);
  do {
    if (whole_ == nullptr && options_.ceiling > 0 && bytes > options_.ceiling - seen)
      throw OutOfMemory(static_cast<size_t>(bytes), seen, options_.ceiling);
  } while (!in_use_.compare_exchange_weak(seen, seen + bytes, std::memory_order_relaxed));
  int64_t peak = peak_.load(std::memory_order_relaxed);
  while (peak < seen + bytes &&
         !peak_.compare_exchange_weak(peak, seen + bytes, std::memory_order_relaxed)) {
  }
}

void Memory::remove(int64_t bytes) {
  in_use_.fetch_sub(bytes, std::memory_order_relaxed);
  if (whole_ != nullptr) whole_->remove(bytes);
}

std::shared_ptr<std::byte> Memory::allocate(size_t size) {
  const size_t bytes = padded(size);
  Charge charge(*this, bytes);
  void* buffer = options_.allocate != nullptr ? options_.allocate(options_.user, bytes, kAlignment)
                                              : take_system_memory(bytes);
  if (buffer == nullptr) throw OutOfMemory(bytes, bytes_in_use() - charge.bytes, 0);
  charge.memory = nullptr;  // Release takes it back from here on
  if (options_.allocate != nullptr) std::memset(buffer, 0, bytes);
  return {static_cast<std::byte*>(buffer), Release{shared_from_this(), bytes, nullptr}};
}

std::shared_ptr<std::byte> Memory::allocate_weights(size_t size) {
  if (chunks_ == nullptr) return allocate(size);
  const size_t bytes = padded(size);
  Charge charge(*this, bytes);
  std::shared_ptr<std::byte> block = chunks_->take(bytes);
  charge.memory = nullptr;
  std::byte* buffer = block.get();
  return {buffer, Release{shared_from_this(), bytes, std::move(block)}};
}

MemoryScope::MemoryScope(Memory* memory) : before_(current) {
  if (memory != nullptr) current = memory;
}
MemoryScope::~MemoryScope() { current = before_; }
Memory* current_memory() { return current; }

MemoryCharge::MemoryCharge(size_t bytes) : bytes_(static_cast<int64_t>(bytes)) {
  if (current == nullptr) return;
  current->add(bytes_);
  memory_ = current->shared_from_this();
}
MemoryCharge::~MemoryCharge() {
  if (memory_ != nullptr) memory_->remove(bytes_);
}
MemoryCharge::MemoryCharge(MemoryCharge&& other) noexcept
    : memory_(std::move(other.memory_)), bytes_(other.bytes_) {}
MemoryCharge& MemoryCharge::operator=(MemoryCharge&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

std::shared_ptr<std::byte> allocate_weights(size_t size) {
  if (current != nullptr) return current->allocate_weights(size);
  constexpr size_t kWorthAChunk = size_t{1} << 20;
  return size < kWorthAChunk ? allocate_buffer(size) : WeightChunks().take(padded(size));
}

std::shared_ptr<std::byte> allocate_buffer(size_t size) {
  if (current != nullptr) return current->allocate(size);
  const size_t bytes = padded(size);
  void* buffer = take_system_memory(bytes);
  if (buffer == nullptr) throw std::bad_alloc();
  return {static_cast<std::byte*>(buffer), [bytes](std::byte* p) { free_system_memory(p, bytes); }};
}

}  // namespace octet
