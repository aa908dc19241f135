// Buffers that live at the same time never overlap, and memory is used again.
#include "runtime/binding/place_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
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

// First fit as it is defined: the lowest offset where nothing that is alive lies.
int64_t lowest_fit(const std::vector<Lifetime>& placed, const Lifetime& buffer) {
  const auto rounded = [](int64_t bytes) { return (bytes + 63) / 64 * 64; };
  std::vector<int64_t> candidates{0};
  for (const Lifetime& other : placed)
    if (other.last >= buffer.first) candidates.push_back(other.offset + rounded(other.bytes));
  int64_t best = INT64_MAX;
  for (const int64_t offset : candidates) {
    const bool free = std::ranges::none_of(placed, [&](const Lifetime& other) {
      return other.last >= buffer.first && offset < other.offset + rounded(other.bytes) &&
             other.offset < offset + rounded(buffer.bytes);
    });
    if (free) best = std::min(best, offset);
  }
  return best;
}

TEST(PlaceMemory, IsFirstFit) {
  std::mt19937 random(11);
  for (int round = 0; round < 100; ++round) {
    std::vector<Lifetime> buffers;
    for (int i = 0; i < 60; ++i) {
      const int first = static_cast<int>(random() % 40);
      const auto bytes =
          static_cast<int64_t>(random() % 8 == 0 ? random() % 20000 : random() % 300);
      buffers.push_back({bytes, first, first + static_cast<int>(random() % 12)});
    }
    std::ranges::stable_sort(buffers, {}, &Lifetime::first);
    place_memory(buffers);
    std::vector<Lifetime> placed;
    for (const Lifetime& buffer : buffers) {
      if (buffer.bytes == 0) continue;
      EXPECT_EQ(buffer.offset, lowest_fit(placed, buffer));
      placed.push_back(buffer);
    }
  }
}

TEST(PlaceMemory, SaysWhereThereIsNoRoom) {
  std::vector<Lifetime> buffers(3, {int64_t{1} << 49, 0, 1});
  EXPECT_GT(place_memory(buffers), int64_t{1} << 50);
  std::vector<Lifetime> huge{{int64_t{1} << 60, 0, 0}};
  EXPECT_GT(place_memory(huge), int64_t{1} << 50);
}

}  // namespace
}  // namespace octet
