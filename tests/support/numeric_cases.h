// Nodes of the numeric ops of the long-tail lane, small and large: what tests of the reference
// table and of stopping ask of every op.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/ops/bit_cast.h"
#include "runtime/ops/col2im.h"
#include "runtime/ops/det.h"
#include "runtime/ops/dft.h"
#include "runtime/ops/max_unpool.h"
#include "runtime/ops/op.h"
#include "runtime/ops/reverse_sequence.h"
#include "runtime/ops/tf_idf.h"
#include "tests/support/tensors.h"

namespace octet::test {

struct NumericCase {
  Attributes attributes;
  std::vector<Tensor> inputs;
};

// Of two spatial axes, with explicit padding of `pad` on all sides.
inline Window square_window(int64_t kernel, int64_t stride, int64_t pad) {
  return {.kernel = {kernel, kernel},
          .strides = {stride, stride},
          .dilations = {1, 1},
          .begins = {pad, pad},
          .ends = {pad, pad}};
}

// At least one small node of every op, with ranks that a strided copy changes.
inline std::vector<NumericCase> numeric_cases() {
  return {
      {LongTailAttrs(BitCastAttrs{DType::kI32}), {random_floats({2, 3, 4}, 41)}},
      {LongTailAttrs(Col2ImAttrs{square_window(2, 1, 1), {2, 3}}), {random_floats({2, 8, 12}, 42)}},
      {CumSumAttrs{.axis = 1, .product = true}, {random_floats({2, 3, 4}, 43)}},
      {LongTailAttrs(DetAttrs()), {random_floats({2, 3, 3}, 44)}},
      {LongTailAttrs(DftAttrs{.axis = 1}), {random_floats({2, 6, 3, 2}, 45)}},
      {LongTailAttrs(DftAttrs{.axis = 0, .onesided = true}), {random_floats({131, 2, 1}, 46)}},
      {LongTailAttrs(DftAttrs{.axis = 1, .inverse = true, .onesided = true, .length = 6}),
       {random_floats({2, 4, 2}, 47)}},
      {LongTailAttrs(MaxUnpoolAttrs{square_window(2, 2, 0), {1, 2, 5, 4}}),
       {random_floats({1, 2, 2, 2}, 48),
        make_tensor<int64_t>({1, 2, 2, 2}, {5, 2, 8, 15, 16, 19, 25, 30})}},
      {PoolAttrs{.function = PoolFunction::kNorm, .window = square_window(2, 1, 1), .p = 3},
       {random_floats({1, 2, 3, 4}, 49)}},
      {LongTailAttrs(ReverseSequenceAttrs{.batch_axis = 0, .time_axis = 1}),
       {random_floats({2, 3, 4}, 50), make_tensor<int64_t>({2}, {3, 2})}},
      {LongTailAttrs(TfIdfAttrs{.mode = TfIdfMode::kWeightedCount, .skips = 1, .columns = 3}),
       {random_integers(DType::kI32, {2, 9}, 51, 0, 2), make_tensor<int64_t>({4}, {0, 1, 1, 2}),
        make_tensor<int64_t>({4}, {0, 1, 2, 4}), make_tensor<int64_t>({3}, {0, 2, 1}),
        make_tensor<float>({3}, {0.5f, 2, 3})}},
  };
}

// A large node of every op, by the name of its row. Zeros, in memory that nothing has touched yet.
inline std::map<std::string, std::function<NumericCase()>> numeric_problems() {
  constexpr int64_t kSide = 2048, kMany = int64_t{1} << 26;
  const auto zeros = [](DType dtype, const Shape& shape) { return Tensor(dtype, shape); };
  return {
      {"bit_cast/long_tail",
       [=] {
         return NumericCase{LongTailAttrs(BitCastAttrs{DType::kI8}), {zeros(DType::kU8, {kMany})}};
       }},
      {"col2im/long_tail",
       [=] {
         return NumericCase{LongTailAttrs(Col2ImAttrs{square_window(5, 1, 2), {kSide, kSide}}),
                            {zeros(DType::kF32, {1, 25, kSide * kSide})}};
       }},
      {"det/long_tail",
       [=] {
         Tensor matrix = zeros(DType::kF32, {1024, 1024});
         for (size_t i = 0; i < 1024; ++i) matrix.elements<float>()[1025 * i] = 1;
         return NumericCase{LongTailAttrs(DetAttrs()), {std::move(matrix)}};
       }},
      {"dft/long_tail",
       [=] {
         return NumericCase{LongTailAttrs(DftAttrs{.axis = 1}),
                            {zeros(DType::kF32, {1 << 14, 1021, 1})}};
       }},
      {"max_unpool/long_tail",
       [=] {
         const Shape shape = {1, 16, kSide, kSide};
         return NumericCase{
             LongTailAttrs(MaxUnpoolAttrs{square_window(1, 1, 0), to_symbolic(shape)}),
             {zeros(DType::kF32, shape), zeros(DType::kI64, shape)}};
       }},
      {"reverse_sequence/long_tail",
       [=] {
         return NumericCase{LongTailAttrs(ReverseSequenceAttrs()),
                            {zeros(DType::kU8, {kMany, 1}), zeros(DType::kI64, {1})}};
       }},
      {"tf_idf/long_tail",
       [=] {
         return NumericCase{LongTailAttrs(TfIdfAttrs{.skips = 1, .columns = 1}),
                            {zeros(DType::kI64, {kMany}), make_tensor<int64_t>({1}, {0}),
                             make_tensor<int64_t>({2}, {0, 1}), make_tensor<int64_t>({1}, {0})}};
       }},
  };
}

}  // namespace octet::test
