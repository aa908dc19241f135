// Type rules of matrix products, linear layers and attention.
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

TEST(MatMul, FollowsNumPy) {
  const MatMulAttrs attrs;
  EXPECT_EQ(inferred_text(attrs, {f32({batch, 12, seq, 64}), f32({batch, 12, 64, seq})}),
            "float32[batch, 12, seq, seq]");
  EXPECT_EQ(inferred_text(attrs, {f32({batch, seq, 4}), f32({4, 8})}), "float32[batch, seq, 8]");
  EXPECT_EQ(inferred_text(attrs, {f32({4}), f32({batch, 4, 8})}), "float32[batch, 8]");
  EXPECT_EQ(inferred_text(attrs, {f32({batch, 3, 4}), f32({4})}), "float32[batch, 3]");
  EXPECT_EQ(inferred_text(attrs, {f32({4}), f32({4})}), "float32[]");
  EXPECT_EQ(inferred_text(attrs, {i64({2, 4}), i64({4, 3})}), "int64[2, 3]");
}

TEST(MatMul, ChecksK) {
  EXPECT_EQ(error_text(MatMulAttrs{}, {f32({seq, 4}), f32({5, 8})}),
            "axis 0 of input 1 is 5 and axis 1 of input 0 is 4; they must be equal");
  EXPECT_EQ(check_count(MatMulAttrs{}, {f32({seq, 4}), f32({batch, 8})}), 1u);
  EXPECT_EQ(check_count(MatMulAttrs{}, {f32({seq, batch}), f32({batch, 8})}), 0u);
  EXPECT_EQ(error_text(MatMulAttrs{}, {f32({}), f32({5, 8})}),
            "input 0 is float32[], expected rank 1 or more");
  EXPECT_EQ(error_text(MatMulAttrs{}, {f32({2, 2}), i64({2, 2})}),
            "input 1 is int64[2, 2], expected float32 as input 0 is");
}

TEST(Linear, TakesBothOrientations) {
  LinearAttrs attrs;
  EXPECT_EQ(inferred_text(attrs, {f32({batch, seq, 4}), f32({4, 8})}), "float32[batch, seq, 8]");
  attrs.weights_transposed = true;
  EXPECT_EQ(
      inferred_text(attrs, {f32({batch, seq, 4}), f32({8, 4}), f32({8}), f32({batch, seq, 8})}),
      "float32[batch, seq, 8]");
  attrs.epilogue.output_type = DType::kBF16;
  EXPECT_EQ(inferred_text(attrs, {f32({batch, 4}), f32({8, 4})}), "bfloat16[batch, 8]");
  attrs.epilogue.output_type = DType::kI16;
  EXPECT_THAT(error_text(attrs, {f32({batch, 4}), f32({8, 4})}), HasSubstr("output type int16"));
}

TEST(Linear, GivesCodesOfAScaleAndZeroPoint) {
  LinearAttrs attrs;
  attrs.epilogue = {Activation::kRelu, DType::kI8, 0.5f, -128};
  EXPECT_EQ(inferred_text(attrs, {f32({batch, 4}), f32({4, 8})}), "int8[batch, 8]");
  attrs.epilogue.output_zero_point = -129;
  EXPECT_THAT(error_text(attrs, {f32({batch, 4}), f32({4, 8})}),
              HasSubstr("output zero point -129 of a linear layer; expected -128 to 127, as int8"));
  attrs.epilogue = {Activation::kNone, DType::kU8, 0, 0};
  EXPECT_THAT(error_text(attrs, {f32({batch, 4}), f32({4, 8})}), HasSubstr("output scale 0"));
}

TEST(Linear, RefusesOperandsThatDoNotFit) {
  const LinearAttrs attrs;
  const TypeInfo src = f32({batch, 4});
  EXPECT_EQ(error_text(attrs, {src, f32({8, 4})}), "axis 1 of input 0 is 4, expected 8");
  EXPECT_EQ(error_text(attrs, {src, f32({4, 8}), f32({7})}), "axis 0 of input 2 is 7, expected 8");
  EXPECT_EQ(error_text(attrs, {src, f32({4, 8}), f32({1, 8})}),
            "input 2 is float32[1, 8], expected rank 1");
  EXPECT_EQ(error_text(attrs, {src, f32({4, 8}), absent(), f32({8})}),
            "input 3 is float32[8], expected the shape of the output, [batch, 8]");
  EXPECT_EQ(error_text(attrs, {src, type(DType::kBF16, {4, 8})}),
            "input 1 is bfloat16[4, 8], expected float32");
}

TEST(Linear, ReadsRowsOfSrcAndResidual) {
  const LinearAttrs attrs;
  EXPECT_EQ(access_text(attrs, {f32({batch, 4}), f32({4, 8})}), "rows whole");
  EXPECT_EQ(access_text(attrs, {f32({batch, 4}), f32({4, 8}), f32({8}), f32({batch, 8})}),
            "rows whole whole rows");
  EXPECT_EQ(access_text(attrs, {f32({4}), f32({4, 8})}), "none");
}

