// Decodes nibbles and pairs of bits.
#include "runtime/core/packed_codes.h"

namespace octet {
namespace {

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
    const int mask = (1 << bits) - 1, sign = 1 << (bits - 1);
    for (int64_t row = 0; row < rows; ++row) {
      const std::byte* from = bytes.bytes() + row * row_bytes;
      std::byte* to = codes.bytes() + row * columns;
      for (int64_t i = 0; i < columns; ++from)
        for (int shift = 0; shift < 8 && i < columns; shift += bits, ++i) {
          int code = std::to_integer<int>(*from) >> shift & mask;
          if (type == DType::kI8) code = (code ^ sign) - sign;
          to[i] = static_cast<std::byte>(code);
        }
    }
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
