// Decodes nibbles and pairs of bits.
#include "runtime/core/packed_codes.h"

namespace octet {
namespace {

// `count` codes of kBits, from the lowest bits of a byte on; sign extended where they are signed.
template <int kBits>
void decode_row(const std::byte* from, int64_t count, bool is_signed, std::byte* to) {
  constexpr int kPerByte = 8 / kBits, kMask = (1 << kBits) - 1, kSign = 1 << (kBits - 1);
  const int sign = is_signed ? kSign : 0;
  const auto decode = [&](std::byte byte, int i) {
    const int code = std::to_integer<int>(byte) >> (kBits * i) & kMask;
    return static_cast<std::byte>((code ^ sign) - sign);
  };
  for (; count >= kPerByte; count -= kPerByte, ++from, to += kPerByte)
    for (int i = 0; i < kPerByte; ++i) to[i] = decode(*from, i);
  for (int i = 0; i < count; ++i) to[i] = decode(*from, i);
}

struct PackedRows {
  Constant packed;
  int bits;
  DType type;
  Shape shape;
  int64_t rows, row_bytes;

  Result<Tensor> decode() const {
    OCTET_ASSIGN_OR_RETURN(const Tensor bytes, packed.load());
    Tensor codes(type, shape);
    const int64_t columns = shape.element_count() / rows, per_byte = 8 / bits;
    const int64_t last_row = (columns + per_byte - 1) / per_byte;
    if (columns > 0 && static_cast<int64_t>(bytes.byte_count()) < (rows - 1) * row_bytes + last_row)
      return invalid_argument("packed codes have " + std::to_string(bytes.byte_count()) +
                              " bytes, expected " +
                              std::to_string((rows - 1) * row_bytes + last_row) + " for [" +
                              to_string(shape) + "] of " + std::to_string(bits) + " bits");
    const auto decode = bits == 2 ? decode_row<2> : bits == 4 ? decode_row<4> : decode_row<8>;
    for (int64_t row = 0; row < rows; ++row)
      decode(bytes.bytes() + row * row_bytes, columns, type == DType::kI8,
             codes.bytes() + row * columns);
    return codes;
  }
};

}  // namespace

Constant unpack_rows(const Constant& packed, int bits, DType type, const Shape& shape, int64_t rows,
                     int64_t row_bytes) {
  const PackedRows source{packed, bits, type, shape, rows, row_bytes};
  const SharedKey key = packed.key().with(
      "unpacked " + std::to_string(bits) + " bits as " + dtype_name(type) + "[" + to_string(shape) +
      "], " + std::to_string(rows) + " rows of " + std::to_string(row_bytes));
  return Constant(
      type, shape, [source] { return source.decode(); }, key, packed.depth() + 1);
}

}  // namespace octet
