// Importers of BitShift, BitCast, CumProd, LpPool, LRN, ReverseSequence, Col2Im, MaxUnpool,
// TfIdfVectorizer, and Gemm of integers.
#include <cmath>

#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }
std::string result(const ModelBuilder& model) { return output_text(loaded(model)); }

// One node of x and int64 vectors.
ModelBuilder one(const std::string& op, int64_t opset, const std::vector<Extent>& shape,
                 const std::vector<std::vector<int64_t>>& vectors = {}, int type = kFloat) {
  ModelBuilder model(opset);
  model.input("x", shape, type).output("y");
  std::vector<std::string> inputs = {"x"};
  for (const auto& vector : vectors) {
    inputs.push_back("v" + std::to_string(inputs.size()));
    model.ints(inputs.back(), vector);
  }
  model.node(op, inputs, {"y"});
  return model;
}

TEST(ImportBits, ShiftsAndCasts) {
  ModelBuilder shift = one("BitShift", 11, {2}, {{1, 3}}, kInt64);
  only_node(shift).attr("direction", "LEFT");
  EXPECT_THAT(outputs_of<int64_t>(shift, {int64s({2}, {5, 1})}), ElementsAre(10, 8));
  EXPECT_THAT(load_error(one("BitShift", 11, {2}, {{1, 3}}, kInt64)),
              HasSubstr("\"direction\" is \"\", expected \"LEFT\" or \"RIGHT\""));
  ModelBuilder cast = one("BitCast", 26, {2});
  only_node(cast).attr("to", pb::TensorProto::INT32);
  EXPECT_THAT(outputs_of<int32_t>(cast, {floats({2}, {1, -2})}),
              ElementsAre(0x3F800000, static_cast<int32_t>(0xC0000000)));
  ModelBuilder narrow = one("BitCast", 26, {2});
  only_node(narrow).attr("to", pb::TensorProto::INT16);
  EXPECT_THAT(load_error(narrow), HasSubstr("of 32 bits, but attribute \"to\" is int16 of 16"));
  ModelBuilder text = one("BitCast", 26, {2});
  only_node(text).attr("to", pb::TensorProto::STRING);
  EXPECT_THAT(load_error(text), HasSubstr("a cast of bits to string"));
}

TEST(ImportBits, OfLessThanAByte) {
  ModelBuilder model = one("BitCast", 26, {3}, {}, pb::TensorProto::UINT4);
  only_node(model).attr("to", pb::TensorProto::INT4);
  const uint8_t codes[] = {1, 8, 15};
  EXPECT_THAT(outputs_of<int8_t>(model, {Tensor::from(std::span<const uint8_t>(codes), Shape{3})}),
              ElementsAre(1, -8, -1));
}

TEST(ImportCumProd, IsARunningProduct) {
  ModelBuilder model = one("CumProd", 26, {2, 3}, {{-1}});
  only_node(model).attr("reverse", 1).attr("exclusive", 1);
  EXPECT_THAT(outputs_of<float>(model, {floats({2, 3}, {1, 2, 3, 4, 5, 6})}),
              ElementsAre(6, 3, 1, 30, 6, 1));
}

TEST(ImportLpPool, WindowsAndWholePictures) {
  ModelBuilder pool = one("LpPool", 18, {1, 1, 2, 4});
  only_node(pool).ints("kernel_shape", {2, 2}).ints("strides", {2, 2});
  const Tensor src = floats({1, 1, 2, 4}, {3, -4, 1, 1, 0, 0, 1, 1});
  EXPECT_THAT(outputs_of<float>(pool, {src}), ElementsAre(5, 2));
  only_node(pool).attr("p", 1);
  EXPECT_THAT(outputs_of<float>(pool, {src}), ElementsAre(7, 4));
  ModelBuilder old = one("LpPool", 1, {1, 1, 2, 4});
  only_node(old).ints("kernel_shape", {2, 2}).ints("strides", {2, 2}).attr("p", 1.0f);
  EXPECT_THAT(outputs_of<float>(old, {src}), ElementsAre(7, 4));
  ModelBuilder bad = one("LpPool", 18, {1, 1, 2, 4});
  only_node(bad).ints("kernel_shape", {2, 2}).attr("p", 0);
  EXPECT_THAT(load_error(bad), HasSubstr("expected more than 0"));

  ModelBuilder global = one("GlobalLpPool", 2, {1, 2, 2});
  const Tensor pixels = floats({1, 2, 2}, {3, -4, 1, 2});
  EXPECT_EQ(ops(loaded(global)), "reduce_l2");
  EXPECT_THAT(outputs_of<float>(global, {pixels}),
              ElementsAre(5, FloatNear(std::sqrt(5.0f), 1e-6f)));
  only_node(global).attr("p", 3);
  EXPECT_THAT(outputs_of<float>(global, {pixels}),
              ElementsAre(FloatNear(std::cbrt(91.0f), 1e-5f), FloatNear(std::cbrt(9.0f), 1e-5f)));
  EXPECT_EQ(result(one("GlobalLpPool", 2, {"b", 3, "h", "w"})), "float32[b, 3, 1, 1]");
}

