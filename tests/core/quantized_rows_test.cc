// What can be done with the rows of quantized weights, and with parts that are not loaded yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "runtime/core/code_type.h"
#include "runtime/core/packed_codes.h"
#include "runtime/core/quantized_constant.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
Tensor tensor_of(const Shape& shape, std::initializer_list<T> values) {
  return Tensor::from<T>(std::span<const T>(values.begin(), values.size()), shape);
}

// [2, 4]
QuantizedTensor per_channel() {
  QuantizedTensor tensor;
  tensor.int_data = tensor_of<int8_t>({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  tensor.scale = tensor_of<float>({2}, {0.5f, 2});
  return tensor;
}

QuantizedTensor per_tensor() {
  QuantizedTensor tensor;
  tensor.int_data = tensor_of<int8_t>({1, 4}, {-1, -2, -3, -4});
  tensor.scale = tensor_of<float>({1}, {3});
  tensor.zero_point = tensor_of<int8_t>({1}, {7});
  tensor.granularity = Granularity::kPerTensor;
  return tensor;
}

// Blocks of 3: two of them a row.
QuantizedTensor blocked() {
  QuantizedTensor tensor;
  tensor.int_data = tensor_of<int8_t>({2, 4}, {0, 1, 2, 3, 4, 5, 6, 7});
  tensor.scale = tensor_of<float>({2, 2}, {1, 2, 3, 4});
  tensor.zero_point = tensor_of<float>({2, 2}, {0.5f, 1.5f, 2.5f, 3.5f});
  tensor.granularity = Granularity::kBlocked;
  tensor.block_size = 3;
  return tensor;
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
  const auto elements = tensor.elements<const T>();
  return {elements.begin(), elements.end()};
}

TEST(QuantizedRows, AreCopiedWithTheirScales) {
  const QuantizedTensor second = copy_rows(blocked(), 1, 1);
  EXPECT_TRUE(validate(second).is_ok()) << validate(second).message();
  EXPECT_THAT(values<int8_t>(second.int_data), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(values<float>(second.scale), ElementsAre(3, 4));
  EXPECT_THAT(values<float>(*second.zero_point), ElementsAre(2.5f, 3.5f));
  EXPECT_THAT(values<float>(copy_rows(per_channel(), 1, 1).scale), ElementsAre(2));
  EXPECT_THAT(values<float>(copy_rows(per_tensor(), 0, 1).scale), ElementsAre(3));
  EXPECT_EQ(copy_rows(per_channel(), 1, 0).n(), 0);
}

TEST(QuantizedRows, SpreadToFinerScales) {
  const QuantizedTensor channel = spread(per_tensor(), Granularity::kPerChannel);
  EXPECT_TRUE(validate(channel).is_ok());
  EXPECT_THAT(values<int8_t>(*channel.zero_point), ElementsAre(7));
  const QuantizedTensor blocks = spread(per_channel(), Granularity::kBlocked, 3);
  EXPECT_TRUE(validate(blocks).is_ok()) << validate(blocks).message();
  EXPECT_THAT(values<float>(blocks.scale), ElementsAre(0.5f, 0.5f, 2, 2));
}

TEST(QuantizedRows, OfEveryGranularityAreConcatenated) {
  const QuantizedTensor a = per_tensor(), b = per_channel(), c = blocked();
  ASSERT_TRUE(can_concat_rows(a, b) && can_concat_rows(b, c) && can_concat_rows(a, c));
  const QuantizedTensor* const two[] = {&a, &b};
  const QuantizedTensor channels = concat_rows(two);
  EXPECT_TRUE(validate(channels).is_ok()) << validate(channels).message();
  EXPECT_THAT(values<int8_t>(channels.int_data),
              ElementsAre(-1, -2, -3, -4, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(values<float>(channels.scale), ElementsAre(3, 0.5f, 2));
  EXPECT_THAT(values<int8_t>(*channels.zero_point), ElementsAre(7, 0, 0));

  const QuantizedTensor* const three[] = {&a, &b, &c};
  const QuantizedTensor all = concat_rows(three);
  EXPECT_TRUE(validate(all).is_ok()) << validate(all).message();
  EXPECT_EQ(all.granularity, Granularity::kBlocked);
  EXPECT_THAT(values<float>(all.scale), ElementsAre(3, 3, 0.5f, 0.5f, 2, 2, 1, 2, 3, 4));
  EXPECT_THAT(values<float>(*all.zero_point),
              ElementsAre(7, 7, 0, 0, 0, 0, 0.5f, 1.5f, 2.5f, 3.5f));
}

TEST(QuantizedRows, ThatDifferAreNotConcatenated) {
  QuantizedTensor other = per_channel();
  other.int_data = Tensor(DType::kU8, {2, 4});
  EXPECT_FALSE(can_concat_rows(per_channel(), other));
  other = per_channel();
  other.bits = 4;
  EXPECT_FALSE(can_concat_rows(per_channel(), other));
  other = per_channel();
  other.smoothing = tensor_of<float>({4}, {1, 1, 1, 1});
  EXPECT_FALSE(can_concat_rows(per_channel(), other));
  other = blocked();
  other.block_size = 2;
  EXPECT_FALSE(can_concat_rows(blocked(), other));
}

TEST(QuantizedTensor, NarrowCodesStayInTheirRange) {
  QuantizedTensor tensor = per_channel();
  tensor.bits = 4;
  EXPECT_EQ(validate(tensor).message(),
            "int_data[7] is 8, expected a code of 4 bits, from -8 to 7");
  tensor.int_data = tensor_of<uint8_t>({2, 4}, {0, 1, 2, 3, 0, 1, 2, 3});
  tensor.bits = 2;
  EXPECT_TRUE(validate(tensor).is_ok()) << validate(tensor).message();
  EXPECT_EQ(tensor.type(), ElementType::kU2);
}

TEST(QuantizedTensor, TheTypeOfACodeIsThatOfItsBits) {
  EXPECT_EQ(code_type(DType::kI8, 8), ElementType::kS8);
  EXPECT_EQ(code_type(DType::kU8, 8), ElementType::kU8);
  EXPECT_EQ(code_type(DType::kI8, 4), ElementType::kS4);
  EXPECT_EQ(code_type(DType::kU8, 4), ElementType::kU4);
  EXPECT_EQ(code_type(DType::kI8, 2), ElementType::kS2);
  EXPECT_EQ(code_type(DType::kU8, 2), ElementType::kU2);
}

TEST(QuantizedTensor, AGroupIndexNamesTheBlockOfEachColumn) {
  QuantizedTensor tensor = blocked();
  tensor.group_index = tensor_of<int32_t>({4}, {1, 0, 1, 0});
  EXPECT_TRUE(validate(tensor).is_ok()) << validate(tensor).message();
  EXPECT_EQ(scale_index(tensor, 1, 0), 3);
  EXPECT_EQ(scale_index(tensor, 1, 3), 2);
  tensor.group_index = tensor_of<int32_t>({4}, {1, 0, 2, 0});
  EXPECT_THAT(validate(tensor).message(), HasSubstr("names block 2, expected 0 to 1"));
}

TEST(QuantizedTensor, ABlockLargerThanAnyRowIsOneBlock) {
  EXPECT_EQ(block_count(4, std::numeric_limits<int64_t>::max()), 1);
  EXPECT_EQ(block_count(0, 3), 0);
  EXPECT_EQ(block_count(6, 3), 2);
  EXPECT_EQ(block_count(7, 3), 3);
}

TEST(QuantizedRows, KeepTheirGroupIndex) {
  QuantizedTensor tensor = blocked();
  tensor.group_index = tensor_of<int32_t>({4}, {1, 0, 1, 0});
  const QuantizedTensor second = copy_rows(tensor, 1, 1);
  EXPECT_TRUE(validate(second).is_ok()) << validate(second).message();
  const QuantizedTensor* const two[] = {&second, &tensor};
  ASSERT_TRUE(can_concat_rows(second, tensor));
  const QuantizedTensor joined = concat_rows(two);
  EXPECT_TRUE(validate(joined).is_ok()) << validate(joined).message();
  EXPECT_THAT(values<int32_t>(*joined.group_index), ElementsAre(1, 0, 1, 0));
  EXPECT_EQ(scale_index(joined, 0, 0), 1);
  EXPECT_FALSE(can_concat_rows(tensor, blocked()));
}

TEST(QuantizedConstant, CodesOfOtherExtentsAreRefused) {
  QuantizedConstant constant(per_channel());
  constant.int_data = Constant(Tensor(DType::kI8, {2, 5}));
  EXPECT_EQ(constant.load().status().message(), "int_data is int8[2x5], expected int8[2x4]");
  const Constant packed(tensor_of<uint8_t>({1}, {0}));
  EXPECT_THAT(unpack_tensor(packed, DType::kU4, {3}).load().status().message(),
              HasSubstr("have 1 bytes, expected 2"));
}

TEST(QuantizedConstant, DecodesNarrowCodesWhenTheyAreLoaded) {
  const Constant nibbles(tensor_of<uint8_t>({3}, {0x21, 0xF8, 0x07}));
  const auto bytes_of = [](const Constant& packed, DType type, int64_t count) {
    const Constant codes = unpack_tensor(packed, type, {count});
    EXPECT_EQ(codes.dtype(), type);
    return *codes.as_type(byte_type(type)).load();
  };
  EXPECT_THAT(values<int8_t>(bytes_of(nibbles, DType::kI4, 5)), ElementsAre(1, 2, -8, -1, 7));
  EXPECT_THAT(values<uint8_t>(bytes_of(nibbles, DType::kU4, 5)), ElementsAre(1, 2, 8, 15, 7));
  EXPECT_THAT(values<uint8_t>(bytes_of(nibbles, DType::kF6E2M3FN, 4)),
              ElementsAre(0x21, 0x20, 0x3F, 0x01));  // bits of 0x07F821, six by six
  const Constant quarters(tensor_of<uint8_t>({1}, {0b11100100}));
  EXPECT_THAT(values<uint8_t>(bytes_of(quarters, DType::kU2, 4)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(values<int8_t>(bytes_of(quarters, DType::kI2, 4)), ElementsAre(0, 1, -2, -1));
}

// A part that is computed, as one that lies in a file, is not touched before load().
TEST(QuantizedConstant, LoadsItsPartsLate) {
  int loads = 0;
  QuantizedConstant constant(per_channel());
  constant.scale = Constant(
      DType::kF32, {2},
      [&]() -> Result<Tensor> {
        ++loads;
        return tensor_of<float>({2}, {4, 5});
      },
      SharedKey());
  EXPECT_EQ(loads, 0);
  const auto loaded = constant.load();
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  EXPECT_EQ(loads, 1);
  EXPECT_THAT(values<float>(loaded->scale), ElementsAre(4, 5));
}

TEST(QuantizedConstant, WhatDoesNotFitIsFoundAtLoading) {
  QuantizedConstant constant(per_channel());
  constant.scale = Constant(tensor_of<float>({3}, {1, 2, 3}));
  EXPECT_EQ(constant.load().status().message(), "scale has shape 3, expected 2");
}

}  // namespace
}  // namespace octet
