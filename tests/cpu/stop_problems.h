// A large problem for every row of the kernel tables, by its name, and for every op of the
// long-tail lane, by the op's: without a look at its control each takes from seconds to hours.
#pragma once

#include <functional>
#include <map>

#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/non_zero.h"
#include "runtime/ops/random.h"
#include "runtime/ops/top_k.h"
#include "runtime/ops/unique.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/numeric_cases.h"
#include "tests/support/recurrence_problem.h"
#include "tests/support/spatial_cases.h"
#include "tests/support/tensors.h"

namespace octet::test::stopping {

struct Problem {
  Attributes attributes;
  std::vector<NodeInput> inputs;
};

// Zeros, in memory that nothing has touched yet.
inline NodeInput zeros(DType dtype, const Shape& shape) { return {Tensor(dtype, shape)}; }
inline NodeInput floats(const Shape& shape) { return zeros(DType::kF32, shape); }
inline NodeInput bytes(const Shape& shape) { return zeros(DType::kI8, shape); }
inline NodeInput constant(NodeInput input) { return input.constant = true, input; }

inline constexpr int64_t kMany = int64_t{1} << 26,
                         kSide = int64_t{1} << 13;  // kSide * kSide = kMany

inline Window window(int64_t kernel, int64_t begin) {
  return {{kernel, kernel},   {1, 1}, {1, 1}, Padding::kExplicit, {begin, begin}, {begin, begin},
          /*ceil_mode=*/false};
}

inline Problem quantized_linear(int64_t m, int64_t n, int64_t k) {
  QuantizedTensor weights;
  weights.int_data = Tensor(DType::kI8, {n, k});
  weights.scale = Tensor(DType::kF32, {n});
  for (float& scale : weights.scale.elements<float>()) scale = 1;
  return {QuantizedLinearAttrs{
              .weights = std::make_shared<QuantizedConstant>(weights), .epilogue = {}, .parts = {}},
          {zeros(DType::kU8, {m, k}), zeros(DType::kRowParams, {m})}};
}

inline Problem linear(int64_t m, int64_t n, int64_t k) {
  return {LinearAttrs{.weights_transposed = true, .epilogue = {}, .layer = {}},
          {floats({m, k}), constant(floats({n, k}))}};
}

inline Problem weight_only(Products products, int64_t m, int64_t n, int64_t k) {
  Problem problem = quantized_linear(m, n, k);
  auto& attrs = std::get<QuantizedLinearAttrs>(problem.attributes);
  attrs.scheme = QuantizationScheme::w8();
  attrs.scheme.products = products;
  problem.inputs = {floats({m, k})};
  return problem;
}

inline Problem bf16_linear(int64_t m, int64_t n, int64_t k) {
  Problem problem = linear(m, n, k);
  std::get<LinearAttrs>(problem.attributes).scheme = QuantizationScheme::bf16();
  return problem;
}

inline Problem attention(DType dtype, int64_t queries, int64_t keys) {
  return {AttentionAttrs{.scale = 1},
          {zeros(dtype, {1, 1, queries, 64}), zeros(dtype, {1, 1, keys, 64}),
           zeros(dtype, {1, 1, keys, 64})}};
}

inline Problem average(int64_t extent, int64_t kernel) {
  return {PoolAttrs{.function = PoolFunction::kAverage, .window = window(kernel, 0)},
          {floats({1, 1, extent, extent})}};
}

inline Problem recurrence(int64_t steps, int64_t batch, int64_t hidden) {
  const RecurrenceProblem problem = recurrence_problem(RecurrentCell::kLstm, hidden);
  return {LongTailAttrs(problem.attrs),
          {floats({steps, batch, 4 * hidden}), constant(floats({4 * hidden, hidden}))}};
}

using Problems = std::map<std::string, std::function<Problem()>>;

// With those of a family, which tests/support has.
template <class Family>
Problems joined(Problems all, const Family& family) {
  for (const auto& [name, make] : family)
    all[name] = [make = make] {
      const auto made = make();
      Problem problem{made.attributes, {}};
      for (const Tensor& tensor : made.inputs) problem.inputs.push_back({tensor});
      return problem;
    };
  return all;
}

// By the row's name: an op may need other operands for each of its kernels. Products of the
// reference take about 100 million multiply-adds, those of the CPU some billions.
inline const Problems& problems() {
  static const Problems own = {
      {"arg_reduce/reference",
       [] {
         return Problem{ArgReduceAttrs{}, {bytes({kMany})}};
       }},
      {"attention/reference", [] { return attention(DType::kF32, 1024, 1024); }},
      {"binary/reference",
       [] {
         return Problem{BinaryAttrs{BinaryFunction::kAdd}, {bytes({kSide, 1}), bytes({1, kSide})}};
       }},
      {"cast/reference",
       [] {
         return Problem{CastAttrs{DType::kU8}, {bytes({kMany})}};
       }},
      {"clip/reference",
       [] {
         return Problem{ClipAttrs{}, {bytes({kMany}), bytes({}), bytes({})}};
       }},
      {"concat/reference",
       [] {
         return Problem{ConcatAttrs{0}, {bytes({kMany / 2}), bytes({kMany / 2})}};
       }},
      {"conv/reference",
       [] {
         return Problem{ConvAttrs{.window = window(3, 1)},
                        {floats({1, 64, 64, 64}), floats({64, 64, 3, 3})}};
       }},
      {"conv_transpose/reference",
       [] {
         return Problem{ConvTransposeAttrs{.window = window(3, 1), .output_padding = {0, 0}},
                        {floats({1, 64, 64, 64}), floats({64, 64, 3, 3})}};
       }},
      {"cumsum/reference",
       [] {
         return Problem{CumSumAttrs{0}, {floats({kMany})}};
       }},
      {"dequantize/reference",
       [] {
         return Problem{DequantizeAttrs{}, {bytes({kMany}), floats({})}};
       }},
      {"dequantize/rows",
       [] {
         return Problem{DequantizeAttrs{}, {bytes({1, 4 * kMany}), floats({})}};
       }},
      {"expand/reference",
       [] {
         return Problem{ExpandAttrs{{kSide, kSide}}, {bytes({1, 1})}};
       }},
      {"gather/reference",
       [] {
         return Problem{GatherAttrs{0}, {bytes({1, kSide}), zeros(DType::kI64, {kSide})}};
       }},
      {"gather_elements/reference",
       [] {
         return Problem{GatherElementsAttrs{0},
                        {bytes({1, kSide}), zeros(DType::kI32, {kSide, kSide})}};
       }},
      {"gather_nd/reference",
       [] {
         return Problem{GatherNDAttrs{0}, {bytes({1, kSide}), zeros(DType::kI64, {kSide, 1})}};
       }},
      {"layer_norm/reference",
       [] {
         return Problem{LayerNormAttrs{}, {floats({1, kMany}), floats({kMany})}};
       }},
      {"linear/reference", [] { return linear(256, 2048, 2048); }},
      {"count_non_zero/long_tail",
       [] {
         return Problem{LongTailAttrs(CountNonZeroAttrs()), {floats({kMany})}};
       }},
      {"non_max_suppression/long_tail",
       [] {
         return Problem{
             LongTailAttrs(NonMaxSuppressionAttrs()),
             {floats({1, 4096, 4}), floats({1, 1, 4096}), {make_tensor<int64_t>({}, {4096})}}};
       }},
      {"non_zero/long_tail",
       [] {
         return Problem{LongTailAttrs(NonZeroAttrs{0}), {floats({kMany})}};
       }},
      {"unique/long_tail",
       [] {
         return Problem{LongTailAttrs(UniqueAttrs()), {floats({kMany})}};
       }},
      {"random_normal/long_tail",
       [] {
         return Problem{LongTailAttrs(RandomNormalAttrs{.shape = {kMany}}), {}};
       }},
      {"random_uniform/long_tail",
       [] {
         return Problem{LongTailAttrs(RandomUniformAttrs{.shape = {kMany}}), {}};
       }},
      {"recurrence/long_tail", [] { return recurrence(64, 16, 160); }},
      {"top_k/long_tail",
       [] {
         return Problem{LongTailAttrs(TopKAttrs{.k = kMany / 2}), {floats({kMany})}};
       }},
      {"matmul/reference",
       [] {
         return Problem{MatMulAttrs{}, {floats({512, 512}), floats({512, 512})}};
       }},
      {"pad/reference",
       [] {
         return Problem{PadAttrs{PadMode::kEdge, {0, 0}, {kSide - 1, 0}}, {bytes({1, kSide})}};
       }},
      {"pool/reference", [] { return average(2048, 5); }},
      {"quantize/reference",
       [] {
         return Problem{QuantizeAttrs{}, {floats({kMany}), floats({})}};
       }},
      {"quantize/rows",
       [] {
         return Problem{QuantizeAttrs{}, {floats({1, 4 * kMany}), floats({})}};
       }},
      {"quantize_rows/reference",
       [] {
         return Problem{QuantizeRowsAttrs{}, {floats({1, kMany})}};
       }},
      {"quantized_linear/reference", [] { return quantized_linear(256, 2048, 2048); }},
      {"range/reference",
       [] {
         return Problem{RangeAttrs{DType::kI32, 0, 1, kMany}, {}};
       }},
      {"reduce/reference",
       [] {
         return Problem{ReduceAttrs{ReduceFunction::kSum, {0}}, {floats({kMany})}};
       }},
      {"reshape/reference",
       [] {
         return Problem{ReshapeAttrs{{kMany}}, {bytes({kSide, kSide})}};
       }},
      {"resize/reference",
       [] {
         return Problem{ResizeAttrs{.mode = ResizeMode::kNearest,
                                    .shape = {1, 1, kSide, kSide},
                                    .scales = {0, 0, 0, 0}},
                        {bytes({1, 1, 1024, 1024})}};
       }},
      {"slice/reference",
       [] {
         return Problem{SliceAttrs{{0}, {kMany}, {2}}, {bytes({2 * kMany})}};
       }},
      {"softmax/reference",
       [] {
         return Problem{SoftmaxAttrs{1}, {floats({1, kMany})}};
       }},
      {"transpose/reference",
       [] {
         return Problem{TransposeAttrs{{1, 0}}, {bytes({kSide, kSide})}};
       }},
      {"unary/reference",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kErf}, {floats({kMany})}};
       }},
      {"where/reference",
       [] {
         return Problem{WhereAttrs{},
                        {zeros(DType::kBool, {kSide, 1}), bytes({1, kSide}), bytes({1, kSide})}};
       }},

      {"quantized_linear/onednn", [] { return quantized_linear(4096, 4096, 4096); }},
      {"quantized_linear/exact", [] { return quantized_linear(4096, 2048, 2048); }},
      {"quantized_linear/onednn_bf16",
       [] { return weight_only(Products::kBF16, 4096, 2048, 2048); }},
      {"quantized_linear/onednn_f32", [] { return weight_only(Products::kF32, 4096, 2048, 2048); }},
      {"quantized_linear/blocks", [] { return weight_only(Products::kF32, 2048, 2048, 2048); }},
      {"quantized_linear/highway", [] { return weight_only(Products::kF32, 2048, 2048, 2048); }},
      {"linear/onednn_bf16", [] { return bf16_linear(4096, 2048, 2048); }},
      {"linear/onednn", [] { return linear(4096, 2048, 2048); }},
      {"linear/highway", [] { return linear(2048, 2048, 2048); }},
      {"attention/bf16", [] { return attention(DType::kBF16, 16384, 16384); }},
      {"attention/f32", [] { return attention(DType::kF32, 8192, 16384); }},
      {"quantize_rows/highway",
       [] {
         return Problem{QuantizeRowsAttrs{}, {floats({1, 4 * kMany})}};
       }},
      {"layer_norm/highway",
       [] {
         return Problem{LayerNormAttrs{}, {floats({1, kMany}), floats({kMany})}};
       }},
      {"softmax/highway",
       [] {
         return Problem{SoftmaxAttrs{1}, {floats({1, kMany})}};
       }},
      {"binary/rows",
       [] {
         return Problem{BinaryAttrs{BinaryFunction::kPow},
                        {floats({1, kMany}), floats({1, kMany})}};
       }},
      {"binary/tasks",
       [] {
         return Problem{BinaryAttrs{BinaryFunction::kAdd},
                        {floats({kSide, 1}), floats({1, kSide})}};
       }},
      {"unary/rows",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kErf}, {floats({1, kMany})}};
       }},
      {"unary/activation_rows",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kElu, 1, 1}, {floats({1, kMany})}};
       }},
      {"unary/tasks",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kNot}, {zeros(DType::kBool, {2 * kMany})}};
       }},
      {"gather/rows",
       [] {
         return Problem{GatherAttrs{0}, {constant(bytes({1, 2 * kMany})), zeros(DType::kI64, {1})}};
       }},
      {"gather/tasks",
       [] {
         return Problem{GatherAttrs{0}, {bytes({1, 2 * kMany}), zeros(DType::kI64, {1})}};
       }},
      {"where/tasks",
       [] {
         return Problem{WhereAttrs{},
                        {zeros(DType::kBool, {kSide, 1}), bytes({1, kSide}), bytes({1, kSide})}};
       }},
      {"clip/tasks",
       [] {
         return Problem{ClipAttrs{}, {floats({kMany}), floats({}), floats({})}};
       }},
      {"cast/tasks",
       [] {
         return Problem{CastAttrs{DType::kI32}, {floats({kMany})}};
       }},
      {"concat/tasks",
       [] {
         return Problem{ConcatAttrs{0}, {bytes({kMany}), bytes({kMany})}};
       }},
      {"reduce/highway",
       [] {
         return Problem{ReduceAttrs{ReduceFunction::kSum, {0}}, {floats({4 * kMany})}};
       }},
      {"conv/depthwise",
       [] {
         return Problem{ConvAttrs{.window = window(5, 2), .groups = 2},
                        {floats({1, 2, 4096, 4096}), floats({2, 1, 5, 5})}};
       }},
      {"conv/highway",
       [] {
         return Problem{ConvAttrs{.window = window(3, 1)},
                        {floats({1, 256, 128, 128}), floats({256, 256, 3, 3})}};
       }},
      {"pool/highway", [] { return average(8192, 3); }},
      {"recurrence/highway", [] { return recurrence(1 << 16, 4, 80); }},
      {"matmul/highway",
       [] {
         return Problem{MatMulAttrs{}, {floats({2048, 2048}), floats({2048, 2048})}};
       }},
  };
  static const Problems all = [&] {
    Problems every = joined(own, numeric_problems());
    every.merge(spatial_problems<Problem>());
    return every;
  }();
  return all;
}
}  // namespace octet::test::stopping
