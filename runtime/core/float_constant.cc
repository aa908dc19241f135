// Converts when a constant is read.
#include "runtime/core/float_constant.h"

#include "runtime/core/small_float.h"

namespace octet {

Constant as_f32(const Constant& floats) {
  if (floats.dtype() == DType::kF32) return floats;
  const auto compute = [floats]() -> Result<Tensor> {
    OCTET_ASSIGN_OR_RETURN(const Tensor from, floats.load());
    Tensor to(DType::kF32, floats.shape());
    const auto numbers = to.elements<float>();
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (floats.dtype() == DType::kF16)
        numbers[i] = to_float(from.elements<const Float16>()[i]);
      else if (floats.dtype() == DType::kBF16)
        numbers[i] = to_float(from.elements<const BFloat16>()[i]);
      else if (is_small_float(floats.dtype()))
        numbers[i] = small_float_value(floats.dtype(), std::to_integer<uint8_t>(from.bytes()[i]));
      else
        numbers[i] = static_cast<float>(from.elements<const double>()[i]);
    }
    return to;
  };
  return Constant(DType::kF32, floats.shape(), compute, floats.key().with("as f32"),
                  floats.depth() + 1);
}

}  // namespace octet
