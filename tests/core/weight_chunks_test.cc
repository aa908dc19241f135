// Memory for packed weights: aligned, zeroed, never shared by two blocks, and given back.
#include "runtime/core/weight_chunks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace octet {
namespace {

bool holds(const std::byte* block, size_t bytes, int value) {
  return std::all_of(block, block + bytes, [value](std::byte b) { return b == std::byte(value); });
}

TEST(WeightChunks, BlocksAreAlignedZeroedAndApart) {
  WeightChunks chunks;
  const std::vector<size_t> sizes = {
      1, 63, 64, 65, 4096, size_t{3} << 20, size_t{17} << 20, size_t{30} << 20};
  std::vector<std::shared_ptr<std::byte>> blocks;
  for (int round = 0; round < 3; ++round)
    for (const size_t size : sizes) {
      blocks.push_back(chunks.take(size));
      ASSERT_EQ(reinterpret_cast<uintptr_t>(blocks.back().get()) % 64, 0u);
      ASSERT_TRUE(holds(blocks.back().get(), size, 0)) << size;
      std::memset(blocks.back().get(), static_cast<int>(blocks.size()), size);
    }
  for (size_t i = 0; i < blocks.size(); ++i)
    EXPECT_TRUE(holds(blocks[i].get(), sizes[i % sizes.size()], static_cast<int>(i + 1))) << i;
}

TEST(WeightChunks, ABlockOutlivesItsNeighbours) {
  WeightChunks chunks;
  auto first = chunks.take(1000);
  auto second = chunks.take(1000);
  std::memset(second.get(), 7, 1000);
  first.reset();
  EXPECT_TRUE(holds(second.get(), 1000, 7));
}

TEST(WeightChunks, ManyThreadsAtOnce) {
  WeightChunks chunks;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&chunks, &wrong, t] {
      std::vector<std::shared_ptr<std::byte>> blocks;
      for (int i = 0; i < 200; ++i) {
        blocks.push_back(chunks.take(100'000));
        std::memset(blocks.back().get(), t + 1, 100'000);
      }
      for (const auto& block : blocks)
        wrong[static_cast<size_t>(t)] += !holds(block.get(), 100'000, t + 1);
    });
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace octet
