// read_codes, move_codes and integer_products: constants stay codes, codes are moved as codes, and
// scaled sums of codes become products of what the codes stand for.
#include "runtime/core/coded_constant.h"
#include "runtime/passes/quantize/integer_products.h"
#include "runtime/passes/quantize/move_codes.h"
#include "runtime/passes/quantize/read_codes.h"
#include "tests/passes/quantize/code_graph.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

TEST(ReadCodes, ADequantizedConstantKnowsItsCodes) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, 4});
  const ValueId weights = g.dequantize("dq", g.weight_codes(4, 3), g.scale(0.5f));
  g.graph.add_output(add_node(g.graph, "mm", MatMulAttrs{}, {src, weights}), "y");
  EXPECT_THAT(labels_after(g.graph, read_codes), ElementsAre("matmul"));
  const Value& value = g.graph.value(g.graph.nodes()[0].inputs[1]);
  ASSERT_TRUE(value.constant && value.constant->coded());
  EXPECT_EQ(value.name, "w");
  const auto numbers = to_doubles(value.constant->load().value());
  const auto codes = to_doubles(value.constant->coded()->codes.load().value());
  for (size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(numbers[i], codes[i] * 0.5);
}

TEST(ReadCodes, ATableIsPickedFromAsCodes) {
  CodeGraph g;
  const ValueId ids = add_input(g.graph, "ids", DType::kI64, {2});
  const ValueId table = g.dequantize("dq", g.weight_codes(4, 3), g.scale(0.5f));
  g.graph.add_output(add_node(g.graph, "pick", GatherAttrs{0}, {table, ids}), "y");
  EXPECT_THAT(labels_after(g.graph, read_codes), ElementsAre("gather", "dequantize"));
}

TEST(ReadCodes, FloatsThatAreQuantizedAndBackAreCoded) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, 4});
  const ValueId floats = g.constant("w", random_floats({4, 3}, 1));
  const ValueId codes = g.quantize("q", floats, g.scale(0.01f), g.zero_point_i8(0));
  const ValueId weights = g.dequantize("dq", codes, g.scale(0.01f), g.zero_point_i8(0));
  g.graph.add_output(add_node(g.graph, "mm", MatMulAttrs{}, {src, weights}), "y");
  EXPECT_THAT(labels_after(g.graph, read_codes), ElementsAre("matmul"));
  EXPECT_NE(g.graph.value(g.graph.nodes()[0].inputs[1]).constant->coded(), nullptr);
}

struct Moved {
  CodeGraph g;
  ValueId codes = add_input(g.graph, "codes", DType::kU8, {2, 3, 4});
  ValueId floats = g.dequantize("dq", codes, g.scale(0.1f), g.zero_point_u8(7));
  ValueId back(ValueId src, float scale = 0.1f, uint8_t zero_point = 7) {
    return g.quantize("q", src, g.scale(scale), g.zero_point_u8(zero_point));
  }
};

TEST(MoveCodes, ThroughWhatOnlyMoves) {
  for (const Attributes& move :
       {Attributes(ReshapeAttrs{{6, 4}}), Attributes(TransposeAttrs{{1, 0, 2}}),
        Attributes(SliceAttrs{{0, 0, 1}, {2, 3, 2}, {1, 1, 1}}),
        Attributes(ExpandAttrs{{5, 2, 3, 4}}), Attributes(ConcatAttrs{0})}) {
    Moved m;
    m.g.graph.add_output(m.back(add_node(m.g.graph, "move", move, {m.floats})), "y");
    EXPECT_THAT(labels_after(m.g.graph, move_codes), ElementsAre(op_label(move)));
  }
}

TEST(MoveCodes, EveryCodeComesBackAsItself) {
  for (const float scale : {0.1f, 1e-20f, 0.0078125f, 3.7e19f, 0.00392157f}) {
    CodeGraph g;
    const ValueId codes = add_input(g.graph, "codes", DType::kU8, {256});
    const ValueId floats = g.dequantize("dq", codes, g.scale(scale), g.zero_point_u8(99));
    g.graph.add_output(g.quantize("q", floats, g.scale(scale), g.zero_point_u8(99)), "y");
    ASSERT_TRUE(g.graph.normalize().is_ok());
    Tensor all(DType::kU8, {256});
    for (size_t i = 0; i < 256; ++i) all.elements<uint8_t>()[i] = static_cast<uint8_t>(i);
    const Tensor same = (*evaluate_graph(g.graph, {all}))[0];
    EXPECT_EQ(to_doubles(same), to_doubles(all)) << scale;
  }
}

