// Chunks of huge pages that blocks are cut from, front to back.
#include "kernels/cpu/linear_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <mutex>
#include <new>

namespace octet::cpu {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
// Untouched pages cost address space alone, so a chunk may be large.
constexpr size_t kChunk = size_t{64} << 20;
constexpr size_t kAlignment = 64;

constexpr size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

// Zeroed pages that are handed out once each.
class Chunk {
 public:
  explicit Chunk(size_t size) : mapped_(size + kHugePage) {
    memory_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    const auto address = reinterpret_cast<uintptr_t>(memory_);
    next_ = static_cast<std::byte*>(memory_) + (round_up(address, kHugePage) - address);
    end_ = next_ + size;
    // A refusal leaves small pages, which are slower and no less right.
    ::madvise(next_, size, MADV_HUGEPAGE);
  }
  ~Chunk() { ::munmap(memory_, mapped_); }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  // nullptr when too little is left.
  std::byte* take(size_t bytes) {
    if (bytes > static_cast<size_t>(end_ - next_)) return nullptr;
    std::byte* block = next_;
    next_ += bytes;
    return block;
  }

 private:
  size_t mapped_;
  void* memory_;
  std::byte* next_;
  std::byte* end_;
};

}  // namespace

std::shared_ptr<std::byte> allocate_weights(size_t bytes) {
  // Blocks own their chunk; this only remembers where the next one may start.
  static std::mutex mutex;
  static std::weak_ptr<Chunk> current;
  const size_t size = round_up(bytes, kAlignment);
  if (size > kChunk / 4) {
    const auto own = std::make_shared<Chunk>(round_up(size, kHugePage));
    return {own, own->take(size)};
  }
  const std::lock_guard lock(mutex);
  std::shared_ptr<Chunk> chunk = current.lock();
  std::byte* block = chunk == nullptr ? nullptr : chunk->take(size);
  if (block == nullptr) {
    chunk = std::make_shared<Chunk>(kChunk);
    block = chunk->take(size);
    current = chunk;
  }
  return {chunk, block};
}

}  // namespace octet::cpu
