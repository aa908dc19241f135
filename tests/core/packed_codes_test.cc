// Codes in and out of streams of bits.
#include "runtime/core/packed_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

std::vector<int> packed(int bits, std::initializer_list<int> codes) {
  std::vector<std::byte> bytes = bytes_of(codes);
  std::vector<std::byte> stream((codes.size() * static_cast<size_t>(bits) + 7) / 8 + 1,
                                std::byte{0xAA});
  pack_codes(bytes.data(), bits, static_cast<int64_t>(codes.size()), stream.data());
  EXPECT_EQ(stream.back(), std::byte{0xAA});  // nothing behind the last byte is written
  stream.pop_back();
  std::vector<int> values;
  for (const std::byte byte : stream) values.push_back(std::to_integer<int>(byte));
  return values;
}

// onnx.proto, TensorProto.raw_data.
TEST(PackedCodes, TheFirstOneIsInTheLowestBits) {
  EXPECT_THAT(packed(4, {1, -1, 7}), ElementsAre(0xF1, 0x07));
  EXPECT_THAT(packed(2, {0, 1, -2, -1, 2}), ElementsAre(0b11100100, 0b10));
  EXPECT_THAT(packed(6, {0x21, 0x20, 0x3F, 0x01}), ElementsAre(0x21, 0xF8, 0x07));
  EXPECT_THAT(packed(6, {0x3F, 0x3F}), ElementsAre(0xFF, 0x0F));
  EXPECT_THAT(packed(4, {}), ElementsAre());
}

TEST(PackedCodes, ComeBackWithTheirSigns) {
  for (int bits = 2; bits <= 8; ++bits)
    for (const bool is_signed : {false, true})
      for (int64_t count = 0; count < 40; ++count) {
        std::vector<std::byte> codes;
        const int low = is_signed ? -(1 << (bits - 1)) : 0;
        for (int64_t i = 0; i < count; ++i)
          codes.push_back(static_cast<std::byte>(low + static_cast<int>(i * 7) % (1 << bits)));
        std::vector<std::byte> stream(static_cast<size_t>((count * bits + 7) / 8)),
            found(codes.size());
        pack_codes(codes.data(), bits, count, stream.data());
        unpack_codes(stream.data(), bits, is_signed, count, found.data());
        EXPECT_EQ(found, codes) << bits << " bits, " << count << " codes";
        pack_codes(codes.data(), bits, count, codes.data());  // where they lie
        codes.resize(stream.size());
        EXPECT_EQ(codes, stream);
      }
}

TEST(PackedCodes, SizesOfTypes) {
  EXPECT_EQ(packed_bytes(5, DType::kI4), 3);
  EXPECT_EQ(packed_bytes(5, DType::kU2), 2);
  EXPECT_EQ(packed_bytes(5, DType::kF6E3M2FN), 4);
  EXPECT_EQ(packed_bytes(5, DType::kF8E5M2), 5);
  EXPECT_EQ(packed_bytes(5, DType::kI64), 40);
  EXPECT_EQ(packed_bytes(0, DType::kI4), 0);
  EXPECT_EQ(packed_bytes(int64_t{1} << 62, DType::kU2), int64_t{1} << 60);
}

}  // namespace
}  // namespace octet