TEST(MoveCodes, LeavesOtherParametersAndOtherReaders) {
  Moved scale;
  scale.g.graph.add_output(scale.back(scale.floats, 0.2f), "y");
  EXPECT_THAT(labels_after(scale.g.graph, move_codes), ElementsAre("dequantize", "quantize"));
  Moved zero_point;
  zero_point.g.graph.add_output(zero_point.back(zero_point.floats, 0.1f, 8), "y");
  EXPECT_THAT(labels_after(zero_point.g.graph, move_codes), ElementsAre("dequantize", "quantize"));
  Moved read;
  const ValueId moved = add_node(read.g.graph, "move", TransposeAttrs{{1, 0, 2}}, {read.floats});
  read.g.graph.add_output(read.back(moved), "y");
  read.g.graph.add_output(moved, "z");
  EXPECT_THAT(labels_after(read.g.graph, move_codes),
              ElementsAre("dequantize", "transpose", "quantize"));
}

// As MatMulInteger is imported, with what ONNX Runtime puts behind it.
ValueId integer_matmul(CodeGraph& g, ValueId lhs, ValueId lhs_zero, ValueId rhs, ValueId rhs_zero) {
  const auto shifted = [&](ValueId codes, ValueId zero) {
    const ValueId wide = add_node(g.graph, "wide", CastAttrs{DType::kF64}, {codes});
    if (zero == kNoValue) return wide;
    const ValueId wide_zero = add_node(g.graph, "zero", CastAttrs{DType::kF64}, {zero});
    return add_node(g.graph, "shifted", BinaryAttrs{BinaryFunction::kSub}, {wide, wide_zero});
  };
  const ValueId product = add_node(g.graph, "fc/product", MatMulAttrs{},
                                   {shifted(lhs, lhs_zero), shifted(rhs, rhs_zero)});
  const ValueId sums = add_node(g.graph, "fc", CastAttrs{DType::kI32}, {product});
  return add_node(g.graph, "cast", CastAttrs{DType::kF32}, {sums});
}

TEST(IntegerProducts, OfDynamicCodesInEveryNesting) {
  for (const bool nested : {false, true})
    for (const bool per_column : {false, true}) {
      CodeGraph g;
      const ValueId src = add_input(g.graph, "x", DType::kF32, {2, 4});
      const std::vector<ValueId> lhs = g.dynamic_quantize(src);
      const ValueId scale =
          per_column ? g.constant("s", random_floats({3}, 5, 0.1f, 1)) : g.scale(0.3f);
      const ValueId sums =
          integer_matmul(g, lhs[0], lhs[2], g.weight_codes(4, 3), g.zero_point_i8(5));
      const ValueId scaled = nested ? add_mul(g.graph, add_mul(g.graph, sums, lhs[1]), scale)
                                    : add_mul(g.graph, sums, add_mul(g.graph, scale, lhs[1]));
      g.graph.add_output(scaled, "y");
      expect_same_results(g.graph, integer_products, 1e-5);
      const auto labels = op_labels(g.graph);
      EXPECT_EQ(std::count(labels.begin(), labels.end(), "dequantize"), 2);
      EXPECT_EQ(std::count(labels.begin(), labels.end(), "cast"), 0);
      EXPECT_EQ(find_node(g.graph, OpKind::kMatMul)->name, "fc");
    }
}

TEST(IntegerProducts, LeavesSumsThatAreRead) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, 4});
  const std::vector<ValueId> lhs = g.dynamic_quantize(src);
  const ValueId sums = integer_matmul(g, lhs[0], lhs[2], g.weight_codes(4, 3), kNoValue);
  g.graph.add_output(add_mul(g.graph, sums, add_mul(g.graph, g.scale(0.3f), lhs[1])), "y");
  g.graph.add_output(sums, "sums");
  const auto labels = labels_after(g.graph, integer_products);
  EXPECT_EQ(std::count(labels.begin(), labels.end(), "dequantize"), 0);
}

