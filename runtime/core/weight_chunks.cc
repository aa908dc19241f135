// Chunks of huge pages that blocks are cut from, front to back.
#include "runtime/core/weight_chunks.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace octet {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
// Untouched pages cost address space alone, so a chunk may be large.
constexpr size_t kChunk = size_t{64} << 20;
constexpr size_t kAlignment = 64;

constexpr size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

// Zeroed pages that are handed out once each.
class WeightChunks::Chunk {
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

std::shared_ptr<std::byte> WeightChunks::take(size_t bytes) {
  const size_t size = round_up(bytes, kAlignment);
  if (size > kChunk / 4) {
    const auto own = std::make_shared<Chunk>(round_up(size, kHugePage));
    return {own, own->take(size)};
  }
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Chunk> chunk = current_.lock();
  std::byte* block = chunk == nullptr ? nullptr : chunk->take(size);
  if (block == nullptr) {
    chunk = std::make_shared<Chunk>(kChunk);
    block = chunk->take(size);
    current_ = chunk;
  }
  return {chunk, block};
}

}  // namespace octet
