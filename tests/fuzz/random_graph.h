// Valid graphs from the bytes of a fuzzer: small, over all ops, with the patterns that passes look
// for among them.
#pragma once

#include <map>
#include <optional>
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

// At most a few dozen nodes, no tensor above a few thousand elements. Some are nodes of the IR
// (graph_builder.h), those that an op's infer() refuses left out; some come from a random ONNX
// model (model_maker.h), and nodes of the IR may follow. nullopt: of a model without anything in
// it.
std::optional<RandomGraph> random_graph(ByteStream& bytes);

// Elements for an input or constant: small integers (floats too), so that most sums are exact;
// with `special_values` others as well.
Tensor random_elements(ByteStream& bytes, DType dtype, const Shape& shape, bool special_values);

}  // namespace octet::fuzz
