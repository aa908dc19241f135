// A buffer that holds the reference to itself.
#include "runtime/api/lent_data.h"

namespace octet {
namespace {

using Owner = std::shared_ptr<std::byte>;
constexpr size_t kHeader = 64;  // keeps the alignment
static_assert(sizeof(Owner) <= kHeader);

}  // namespace

LentData lend_data(Memory& memory, size_t size) {
  if (size > SIZE_MAX - kHeader) throw OutOfMemory(size, memory.bytes_in_use(), 0);
  Owner buffer = memory.allocate(size + kHeader);
  std::byte* start = buffer.get();
  new (start) Owner(std::move(buffer));
  return LentData(start + kHeader);
}

void FreeLentData::operator()(std::byte* data) const {
  auto* kept = reinterpret_cast<Owner*>(data - kHeader);
  const Owner last = std::move(*kept);
  kept->~Owner();
}

}  // namespace octet
