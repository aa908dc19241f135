// The integer types of codes by their width.
#include "runtime/core/code_type.h"

namespace octet {

ElementType code_type(DType type, int bits) {
  const bool is_signed = type == DType::kI8;
  switch (bits) {
    case 2:
      return is_signed ? ElementType::kS2 : ElementType::kU2;
    case 4:
      return is_signed ? ElementType::kS4 : ElementType::kU4;
    default:
      return is_signed ? ElementType::kS8 : ElementType::kU8;
  }
}

}  // namespace octet
