// Weights that no fast kernel takes yet are layers like others: 4-bit codes in blocks with float
// zero points run, are read and are replaced; codes go from one layer to the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/numerics/quantize.h"
#include "runtime/api/model.h"
#include "runtime/core/packed_codes.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr int64_t kN = 6, kK = 10, kBlock = 4, kBlocks = 3;

QuantizedTensor narrow_blocks() {
  QuantizedTensor weights;
  weights.int_data = random_integers(DType::kU8, {kN, kK}, 1, 0, 15);
  weights.bits = 4;
  weights.scale = random_floats({kN, kBlocks}, 2, -0.5f, 0.5f);
  weights.zero_point = random_floats({kN, kBlocks}, 3, 0, 15);
  weights.granularity = Granularity::kBlocked;
  weights.block_size = kBlock;
  return weights;
}

QuantizationScheme weight_only_u4() {
  QuantizationScheme scheme;
  scheme.weights = {ElementType::kU4, Granularity::kBlocked, kBlock, ZeroPoint::kFloat};
  return scheme;
}

std::shared_ptr<const Model> load(Graph graph) {
  auto model = Model::from_graph(*Engine::create({.threads = 2}), std::move(graph), {});
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  return *model;
}

Tensor run(const Model& model, const Tensor& src) {
  const auto session = model.make_session();
  std::vector<TensorView> inputs{src.view()}, outputs(1);
  const Status status = session->run(inputs, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  return contiguous_copy(Tensor(nullptr, outputs[0]));
}

// `dst` as the definition says, in double; a kernel rounds each weight twice and each of kK sums.
void expect_as_defined(const Tensor& dst, const QuantizedTensor& weights, const Tensor& src) {
  constexpr double kRoundings = (kK + 3) * 0x1p-24;
  const auto x = src.elements<const float>();
  for (int64_t m = 0; m < src.shape()[0]; ++m)
    for (int64_t n = 0; n < kN; ++n) {
      double sum = 0, magnitudes = 0;
      for (int64_t k = 0; k < kK; ++k) {
        const auto place = static_cast<size_t>(n * kBlocks + k / kBlock);
        const int code =
            weights.int_data.elements<const uint8_t>()[static_cast<size_t>(n * kK + k)];
        const double product = (code - double{weights.zero_point->elements<const float>()[place]}) *
                               double{weights.scale.elements<const float>()[place]} *
                               double{x[static_cast<size_t>(m * kK + k)]};
        sum += product;
        magnitudes += std::abs(product);
      }
      EXPECT_NEAR(dst.elements<const float>()[static_cast<size_t>(m * kN + n)], sum,
                  kRoundings * magnitudes)
          << m << ", " << n;
    }
}

TEST(BlockedLayer, RunsIsReadAndIsReplaced) {
  const QuantizedTensor weights = narrow_blocks();
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {Dim::symbol("rows"), kK});
  QuantizedLinearAttrs attrs;
  // As they lie in a file: two codes in a byte.
  QuantizedConstant packed(weights);
  Tensor nibbles(DType::kU8, {kN * kK / 2});
  for (size_t i = 0; i < static_cast<size_t>(kN * kK); ++i)
    nibbles.elements<uint8_t>()[i / 2] |=
        static_cast<uint8_t>(weights.int_data.elements<const uint8_t>()[i] << (i % 2 * 4));
  packed.int_data = unpack_rows(Constant(nibbles), 4, DType::kU8, {kN, kK}, 1, 0);
  attrs.weights = std::make_shared<const QuantizedConstant>(packed);
  attrs.scheme = weight_only_u4();
  attrs.parts = {{"fc", {"fc.weight"}, 0, kN}};
  graph.add_output(add_node(graph, "fc", attrs, {x, kNoValue}), "y");
  const auto model = load(std::move(graph));
  EXPECT_EQ(model->report(0).scheme, "u4 blocked 4 with zero points, float");

  const Tensor src = random_floats({3, kK}, 4);
  expect_as_defined(run(*model, src), weights, src);
  const auto read = model->weights(*model->find_layer("fc.weight"));
  ASSERT_TRUE(read.is_ok()) << read.status().message();
  EXPECT_EQ(to_doubles(read->int_data), to_doubles(weights.int_data));
  EXPECT_EQ(to_doubles(read->scale), to_doubles(weights.scale));
  EXPECT_EQ(to_doubles(*read->zero_point), to_doubles(*weights.zero_point));

  QuantizedTensor changed = *read;
  changed.scale = random_floats({kN, kBlocks}, 5);
  const auto replaced = model->replace(0, changed);
  ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
  expect_as_defined(run(**replaced, src), changed, src);
  expect_as_defined(run(*model, src), weights, src);

  changed.int_data = random_integers(DType::kU8, {kN, kK}, 1, 16, 16);
  EXPECT_THAT(model->replace(0, changed).status().message(),
              HasSubstr("expected a code of 4 bits"));
  changed = spread(weights, Granularity::kBlocked, kBlock);
  changed.block_size = 5;
  changed.scale = Tensor(DType::kF32, {kN, 2});
  changed.zero_point.reset();
  EXPECT_THAT(model->replace(0, changed).status().message(),
              HasSubstr("expected one for each block of 4 columns"));
}