// x / (bias + alpha / size * sum)^beta over the channels around.
TEST(ImportLrn, NormalizesOverNeighbouringChannels) {
  ModelBuilder lrn = one("LRN", 13, {1, 4, 1, 1});
  only_node(lrn).attr("size", 2).attr("alpha", 2.0f).attr("beta", 1.0f).attr("bias", 1.0f);
  // A window of 2 is the channel itself and the next one.
  EXPECT_THAT(outputs_of<float>(lrn, {floats({1, 4, 1, 1}, {1, 2, 3, 4})}),
              ElementsAre(FloatNear(1.0f / 6, 1e-6f), FloatNear(2.0f / 14, 1e-6f),
                          FloatNear(3.0f / 26, 1e-6f), FloatNear(4.0f / 17, 1e-6f)));
  EXPECT_EQ(result([] {
              ModelBuilder model = one("LRN", 1, {"b", "c", "h", "w"});
              only_node(model).attr("size", 3);
              return model;
            }()),
            "float32[b, c, h, w]");
  EXPECT_THAT(load_error(one("LRN", 13, {1, 4, 1, 1})), HasSubstr("\"size\" is 0"));
}

TEST(ImportReverseSequence, AxesAreZeroAndOne) {
  ModelBuilder model = one("ReverseSequence", 10, {3, 2}, {{3, 2}});
  EXPECT_THAT(outputs_of<float>(model, {floats({3, 2}, {1, 2, 3, 4, 5, 6})}),
              ElementsAre(5, 4, 3, 2, 1, 6));
  only_node(model).attr("batch_axis", 0);
  EXPECT_THAT(load_error(model), HasSubstr("are 0 and 0; expected 0 and 1, or 1 and 0"));
  EXPECT_THAT(load_error(one("ReverseSequence", 10, {3, 2}, {{3, 2, 1}})), HasSubstr("axis"));
}

TEST(ImportCol2Im, ExtentsOfImageAndBlock) {
  EXPECT_EQ(result(one("Col2Im", 18, {"b", 8, 4}, {{3, 3}, {2, 2}})), "float32[b, 2, 3, 3]");
  EXPECT_THAT(load_error(one("Col2Im", 18, {1, 8, 5}, {{3, 3}, {2, 2}})),
              HasSubstr("axis 2 of input 0 is 5, expected 4"));
  EXPECT_THAT(load_error(one("Col2Im", 18, {1, 7, 4}, {{3, 3}, {2, 2}})),
              HasSubstr("axis 1 of input 0 is 7, expected 4"));
  EXPECT_THAT(load_error(one("Col2Im", 18, {1, 8, 4}, {{3, 3}, {2}})),
              HasSubstr("image_shape has 2 extents, block_shape 1"));
  EXPECT_THAT(load_error(one("Col2Im", 18, {1, 8, 4}, {{1, 1}, {4, 4}})),
              HasSubstr("the number of blocks along axis 0 of the image"));
  ModelBuilder padded = one("Col2Im", 18, {1, 8, 4}, {{3, 3}, {2, 2}});
  only_node(padded).attr("auto_pad", "SAME_UPPER");
  EXPECT_THAT(load_error(padded), HasSubstr("an attribute \"auto_pad\""));
}

TEST(ImportCol2Im, OfBoolsIsWhetherOneHolds) {
  ModelBuilder model = one("Col2Im", 18, {1, 2, 2}, {{3}, {2}}, kBoolean);
  const bool blocks[] = {false, true, false, true};  // taps 0, then 1, of both blocks
  EXPECT_THAT(
      outputs_of<bool>(model, {Tensor::from(std::span<const bool>(blocks), Shape{1, 2, 2})}),
      ElementsAre(false, true, true));
}

