// Adds random nodes and patterns to a graph.
#pragma once

#include <vector>

#include "runtime/graph/graph.h"
#include "tests/fuzz/byte_stream.h"

namespace octet::fuzz {

// Threading: none. The graph and the bytes must outlive it.
class GraphBuilder {
 public:
  GraphBuilder(Graph& graph, ByteStream& bytes, bool special_values)
      : graph_(graph), bytes_(bytes), special_values_(special_values) {}

  void add_inputs();
  // Goes on from the outputs of a graph that has some.
  void add_outputs_as_values() { values_ = graph_.outputs(); }
  // One node, or one of the patterns.
  void add_something();
  // The newest values and some others.
  void add_outputs();

 private:
  // kNoValue where the op refuses its inputs, or the result would be large.
  ValueId add(Attributes attributes, std::vector<ValueId> inputs);
  ValueId some_value();
  ValueId some_float();  // f32
  // A value that broadcasts with `other`: often one of its shape, a row, or a scalar.
  ValueId partner(ValueId other);
  ValueId constant(DType dtype, const Shape& shape);
  ValueId scalar(float value);
  ValueId integers(const std::vector<int64_t>& values);
  const SymbolicShape& shape(ValueId value) const { return graph_.value(value).type.shape; }
  int rank(ValueId value) const { return graph_.value(value).type.rank(); }
  int some_axis(ValueId value);
  // The last extent where it is constant, else 0.
  int64_t columns(ValueId value) const;

  // graph_builder.cc
  void elementwise();
  void movement();
  void indexing();
  void reduction();
  void product();
  // graph_patterns.cc
  void layer_norm_pattern();
  void gelu_pattern();
  void linear_pattern();
  void attention_pattern();
  void feed_forward_pattern();

  Graph& graph_;
  ByteStream& bytes_;
  bool special_values_;
  std::vector<ValueId> values_;  // inputs and results of nodes
  int names_ = 0;
};

}  // namespace octet::fuzz
