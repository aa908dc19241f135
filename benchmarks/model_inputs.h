// Made-up inputs for benchmarks of whole models.
#pragma once

#include <algorithm>

#include "runtime/api/model.h"

namespace octet {

// Symbols called batch are `batch`, others `length`. All values are 1: a valid id, mask and
// position, and a float like any other.
inline Tensor make_input(const ModelTensor& input, int64_t batch, int64_t length) {
  Shape shape;
  for (const Dim& dim : input.shape)
    shape.push_back(dim.is_constant()                  ? dim.value()
                    : dim.str().rfind("batch", 0) == 0 ? batch
                                                       : length);
  Tensor tensor(input.dtype, shape);
  const auto count = static_cast<size_t>(tensor.element_count());
  if (input.dtype == DType::kI64) std::fill_n(tensor.view().as<int64_t>(), count, 1);
  if (input.dtype == DType::kI32) std::fill_n(tensor.view().as<int32_t>(), count, 1);
  if (input.dtype == DType::kF32) std::fill_n(tensor.view().as<float>(), count, 1.f);
  return tensor;
}

}  // namespace octet
