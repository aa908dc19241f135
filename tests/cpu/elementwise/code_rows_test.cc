// Quantize and Dequantize of rows: the same bits as the reference, whatever the type, the scales
// and the width.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

constexpr DType kCodeTypes[] = {DType::kU8, DType::kI8, DType::kU16, DType::kI16,
                                DType::kU4, DType::kI4, DType::kU2,  DType::kI2};

// Numbers around the halves, beyond the codes, and none at all.
Tensor numbers(int64_t rows, int64_t columns, uint64_t seed) {
  Tensor src = random_floats({rows, columns}, seed, -400, 400);
  Random random(seed);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  for (float& x : src.elements<float>()) {
    const int64_t kind = random.integer(0, 20);
    if (kind < 8) x = static_cast<float>(random.integer(-300, 300)) + 0.5f;
    if (kind == 8) x = kNaN;
    if (kind == 9) x = kInfinity;
    if (kind == 10) x = -kInfinity;
    if (kind == 11) x = 3e38f;
  }
  return src;
}

TEST(CodeRows, QuantizeAsTheReference) {
  for (const DType type : kCodeTypes)
    for (const int64_t columns : {1, 3, 8, 15, 16, 17, 64, 100}) {
      const QuantizeAttrs form{type, {1, 0}};
      for (const bool per_column : {false, true}) {
        const Shape extents = per_column ? Shape{columns} : Shape{};
        const Tensor scale = random_floats(extents, 3, 0.4f, 2.5f);
        const Tensor zero_point = random_integers(type, extents, 4, form.low(), form.high());
        const Tensor src = numbers(5, columns, static_cast<uint64_t>(columns));
        expect_equal_reference("quantize/rows", make_node(form, {{src}, {scale}, {zero_point}}));
        expect_equal_reference("quantize/rows", make_node(form, {{src}, {scale}}));
      }
    }
}

TEST(CodeRows, QuantizeByOddScales) {
  for (const float scale : {0.0f, -0.5f, 1e-44f, 3e38f, std::numeric_limits<float>::quiet_NaN()})
    expect_equal_reference("quantize/rows",
                           make_node(QuantizeAttrs{}, {{numbers(4, 33, 9)},
                                                       {make_tensor<float>({1}, {scale})},
                                                       {make_tensor<uint8_t>({}, {9})}}));
}

TEST(CodeRows, DequantizeAsTheReference) {
  for (const DType type : kCodeTypes)
    for (const int64_t columns : {1, 3, 8, 15, 16, 17, 64, 100}) {
      const QuantizeAttrs range{type, {}};
      const DequantizeAttrs form{DType::kF32, {1, 0}};
      const Tensor codes = random_integers(type, {5, columns}, 5, range.low(), range.high());
      for (const bool per_column : {false, true}) {
        const Shape extents = per_column ? Shape{columns} : Shape{};
        const Tensor scale = random_floats(extents, 3, -2, 2);
        const Tensor zero_point = random_integers(type, extents, 4, range.low(), range.high());
        expect_equal_reference("dequantize/rows",
                               make_node(form, {{codes}, {scale}, {zero_point}}));
        expect_equal_reference("dequantize/rows", make_node(form, {{codes}, {scale}}));
      }
    }
}

TEST(CodeRows, DeclinesWhatRowsDoNotShare) {
  const Tensor src = random_floats({4, 6}, 1), scale = random_floats({4}, 2, 1, 2);
  EXPECT_FALSE(
      cpu_support("quantize/rows", make_node(QuantizeAttrs{DType::kU8, {0, 0}}, {{src}, {scale}}))
          .is_yes());
}

TEST(CodeRows, DeclinesFloatsAndOtherPrecisions) {
  const Tensor src = random_floats({4, 6}, 1), scale = make_tensor<float>({}, {2});
  EXPECT_EQ(cpu_support("quantize/rows",
                        make_node(QuantizeAttrs{.type = DType::kF8E5M2}, {{src}, {scale}}))
                .reason(),
            "there is no loop for codes of float8_e5m2");
  EXPECT_EQ(cpu_support("quantize/rows",
                        make_node(QuantizeAttrs{.precision = DType::kF16}, {{src}, {scale}}))
                .reason(),
            "divides in float16, expected float32");
  EXPECT_FALSE(
      cpu_support("dequantize/rows",
                  make_node(DequantizeAttrs{}, {{convert_floats(src, DType::kF4E2M1FN)}, {scale}}))
          .is_yes());
}

}  // namespace
}  // namespace octet::test