// w8a8 with static ranges: the first layer's output is the second one's input, as codes.
TEST(BlockedLayer, CodesGoFromLayerToLayer) {
  QuantizedTensor weights;
  weights.int_data = random_integers(DType::kI8, {kK, kK}, 1, -127, 127);
  weights.scale = random_floats({kK}, 2, 0.001f, 0.002f);
  weights.zero_point = random_integers(DType::kI8, {kK}, 3, -5, 5);
  const StaticParams in{0.03f, 12}, between{0.05f, -7};
  QuantizedLinearAttrs first;
  first.weights = std::make_shared<const QuantizedConstant>(weights);
  first.scheme.activations = {ActivationRange::kStaticPerTensor, ElementType::kU8};
  first.parts = {{"first", {}, 0, kK}};
  first.src = in;
  QuantizedLinearAttrs second = first;
  first.epilogue = {Activation::kNone, DType::kI8, between.scale, between.zero_point};
  second.parts[0].name = "second";
  second.src = between;
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kU8, {Dim::symbol("rows"), kK});
  const ValueId codes = add_node(graph, "first", first, {x, kNoValue});
  EXPECT_EQ(graph.value(codes).type.dtype, DType::kI8);
  graph.add_output(add_node(graph, "second", second, {codes, kNoValue}), "y");
  const auto model = load(std::move(graph));

  const Tensor src = random_integers(DType::kU8, {4, kK}, 7, 0, 255);
  const auto layer = [&](const std::vector<int32_t>& row, const StaticParams& params) {
    std::vector<float> dst;
    for (size_t n = 0; n < kK; ++n) {
      int32_t sum = 0;
      for (size_t k = 0; k < kK; ++k)
        sum +=
            (row[k] - params.zero_point) * (weights.int_data.elements<const int8_t>()[n * kK + k] -
                                            weights.zero_point->elements<const int8_t>()[n]);
      dst.push_back(static_cast<float>(sum) *
                    (params.scale * weights.scale.elements<const float>()[n]));
    }
    return dst;
  };
  std::vector<float> expected;
  for (size_t m = 0; m < 4; ++m) {
    std::vector<int32_t> row, middle;
    for (size_t k = 0; k < kK; ++k) row.push_back(src.elements<const uint8_t>()[m * kK + k]);
    for (const float value : layer(row, in))
      middle.push_back(numerics::quantize(value, between.scale, between.zero_point, -128, 127));
    for (const float value : layer(middle, between)) expected.push_back(value);
  }
  EXPECT_THAT(run(*model, src).elements<const float>(), ElementsAreArray(expected));
}

}  // namespace
}  // namespace octet::test