// The fractions count until the result is rounded towards zero.
TEST(ImportGemm, OfIntegersByFractions) {
  ModelBuilder model(13);
  model.input("x", {1, 2}, kInt64).input("c", {1}, kInt64).output("y");
  model.initializer<int64_t>("w", {2, 1}, {1, 1});
  model.node("Gemm", {"x", "w", "c"}, {"y"}).attr("alpha", 0.5f).attr("beta", 0.5f);
  EXPECT_THAT(outputs_of<int64_t>(model, {int64s({1, 2}, {3, 4}), int64s({1}, {1})}),
              ElementsAre(4));
  EXPECT_THAT(outputs_of<int64_t>(model, {int64s({1, 2}, {3, 4}), int64s({1}, {0})}),
              ElementsAre(3));
}

TEST(ImportMaxUnpool, ExtentsFollowFromWindowsOrAreGiven) {
  ModelBuilder model(11);
  model.input("x", {"b", 3, 4, "w"}).input("i", {"b", 3, 4, "w"}, kInt64).output("y");
  model.node("MaxUnpool", {"x", "i"}, {"y"}).ints("kernel_shape", {2, 2}).ints("strides", {2, 2});
  EXPECT_EQ(result(model), "float32[b, 3, 8, 2*w]");
  model.ints("shape", {1, 3, 9, 10});
  only_node(model).proto().add_input("shape");
  EXPECT_EQ(result(model), "float32[1, 3, 9, 10]");
}

ModelBuilder tf_idf(const std::vector<int64_t>& pool, const std::vector<int64_t>& begins,
                    const std::vector<int64_t>& columns) {
  ModelBuilder model = one("TfIdfVectorizer", 9, {"n"}, {}, kInt64);
  only_node(model)
      .attr("mode", "TF")
      .attr("min_gram_length", 1)
      .attr("max_gram_length", 2)
      .attr("max_skip_count", 0)
      .ints("pool_int64s", pool)
      .ints("ngram_counts", begins)
      .ints("ngram_indexes", columns);
  return model;
}

TEST(ImportTfIdf, PoolsOfIntegers) {
  ModelBuilder model = tf_idf({7, 5, 6, 7, 5, 6}, {0, 2}, {1, 0, 3, 2});
  EXPECT_EQ(result(model), "float32[4]");
  model.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_value(6);
  EXPECT_THAT(outputs_of<float>(model, {int64s({6}, {5, 6, 7, 5, 6, 9})}), ElementsAre(2, 1, 2, 1));
  // Of equal n-grams the last one counts.
  ModelBuilder twice = tf_idf({5, 5}, {0}, {0, 1});
  twice.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_value(2);
  EXPECT_THAT(outputs_of<float>(twice, {int64s({2}, {5, 5})}), ElementsAre(0, 2));
}

TEST(ImportTfIdf, RefusesWithAReason) {
  EXPECT_THAT(load_error(tf_idf({7, 5, 6}, {0, 2}, {0, 1, 2})),
              HasSubstr("has 1 element for n-grams of 2"));
  EXPECT_THAT(load_error(tf_idf({7, 5}, {0, 3}, {0, 1})),
              HasSubstr("at 0 to 3 of a pool of 2 elements"));
  EXPECT_THAT(load_error(tf_idf({7, 5}, {0}, {0})), HasSubstr("fewer than the pool has n-grams"));
  EXPECT_THAT(load_error(tf_idf({7}, {0}, {-1})), HasSubstr("has -1, expected 0 or more"));
  ModelBuilder weights = tf_idf({7, 5}, {0}, {0, 1});
  auto& attribute = *only_node(weights).proto().add_attribute();
  attribute.set_name("weights");
  attribute.set_type(pb::AttributeProto::FLOATS);
  attribute.add_floats(1);
  EXPECT_THAT(load_error(weights), HasSubstr("expected one for each of the 2 columns"));
  ModelBuilder texts = tf_idf({7, 5}, {0}, {0, 1});
  auto& pool = *only_node(texts).proto().add_attribute();
  pool.set_name("pool_strings");
  pool.set_type(pb::AttributeProto::STRINGS);
  pool.add_strings("a");
  EXPECT_THAT(load_error(texts), HasSubstr("its pool is one of strings"));
}

}  // namespace
}  // namespace octet::test