// A constant for each row of the result has as many elements as it has columns, and is none for
// them.
TEST(IntegerProducts, LeavesScalesAndZeroPointsOfOtherAxes) {
  const auto dequantized = [](const Shape& scale, const Shape& zero_point) {
    CodeGraph g;
    const ValueId src = add_input(g.graph, "x", DType::kF32, {3, 3});
    const std::vector<ValueId> lhs = g.dynamic_quantize(src);
    const ValueId zero = g.constant("z", random_integers(DType::kI8, zero_point, 7, -5, 5));
    const ValueId sums = integer_matmul(g, lhs[0], lhs[2], g.weight_codes(3, 3), zero);
    const ValueId scales = g.constant("s", random_floats(scale, 5, 0.1f, 1));
    g.graph.add_output(add_mul(g.graph, sums, add_mul(g.graph, scales, lhs[1])), "y");
    expect_same_results(g.graph, integer_products, 1e-5);
    const auto labels = op_labels(g.graph);
    return std::count(labels.begin(), labels.end(), "dequantize") > 0;
  };
  EXPECT_TRUE(dequantized({3}, {3}));
  EXPECT_TRUE(dequantized({1, 3}, {1, 3}));
  EXPECT_FALSE(dequantized({3, 1}, {3}));
  EXPECT_FALSE(dequantized({3}, {3, 1}));
  EXPECT_FALSE(dequantized({1, 1, 3}, {3}));  // the result would lose an axis
  EXPECT_FALSE(dequantized({1, 1, 1}, {}));
}

TEST(IntegerProducts, OfAConvolutionsChannels) {
  const auto dequantized = [](const Shape& scale) {
    CodeGraph g;
    const ValueId src = add_input(g.graph, "x", DType::kF32, {1, 2, 2, 3});
    const std::vector<ValueId> lhs = g.dynamic_quantize(src);
    const ValueId codes = g.constant("w", random_integers(DType::kI8, {3, 2, 1, 1}, 3, -9, 9));
    const auto wide = [&](ValueId value) {
      return add_node(g.graph, "wide", CastAttrs{DType::kF64}, {value});
    };
    const ValueId shifted = add_node(g.graph, "shifted", BinaryAttrs{BinaryFunction::kSub},
                                     {wide(lhs[0]), wide(lhs[2])});
    const Window window{{1, 1}, {1, 1}, {1, 1}, Padding::kExplicit, {0, 0}, {0, 0}, false};
    const ValueId sums =
        add_node(g.graph, "conv/sums", ConvAttrs{.window = window}, {shifted, wide(codes)});
    const ValueId integers = add_node(g.graph, "conv", CastAttrs{DType::kI32}, {sums});
    const ValueId floats = add_node(g.graph, "cast", CastAttrs{DType::kF32}, {integers});
    const ValueId scales = g.constant("s", random_floats(scale, 5, 0.1f, 1));
    g.graph.add_output(add_mul(g.graph, floats, add_mul(g.graph, scales, lhs[1])), "y");
    expect_same_results(g.graph, integer_products, 1e-5);
    const auto labels = op_labels(g.graph);
    return std::count(labels.begin(), labels.end(), "dequantize") > 0;
  };
  EXPECT_TRUE(dequantized({}));
  EXPECT_TRUE(dequantized({1, 3, 1, 1}));
  EXPECT_TRUE(dequantized({3, 1, 1}));
  EXPECT_FALSE(dequantized({3}));  // along the width
}

TEST(IntegerProducts, LeavesWhatNeverWasCodes) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, 4});
  const ValueId weights = g.constant("w", random_floats({4, 3}, 1));
  const ValueId sums = integer_matmul(g, src, kNoValue, weights, kNoValue);
  g.graph.add_output(add_mul(g.graph, sums, add_mul(g.graph, g.scale(0.3f), g.scale(2))), "y");
  const auto labels = labels_after(g.graph, integer_products);
  EXPECT_EQ(std::count(labels.begin(), labels.end(), "dequantize"), 0);
}

// Each is computed when the next one is: a chain of them would multiply.
TEST(ReadCodes, ChainsAreLeftToFolding) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {});
  ValueId value = g.scale(0.5f);
  for (int i = 0; i < 40; ++i) {
    const ValueId codes = g.quantize("q", value, value, g.zero_point_u8(0));
    value = g.dequantize("dq", codes, value);
  }
  g.graph.add_output(add_add(g.graph, src, value), "y");
  const auto labels = labels_after(g.graph, read_codes);
  EXPECT_GT(labels.size(), 70u);
}

}  // namespace
}  // namespace octet::test
