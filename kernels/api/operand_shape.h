// OperandShape: an operand of a call whose data is not there yet. What a kernel is asked before a
// run it can answer from these alone.
#pragma once

#include <span>
#include <vector>

#include "runtime/core/tensor.h"

namespace octet {

struct OperandShape {
  bool is_present = false;  // false: an absent optional input
  DType dtype = DType::kF32;
  Shape shape = {};
  Strides strides = {};  // in elements

  int64_t element_count() const { return shape.element_count(); }
};

inline OperandShape shape_of(const TensorView& view) {
  return {view.data != nullptr, view.dtype, view.shape, view.strides};
}
inline std::vector<OperandShape> shapes_of(std::span<const TensorView> views) {
  std::vector<OperandShape> shapes;
  for (const TensorView& view : views) shapes.push_back(shape_of(view));
  return shapes;
}

}  // namespace octet
