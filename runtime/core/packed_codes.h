// Codes of which several share a byte, as files and callers keep them.
#pragma once

#include "runtime/core/constant.h"

namespace octet {

// `count` codes of `bits` (2 to 8) that stand one after another from the lowest bit of packed[0]
// on, as one code per byte; `is_signed`: the highest bit of a code is that of its sign. Any first
// code that is a multiple of 8 begins a byte.
void unpack_codes(const std::byte* packed, int bits, bool is_signed, int64_t count,
                  std::byte* codes);
// The reverse. Writes (count * bits + 7) / 8 bytes; what is left of the last one is 0. `packed` may
// be `codes`.
void pack_codes(const std::byte* codes, int bits, int64_t count, std::byte* packed);

// One code per byte, [..] of `shape`, from `rows` equal rows of codes of `bits` (2 to 8), each of
// which begins with a byte of its own, `row_bytes` after the one before, packed as above. `type`:
// kI8, kU8, or a small type of so many bits. Decoded at each load(), whose error is that `packed`
// has fewer bytes. Preconditions: rows > 0 divides the elements of `shape`; row_bytes >= 0.
Constant unpack_rows(const Constant& packed, int bits, DType type, const Shape& shape, int64_t rows,
                     int64_t row_bytes);
// All of them in one row, as ONNX keeps tensors of a type that is_packed(). Source: TensorProto in
// onnx.proto, raw_data.
Constant unpack_tensor(const Constant& packed, DType type, const Shape& shape);

}  // namespace octet
