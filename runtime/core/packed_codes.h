// Codes of which several share a byte, as files keep them.
#pragma once

#include "runtime/core/constant.h"

namespace octet {

// One code per byte, [..] of `shape`, from `rows` equal rows of codes of `bits` (8, 4 or 2), each
// of which begins with a byte of its own, `row_bytes` after the one before; the first code of a
// byte is in its lowest bits. `type`: kI8 or kU8. Decoded at each load(), whose error is that
// `packed` has fewer bytes. Preconditions: rows > 0 divides the elements of `shape`; row_bytes >=
// 0.
Constant unpack_rows(const Constant& packed, int bits, DType type, const Shape& shape, int64_t rows,
                     int64_t row_bytes);

}  // namespace octet
