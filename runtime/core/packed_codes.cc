// Codes in and out of a stream of bits.
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
    const int64_t columns = shape.element_count() / rows;
    const int64_t last_row = columns / 8 * bits + (columns % 8 * bits + 7) / 8;
    if (columns > 0 && static_cast<int64_t>(bytes.byte_count()) < (rows - 1) * row_bytes + last_row)
      return invalid_argument("packed codes have " + std::to_string(bytes.byte_count()) +
                              " bytes, expected " +
                              std::to_string((rows - 1) * row_bytes + last_row) + " for [" +
                              to_string(shape) + "] of " + std::to_string(bits) + " bits");
    for (int64_t row = 0; row < rows; ++row)
      unpack_codes(bytes.bytes() + row * row_bytes, bits, byte_type(type) == DType::kI8, columns,
                   codes.bytes() + row * columns);
    return codes;
  }
};

}  // namespace

void unpack_codes(const std::byte* packed, int bits, bool is_signed, int64_t count,
                  std::byte* codes) {
  if (bits == 2) return decode_row<2>(packed, count, is_signed, codes);
  if (bits == 4) return decode_row<4>(packed, count, is_signed, codes);
  if (bits == 8) return decode_row<8>(packed, count, is_signed, codes);
  const int mask = (1 << bits) - 1, sign = is_signed ? 1 << (bits - 1) : 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = i * bits;
    const auto shift = static_cast<int>(at & 7);
    int code = std::to_integer<int>(packed[at >> 3]) >> shift;
    if (shift + bits > 8) code |= std::to_integer<int>(packed[(at >> 3) + 1]) << (8 - shift);
    code = ((code & mask) ^ sign) - sign;
    codes[i] = static_cast<std::byte>(code);
  }
}

void pack_codes(const std::byte* codes, int bits, int64_t count, std::byte* packed) {
  const unsigned mask = (1u << bits) - 1u;
  unsigned pending = 0;  // bits that fill no byte yet
  int held = 0;
  for (int64_t i = 0; i < count; ++i) {
    pending |= (std::to_integer<unsigned>(codes[i]) & mask) << held;
    held += bits;
    for (; held >= 8; held -= 8, pending >>= 8) *packed++ = static_cast<std::byte>(pending);
  }
  if (held > 0) *packed = static_cast<std::byte>(pending);
}

Constant unpack_rows(const Constant& packed, int bits, DType type, const Shape& shape, int64_t rows,
                     int64_t row_bytes) {
  const PackedRows source{packed, bits, type, shape, rows, row_bytes};
  const SharedKey key = packed.key().with(
      "unpacked " + std::to_string(bits) + " bits as " + dtype_name(type) + "[" + to_string(shape) +
      "], " + std::to_string(rows) + " rows of " + std::to_string(row_bytes));
  return Constant(type, shape, [source] { return source.decode(); }, key, packed.depth() + 1);
}

Constant unpack_tensor(const Constant& packed, DType type, const Shape& shape) {
  return unpack_rows(packed, dtype_bits(type), type, shape, 1, 0);
}

}  // namespace octet
