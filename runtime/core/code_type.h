// What integer codes are kept as.
#pragma once

#include "runtime/core/dtype.h"
#include "runtime/core/quantization_scheme.h"

namespace octet {

// Of codes of `bits` (8, 4 or 2), one to an element of `type` (kI8 or kU8).
ElementType code_type(DType type, int bits);

}  // namespace octet
