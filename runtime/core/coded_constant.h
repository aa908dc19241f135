// CodedConstant: the codes, scales and zero points that a constant of floats stands for.
#pragma once

#include "runtime/core/constant.h"

namespace octet {

// element = (code - zero_point) * scale, as ONNX DequantizeLinear has it. Immutable, shared.
struct CodedConstant {
  Constant codes;  // of a type that Dequantize takes, in the extents of the floats
  // Of a type of scales: one element; or one for each index along `axis`; or, where block_size is
  // not 0, of the rank of the codes with one for each block along `axis`.
  Constant scale;
  std::optional<Constant> zero_point;  // of the codes' type, extents of scale; absent: 0
  int axis = 0;
  int64_t block_size = 0;

  bool is_per_tensor() const { return scale.shape().element_count() == 1 && block_size == 0; }
};

}  // namespace octet
