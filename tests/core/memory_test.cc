// Memory counts what is alive, keeps its ceiling, asks the host, and is current for a scope.
#include "runtime/core/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "runtime/core/tensor.h"

namespace octet {
namespace {

// A host that counts, and refuses when told to.
struct Host {
  std::atomic<int64_t> blocks{0}, bytes{0};
  bool empty = false;

  static void* allocate(void* user, size_t size, size_t alignment) {
    auto& host = *static_cast<Host*>(user);
    if (host.empty) return nullptr;
    ++host.blocks;
    host.bytes += static_cast<int64_t>(size);
    return std::aligned_alloc(alignment, size);
  }
  static void deallocate(void* user, void* memory, size_t size, size_t) {
    auto& host = *static_cast<Host*>(user);
    --host.blocks;
    host.bytes -= static_cast<int64_t>(size);
    std::free(memory);
  }
  MemoryOptions options(int64_t ceiling = 0) {
    return {.allocate = allocate, .deallocate = deallocate, .user = this, .ceiling = ceiling};
  }
};

TEST(Memory, CountsWhatIsAlive) {
  const auto memory = Memory::create();
  auto first = memory->allocate(1000);
  const int64_t one = memory->bytes_in_use();
  EXPECT_GE(one, 1000);
  auto second = memory->allocate_weights(5000);
  EXPECT_GE(memory->bytes_in_use(), one + 5000);
  const int64_t peak = memory->bytes_in_use();
  second.reset();
  EXPECT_EQ(memory->bytes_in_use(), one);
  first.reset();
  EXPECT_EQ(memory->bytes_in_use(), 0);
  EXPECT_EQ(memory->peak_bytes(), peak);
}

TEST(Memory, APartCountsBesideTheWhole) {
  const auto whole = Memory::create({.ceiling = 10'000});
  const auto part = Memory::part_of(whole);
  const auto own = whole->allocate(1000);
  auto shared = part->allocate(2000);
  EXPECT_GE(part->bytes_in_use(), 2000);
  EXPECT_LT(part->bytes_in_use(), 3000);
  EXPECT_GE(whole->bytes_in_use(), 3000);
  EXPECT_THROW(part->allocate(9000), OutOfMemory);
  EXPECT_LT(part->bytes_in_use(), 3000);
  shared.reset();
  EXPECT_EQ(part->bytes_in_use(), 0);
  EXPECT_LT(whole->bytes_in_use(), 2000);
}

TEST(Memory, TheCeilingIsNamedAndKept) {
  const auto memory = Memory::create({.ceiling = 4096});
  auto buffer = memory->allocate(3000);
  const int64_t before = memory->bytes_in_use();
  try {
    memory->allocate(3000);
    FAIL() << "the ceiling was exceeded";
  } catch (const OutOfMemory& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("4096"),
                                             testing::HasSubstr(std::to_string(before))));
  }
  EXPECT_EQ(memory->bytes_in_use(), before);
  EXPECT_THROW(memory->allocate_weights(3000), OutOfMemory);
  EXPECT_THROW(memory->allocate(SIZE_MAX), OutOfMemory);
  EXPECT_EQ(memory->bytes_in_use(), before);
  buffer.reset();
  EXPECT_NE(memory->allocate(3000), nullptr);
}

TEST(Memory, TheHostIsAskedForAllOfIt) {
  Host host;
  {
    auto memory = Memory::create(host.options());
    auto buffer = memory->allocate(1000), weights = memory->allocate_weights(1000);
    EXPECT_EQ(host.blocks, 2);
    EXPECT_EQ(host.bytes, memory->bytes_in_use());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(weights.get()) % 64, 0u);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(buffer.get()[i], std::byte{0});
    host.empty = true;
    EXPECT_THROW(memory->allocate(1000), OutOfMemory);
    EXPECT_EQ(host.bytes, memory->bytes_in_use());
    memory.reset();  // buffers keep what they need to be given back
  }
  EXPECT_EQ(host.blocks, 0);
  EXPECT_EQ(host.bytes, 0);
}

TEST(Memory, IsCurrentInItsScopeAndThread) {
  const auto outer = Memory::create(), inner = Memory::create();
  EXPECT_EQ(current_memory(), nullptr);
  {
    const MemoryScope scope(outer.get());
    const Tensor tensor(DType::kF32, {10});
    EXPECT_GT(outer->bytes_in_use(), 0);
    const int64_t before = outer->bytes_in_use();
    {
      const MemoryScope nested(inner.get());
      const MemoryScope same(nullptr);
      const auto weights = allocate_weights(100);
      EXPECT_GT(inner->bytes_in_use(), 0);
    }
    EXPECT_EQ(current_memory(), outer.get());
    std::thread([] { EXPECT_EQ(current_memory(), nullptr); }).join();
    EXPECT_EQ(outer->bytes_in_use(), before);
  }
  EXPECT_EQ(current_memory(), nullptr);
  EXPECT_EQ(outer->bytes_in_use() + inner->bytes_in_use(), 0);
}

TEST(MemoryCharge, CountsWhatComesFromElsewhere) {
  const auto memory = Memory::create({.ceiling = 1000});
  MemoryCharge kept;
  {
    const MemoryScope scope(memory.get());
    const MemoryCharge charge(600);
    EXPECT_EQ(memory->bytes_in_use(), 600);
    EXPECT_THROW(MemoryCharge(500), OutOfMemory);
    EXPECT_EQ(memory->bytes_in_use(), 600);
    kept = MemoryCharge(300);
  }
  EXPECT_EQ(memory->bytes_in_use(), 300);
  const MemoryCharge uncounted(1 << 20);
  kept = MemoryCharge();
  EXPECT_EQ(memory->bytes_in_use(), 0);
}

}  // namespace
}  // namespace octet