TEST(QuantizeRows, GivesCodesAndOneParameterPerRow) {
  auto outputs = infer_with(QuantizeRowsAttrs{}, {f32({batch, seq, 4}), f32({4})});
  ASSERT_TRUE(outputs.is_ok());
  EXPECT_EQ(to_string((*outputs)[0]), "uint8[batch, seq, 4]");
  EXPECT_EQ(to_string((*outputs)[1]), "row_params[batch, seq]");
  EXPECT_EQ(error_text(QuantizeRowsAttrs{}, {f32({batch, 4}), f32({5})}),
            "axis 0 of input 1 is 5 and axis 1 of input 0 is 4; they must be equal");
  EXPECT_EQ(access_text(QuantizeRowsAttrs{}, {f32({batch, 4}), f32({4})}), "rows whole");
}

QuantizedLinearAttrs quantized_linear() {
  QuantizedTensor weights;
  weights.int_data = Tensor(DType::kI8, {8, 4});
  weights.scale = Tensor(DType::kF32, {8});
  QuantizedLinearAttrs attrs;
  attrs.weights = std::make_shared<QuantizedConstant>(weights);
  return attrs;
}

TEST(QuantizedLinear, TakesCodesAndParameters) {
  const TypeInfo codes = type(DType::kU8, {batch, seq, 4});
  const TypeInfo params = type(DType::kRowParams, {batch, seq});
  EXPECT_EQ(inferred_text(quantized_linear(), {codes, params}), "float32[batch, seq, 8]");
  EXPECT_EQ(access_text(quantized_linear(), {codes, params, f32({8}), f32({batch, seq, 8})}),
            "rows rows whole rows");
  EXPECT_EQ(
      error_text(quantized_linear(), {codes, type(DType::kRowParams, {batch})}),
      "input 1 is row_params[batch], expected one element per row of input 0, [batch, seq, 4]");
  EXPECT_EQ(error_text(quantized_linear(),
                       {type(DType::kU8, {batch, 5}), type(DType::kRowParams, {batch})}),
            "axis 1 of input 0 is 5, expected 4");
  EXPECT_EQ(error_text(quantized_linear(), {f32({batch, 4}), params}),
            "input 0 is float32[batch, 4], expected uint8");
}

TEST(Attention, IsTokenMajor) {
  const TypeInfo q = f32({batch, 12, seq, 64});
  const Dim keys = Dim::symbol("keys");
  const TypeInfo k = f32({batch, 12, keys, 64}), v = f32({batch, 12, keys, 32});
  EXPECT_EQ(inferred_text(AttentionAttrs{}, {q, k, v}), "float32[batch, seq, 12, 32]");
  EXPECT_EQ(check_count(AttentionAttrs{}, {q, k, v, f32({batch, 1, 1, keys})}), 0u);
  EXPECT_EQ(check_count(AttentionAttrs{}, {q, k, v, f32({1, keys})}), 0u);
  EXPECT_EQ(check_count(AttentionAttrs{}, {q, k, v, f32({batch, 1, 1, Dim::symbol("mask")})}), 1u);
}

TEST(Attention, HeadsShareKeys) {
  const TypeInfo q = f32({batch, 12, seq, 64}), k = f32({batch, 4, seq, 64});
  EXPECT_EQ(inferred_text(AttentionAttrs{}, {q, k, k}), "float32[batch, seq, 12, 64]");
  const TypeInfo some = f32({batch, Dim::symbol("heads"), seq, 64});
  EXPECT_EQ(check_count(AttentionAttrs{}, {q, some, some}), 1u);
}

TEST(Attention, RefusesOperandsThatDoNotFit) {
  const TypeInfo q = f32({batch, 12, seq, 64});
  EXPECT_THAT(error_text(AttentionAttrs{}, {q, q, f32({batch, 12, seq})}),
              HasSubstr("expected rank 4"));
  EXPECT_THAT(error_text(AttentionAttrs{}, {q, f32({batch, 12, seq, 32}), q}),
              HasSubstr("axis 3 is 32 in input 1 and 64 in input 0"));
  EXPECT_THAT(error_text(AttentionAttrs{}, {q, f32({batch, 5, seq, 64}), q}),
              HasSubstr("axis 1 is 5 in input 1 and 12 in input 0"));
  EXPECT_THAT(error_text(AttentionAttrs{}, {q, f32({batch, 4, seq, 64}), q}),
              HasSubstr("axis 1 is 12 in input 2 and 4 in input 1"));
  EXPECT_THAT(error_text(AttentionAttrs{}, {q, q, q, f32({batch, 7, 1, seq})}),
              HasSubstr("axis 1 of input 3 is 7, expected 12 or 1"));
  EXPECT_THAT(error_text(AttentionAttrs{}, {q, q, q, i64({seq})}),
              HasSubstr("input 3 is int64[seq], expected float32"));
}

}  // namespace
}  // namespace octet::test
