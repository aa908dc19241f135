// First-fit placement by lifetime.
#include "runtime/binding/place_memory.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

#include "runtime/binding/gaps.h"

namespace octet {

int64_t place_memory(std::vector<Lifetime>& buffers) {
  constexpr int64_t kAlignment = 64;
  const auto size_of = [&](const Lifetime& buffer) {
    return (buffer.bytes + kAlignment - 1) / kAlignment * kAlignment;
  };
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return buffers[a].first < buffers[b].first; });
  using Ending = std::pair<int, size_t>;  // the last moment of a buffer
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> live;
  Gaps gaps;
  int64_t total = 0;
  for (size_t index : order) {
    Lifetime& buffer = buffers[index];
    while (!live.empty() && live.top().first < buffer.first) {
      const Lifetime& ended = buffers[live.top().second];
      gaps.give_back(ended.offset, size_of(ended));
      live.pop();
    }
    const int64_t size = size_of(buffer);
    buffer.offset = 0;
    if (size > 0) {
      buffer.offset = gaps.take(size);
      if (buffer.offset < 0) return Gaps::kLargest;
      live.emplace(buffer.last, index);
    }
    total = std::max(total, buffer.offset + size);
  }
  return total;
}

}  // namespace octet
