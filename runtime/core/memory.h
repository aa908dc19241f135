// Memory: where Octet's buffers come from, how many bytes they are, and how many they may be.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace octet {

class WeightChunks;

// A buffer could not be had. what() says how many bytes were asked for, are in use and may be.
class OutOfMemory : public std::bad_alloc {
 public:
  // `ceiling` 0: the allocator had none left.
  OutOfMemory(size_t asked, int64_t in_use, int64_t ceiling);
  const char* what() const noexcept override { return text_; }

 private:
  char text_[192];  // it must not need memory itself
};

struct MemoryOptions {
  // The host's allocator; nullptr: the system's, with packed weights on huge pages. `allocate`
  // gives nullptr when it has none left. Called from any thread.
  void* (*allocate)(void* user, size_t size, size_t alignment) = nullptr;
  void (*deallocate)(void* user, void* memory, size_t size, size_t alignment) = nullptr;
  void* user = nullptr;
  int64_t ceiling = 0;  // bytes; 0: none
};

// Buffers keep their Memory alive. Threading: any thread.
class Memory : public std::enable_shared_from_this<Memory> {
 public:
  static std::shared_ptr<Memory> create(const MemoryOptions& options = {});
  // The same source and ceiling as `whole`, whose bytes include this one's; counts its own beside.
  static std::shared_ptr<Memory> part_of(std::shared_ptr<Memory> whole);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // `size` bytes aligned to 64, zeroed, given back with the last reference; whole vectors may be
  // read up to kBufferPadding bytes beyond `size`. Throws OutOfMemory.
  std::shared_ptr<std::byte> allocate(size_t size);
  // The same for packed weights, which stand on huge pages where the source is the system.
  std::shared_ptr<std::byte> allocate_weights(size_t size);

  int64_t bytes_in_use() const { return in_use_.load(std::memory_order_relaxed); }
  int64_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }
  int64_t ceiling() const { return options_.ceiling; }

 private:
  friend class MemoryCharge;
  struct Charge;   // bytes counted, until it ends
  struct Release;  // of a buffer
  Memory(const MemoryOptions& options, std::shared_ptr<Memory> whole);
  void add(int64_t bytes);
  void remove(int64_t bytes);

  MemoryOptions options_;
  std::shared_ptr<Memory> whole_;         // of a part
  std::shared_ptr<WeightChunks> chunks_;  // of the system's memory; parts share it
  std::atomic<int64_t> in_use_{0}, peak_{0};
};

// Makes `memory` the one that allocate_buffer() and allocate_weights() take from in this thread,
// until the scope ends; scopes nest. Entry points open one, so that what lies between need not hand
// it through. nullptr: leaves the current one.
class MemoryScope {
 public:
  explicit MemoryScope(Memory* memory);
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 private:
  Memory* before_;
};
// nullptr outside of any scope: buffers then come from the system uncounted.
Memory* current_memory();

// Counts bytes in the current memory that come from elsewhere (a library's objects, containers),
// until it ends. Such counts are estimates; whoever makes one says of what.
class MemoryCharge {
 public:
  MemoryCharge() = default;
  // Throws OutOfMemory.
  explicit MemoryCharge(size_t bytes);
  ~MemoryCharge();
  MemoryCharge(MemoryCharge&& other) noexcept;
  MemoryCharge& operator=(MemoryCharge&& other) noexcept;

 private:
  std::shared_ptr<Memory> memory_;  // nullptr: counts nothing
  int64_t bytes_ = 0;
};

// `size` bytes for packed weights from the current memory. Throws std::bad_alloc.
std::shared_ptr<std::byte> allocate_weights(size_t size);

}  // namespace octet
