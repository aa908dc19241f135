// Assigns offsets in one block of memory to buffers that live for a while.
#pragma once

#include <cstdint>
#include <vector>

namespace octet {

struct Lifetime {
  int64_t bytes = 0;
  int first = 0;  // moments at which the buffer must keep its contents, both included
  int last = 0;
  int64_t offset = 0;  // the answer; a multiple of 64
};

// First fit in the order of `first`: buffers whose lifetimes meet never overlap. Returns the size
// of the block; more than 2^50, and no offsets, where that would not do. Takes n log n for n
// buffers.
int64_t place_memory(std::vector<Lifetime>& buffers);

}  // namespace octet
