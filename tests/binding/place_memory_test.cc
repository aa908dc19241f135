// Buffers that live at the same time never overlap, and memory is used again.
#include "runtime/binding/place_memory.h"

#include <gtest/gtest.h>

#include <random>

namespace octet {
namespace {

bool overlap(const Lifetime& a, const Lifetime& b) {
  const bool in_time = a.first <= b.last && b.first <= a.last;
  const bool in_space = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  return in_time && in_space;
}

TEST(PlaceMemory, ChainUsesTwoBuffers) {
  std::vector<Lifetime> buffers;
  for (int i = 0; i < 10; ++i) buffers.push_back({1000, i, i + 1});
  EXPECT_EQ(place_memory(buffers), 2 * 1024);
}

TEST(PlaceMemory, NothingToPlace) {
  std::vector<Lifetime> none;
  EXPECT_EQ(place_memory(none), 0);
  std::vector<Lifetime> empty{{0, 0, 3}, {0, 1, 2}};
  EXPECT_EQ(place_memory(empty), 0);
}

TEST(PlaceMemory, RandomLifetimesNeverOverlap) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> buffers;
    for (int i = 0; i < 40; ++i) {
      const int first = static_cast<int>(random() % 30);
      buffers.push_back(
          {static_cast<int64_t>(random() % 5000), first, first + static_cast<int>(random() % 6)});
    }
    const int64_t total = place_memory(buffers);
    for (size_t i = 0; i < buffers.size(); ++i) {
      EXPECT_EQ(buffers[i].offset % 64, 0);
      EXPECT_LE(buffers[i].offset + buffers[i].bytes, total);
      for (size_t j = 0; j < i; ++j)
        EXPECT_FALSE(buffers[i].bytes > 0 && buffers[j].bytes > 0 &&
                     overlap(buffers[i], buffers[j]));
    }
  }
}

}  // namespace
}  // namespace octet
