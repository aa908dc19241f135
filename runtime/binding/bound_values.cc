// Writes the integers, stoppable.
#include "runtime/binding/bound_values.h"

#include <cstring>

#include "runtime/core/heartbeat.h"

namespace octet {
namespace {

void store_integer(std::byte* destination, DType dtype, int64_t index, int64_t value) {
  const size_t size =
      dtype_size(dtype);  // little-endian: the low bytes of a two's complement number
  std::memcpy(destination + static_cast<size_t>(index) * size, &value, size);
}

}  // namespace

Status fill_bound_values(const Program& program, std::span<const int64_t> dims, Binding& binding) {
  const auto dim = [&](DimIndex index) { return dims[static_cast<size_t>(index)]; };
  std::vector<size_t> owners;
  int64_t bytes = 0;
  for (size_t i = 0; i < program.storages.size(); ++i) {
    const Storage& storage = program.storages[i];
    if (storage.kind != Storage::Kind::kBound) continue;
    binding.storage_offsets[i] = bytes;
    bytes +=
        (dim(storage.elements) * static_cast<int64_t>(dtype_size(storage.dtype)) + 63) / 64 * 64;
    owners.push_back(i);
  }
  if (owners.empty()) return Status::ok();
  binding.bound_values = allocate_buffer(static_cast<size_t>(bytes));
  for (size_t owner : owners) {
    const BoundValues& bound =
        program.bound_values[static_cast<size_t>(program.storages[owner].index)];
    std::byte* destination = binding.bound_values.get() + binding.storage_offsets[owner];
    const int64_t count =
        bound.is_range ? dim(bound.count) : static_cast<int64_t>(bound.values.size());
    Heartbeat beat(current_control());
    for (int64_t i = 0; i < count && !beat.stop(); ++i) {
      const int64_t value = bound.is_range ? dim(bound.start) + i * dim(bound.delta)
                                           : dim(bound.values[static_cast<size_t>(i)]);
      store_integer(destination, bound.dtype, i, value);
    }
    if (const Status stop = beat.status(); !stop.is_ok()) return stop_error(stop.code());
  }
  return Status::ok();
}

}  // namespace octet
