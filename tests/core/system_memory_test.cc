// Blocks come zeroed and aligned, and large ones make the process smaller when they are freed.
#include "runtime/core/system_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace octet {
namespace {

TEST(SystemMemory, IsZeroedAndAligned) {
  for (const size_t bytes : {size_t{64}, size_t{4096}, size_t{256} << 10, size_t{3} << 20}) {
    for (int round = 0; round < 2; ++round) {  // the second may get what the first has written
      auto* memory = static_cast<unsigned char*>(take_system_memory(bytes));
      ASSERT_NE(memory, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
      EXPECT_EQ(memory[0], 0);
      EXPECT_EQ(std::memcmp(memory, memory + 1, bytes - 1), 0);
      std::memset(memory, 0xa5, bytes);
      free_system_memory(memory, bytes);
    }
  }
}

TEST(SystemMemory, NothingLeftIsNull) { EXPECT_EQ(take_system_memory(size_t{1} << 62), nullptr); }

#ifndef __SANITIZE_ADDRESS__
int64_t resident_pages() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident;
}

// As a load does it: layer by layer a large block goes and smaller ones stay, between blocks of the
// C library.
TEST(SystemMemory, GoesBackToTheSystem) {
  constexpr size_t kLarge = size_t{9} << 20, kSmall = size_t{1} << 20;
  std::vector<void*> small, others;
  const int64_t before = resident_pages();
  for (int layer = 0; layer < 20; ++layer) {
    void* large = take_system_memory(kLarge);
    std::memset(large, 1, kLarge);
    small.push_back(take_system_memory(kSmall));
    std::memset(small.back(), 1, kSmall);
    others.push_back(std::malloc(100));
    free_system_memory(large, kLarge);
  }
  for (void* block : small) free_system_memory(block, kSmall);
  const int64_t pages = resident_pages() - before;
  for (void* block : others) std::free(block);
  EXPECT_LT(pages, 256) << "1 MB of pages; one large block alone has 2304";
}
#endif

}  // namespace
}  // namespace octet
