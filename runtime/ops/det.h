// Det: determinants of square matrices. An op of the long-tail lane.
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// src [.., n, n] of floats; dst [..], 1 where n is 0.
struct DetAttrs {
  static constexpr const char* kName = "det";
};

inline Result<OutputTypes> infer(const DetAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  const int rank = inputs[0]->rank();
  if (rank < 2) return input_error(inputs, 0, "square matrices");
  SymbolicShape shape = inputs[0]->shape;
  shape.resize(static_cast<size_t>(rank) - 2);
  OutputTypes outputs = one_output(inputs[0]->dtype, std::move(shape));
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {0, rank - 1}, {0, rank - 2}, outputs[0]));
  return outputs;
}

// Each elimination goes over what is left of the matrix.
inline double extra_work(const DetAttrs&, std::span<const Shape> inputs, std::span<const Shape>) {
  return static_cast<double>(inputs[0].element_count()) * static_cast<double>(inputs[0].back()) / 3;
}

}  // namespace octet
