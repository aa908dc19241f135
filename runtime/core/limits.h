// What a model may cost before it is refused: the limits of an engine.
#pragma once

#include <cstdint>

namespace octet {

// Model files and inputs are hostile; what exceeds one of these is refused with kResourceExhausted
// (max_rank: kUnsupported) and a message that names the limit. SECURITY.md lists them with their
// reasons. A value type.
struct Limits {
  uint64_t max_model_bytes = uint64_t{8} << 30;  // the model file and its external data together
  // What the model file without raw tensor data takes in memory once it is parsed, and again with
  // its functions expanded.
  uint64_t max_structure_bytes = uint64_t{384} << 20;
  uint64_t max_nodes = 300'000;             // of all graphs, functions expanded
  uint64_t max_initializers = 300'000;      // of a graph
  uint64_t max_inputs = 2'000;              // of the graph; the same for its outputs
  uint64_t max_fields = 4'000'000;          // strings and submessages of the model file
  uint64_t max_string = uint64_t{4} << 20;  // bytes of a name
  int max_nesting = 100;                    // messages within messages, functions within functions
  int max_rank = 8;                         // not above kMaxRank
  int64_t max_dim = int64_t{1} << 40;
  int64_t max_elements = int64_t{1} << 40;          // of a tensor, unknown extents counted as 1
  uint64_t max_shape_bytes = uint64_t{16} << 20;    // text of all extents that are expressions
  uint64_t max_folded_bytes = uint64_t{512} << 20;  // constants that loading computes, beyond twice
                                                    // those that the model has
};

}  // namespace octet
