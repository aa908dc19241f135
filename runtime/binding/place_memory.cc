// First-fit placement by lifetime.
#include "runtime/binding/place_memory.h"

#include <algorithm>
#include <numeric>

namespace octet {

int64_t place_memory(std::vector<Lifetime>& buffers) {
  constexpr int64_t kAlignment = 64;
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return buffers[a].first < buffers[b].first; });
  std::vector<size_t> live;  // sorted by offset
  int64_t total = 0;
  for (size_t index : order) {
    Lifetime& buffer = buffers[index];
    std::erase_if(live, [&](size_t other) { return buffers[other].last < buffer.first; });
    const int64_t size = (buffer.bytes + kAlignment - 1) / kAlignment * kAlignment;
    int64_t offset = 0;
    auto place = live.begin();
    for (; place != live.end(); ++place) {
      const Lifetime& other = buffers[*place];
      if (offset + size <= other.offset) break;
      offset =
          std::max(offset, other.offset + (other.bytes + kAlignment - 1) / kAlignment * kAlignment);
    }
    buffer.offset = offset;
    live.insert(place, index);
    total = std::max(total, offset + size);
  }
  return total;
}

}  // namespace octet
