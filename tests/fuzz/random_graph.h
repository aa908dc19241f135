// Valid graphs from the bytes of a fuzzer: small, over all ops, with the patterns that passes look
// for among them.
#pragma once

#include <map>
#include <string>

#include "runtime/graph/graph.h"
#include "tests/fuzz/byte_stream.h"

namespace octet::fuzz {

struct RandomGraph {
  Graph graph;
  // Values for the symbols of its inputs, by name; extents may be 0.
  std::map<std::string, int64_t> extents;
  // Whether the inputs get NaN, infinities and huge numbers besides small ones.
  bool special_values = false;
};

// At most a few dozen nodes, no tensor above a few thousand elements. Nodes that an op's infer()
// refuses are left out.
RandomGraph random_graph(ByteStream& bytes);

// Elements for an input or constant: small integers (floats too), so that most sums are exact;
// with `special_values` others as well.
Tensor random_elements(ByteStream& bytes, DType dtype, const Shape& shape, bool special_values);

}  // namespace octet::fuzz
