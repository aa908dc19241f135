// Type rules of reductions, running sums, LayerNorm and Softmax; names of ops.
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

TEST(Reduce, DropsOrKeepsAxes) {
  EXPECT_EQ(inferred_text(ReduceAttrs{ReduceFunction::kMean, {2}, true}, {f32({batch, seq, 4})}),
            "float32[batch, seq, 1]");
  EXPECT_EQ(inferred_text(ReduceAttrs{ReduceFunction::kSum, {0, 2}, false}, {f32({batch, seq, 4})}),
            "float32[seq]");
  EXPECT_EQ(inferred_text(ReduceAttrs{ReduceFunction::kSum, {}, false}, {i64({batch})}),
            "int64[batch]");
  EXPECT_EQ(
      inferred_text(ReduceAttrs{ReduceFunction::kMax, {0}, false}, {type(DType::kBool, {batch})}),
      "bool[]");
}

TEST(Reduce, RefusesWrongAxesAndTypes) {
  EXPECT_THAT(error_text(ReduceAttrs{ReduceFunction::kSum, {2}, true}, {f32({2, 2})}),
              HasSubstr("axis 2 is not"));
  EXPECT_THAT(error_text(ReduceAttrs{ReduceFunction::kSum, {1, 1}, true}, {f32({2, 2})}),
              HasSubstr("axis 1 is not"));
  EXPECT_THAT(error_text(ReduceAttrs{ReduceFunction::kSum, {0}, true}, {type(DType::kBool, {2})}),
              HasSubstr("expected a number type"));
}

TEST(Reduce, ContentsOfSumsAndProducts) {
  const TypeInfo shape = known({batch, seq, 4});
  EXPECT_EQ(contents_text(ReduceAttrs{ReduceFunction::kProd, {0}, false}, {shape}),
            "[4*batch*seq]");
  EXPECT_EQ(contents_text(ReduceAttrs{ReduceFunction::kSum, {0}, true}, {shape}),
            "[4 + batch + seq]");
  EXPECT_EQ(contents_text(ReduceAttrs{ReduceFunction::kMax, {0}, true}, {known({seq, 0})}),
            "[seq]");
  EXPECT_EQ(contents_text(ReduceAttrs{ReduceFunction::kMin, {0}, true}, {known({seq, 0})}), "[0]");
  EXPECT_EQ(contents_text(ReduceAttrs{ReduceFunction::kProd, {0}, true}, {known({})}), "[1]");
  EXPECT_EQ(contents_text(ReduceAttrs{ReduceFunction::kMean, {0}, true}, {shape}), "none");
  EXPECT_EQ(contents_text(ReduceAttrs{ReduceFunction::kMean, {0}, true}, {known({seq})}), "none");
}

TEST(CumSum, KeepsTheType) {
  EXPECT_EQ(inferred_text(CumSumAttrs{1}, {i64({batch, seq})}), "int64[batch, seq]");
  EXPECT_THAT(error_text(CumSumAttrs{2}, {i64({batch, seq})}),
              HasSubstr("expected a rank above the axis, 2"));
}

TEST(LayerNorm, ChecksGammaAndBeta) {
  const TypeInfo src = f32({batch, seq, 4});
  EXPECT_EQ(inferred_text(LayerNormAttrs{}, {src, f32({4})}), "float32[batch, seq, 4]");
  EXPECT_EQ(access_text(LayerNormAttrs{}, {src, f32({4}), f32({4})}), "rows whole whole");
  EXPECT_EQ(error_text(LayerNormAttrs{}, {src, f32({5})}),
            "axis 0 of input 1 is 5 and axis 2 of input 0 is 4; they must be equal");
  EXPECT_EQ(error_text(LayerNormAttrs{}, {src, f32({4}), f32({1, 4})}),
            "input 2 is float32[1, 4], expected rank 1");
}

TEST(Softmax, IsRowLocalOnTheLastAxis) {
  const TypeInfo src = f32({batch, seq, 4});
  EXPECT_EQ(inferred_text(SoftmaxAttrs{2}, {src}), "float32[batch, seq, 4]");
  EXPECT_EQ(access_text(SoftmaxAttrs{2}, {src}), "rows");
  EXPECT_EQ(access_text(SoftmaxAttrs{1}, {src}), "none");
  EXPECT_THAT(error_text(SoftmaxAttrs{3}, {src}), HasSubstr("expected a rank above the axis, 3"));
  EXPECT_THAT(error_text(SoftmaxAttrs{0}, {i64({3})}),
              HasSubstr("input 0 is int64[3], expected float32"));
}

TEST(Op, NamesAndLabels) {
  EXPECT_EQ(op_label(BinaryAttrs{BinaryFunction::kAdd}), "add");
  EXPECT_EQ(op_label(UnaryAttrs{UnaryFunction::kGelu}), "gelu");
  EXPECT_EQ(op_label(ReduceAttrs{ReduceFunction::kMean, {}, true}), "reduce_mean");
  LinearAttrs linear;
  EXPECT_EQ(op_label(linear), "linear");
  linear.epilogue.activation = Activation::kGelu;
  EXPECT_EQ(op_label(linear), "linear+gelu");
  EXPECT_EQ(op_label(QuantizedLinearAttrs{}), "quantized_linear");
  EXPECT_EQ(op_kind(Attributes(SoftmaxAttrs{0})), OpKind::kSoftmax);
  EXPECT_STREQ(op_kind_name(OpKind::kGatherND), "gather_nd");
}

}  // namespace
}  // namespace octet::test
