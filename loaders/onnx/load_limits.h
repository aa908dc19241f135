// What a model file may cost before it is refused.
#pragma once

#include <cstdint>

namespace octet {

// Model files are hostile; a file that exceeds one of these is refused with kResourceExhausted.
struct LoadLimits {
  uint64_t max_model_bytes = uint64_t{8} << 30;  // the model file and its external data together
  uint64_t max_structure_bytes = uint64_t{1} << 30;  // the model file without raw tensor data
  uint64_t max_nodes = 1'000'000;                    // of all graphs and functions, after expansion
  uint64_t max_initializers = 1'000'000;
  uint64_t max_fields = 8'000'000;  // strings and submessages of the model file
  int max_rank = 8;                 // not above kMaxRank
  int64_t max_dim = int64_t{1} << 40;
  int64_t max_elements = int64_t{1} << 40;   // of one tensor, its unknown extents counted as 1
  uint64_t max_string = uint64_t{16} << 20;  // bytes of a name
};

}  // namespace octet
