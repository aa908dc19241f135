// Small and large problems of the scatters and of ops that sample, for the tests that every op has
// to pass.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/ops/deform_columns.h"
#include "runtime/ops/grid_sample.h"
#include "runtime/ops/max_roi_pool.h"
#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/roi_align.h"
#include "runtime/ops/scatter.h"
#include "runtime/ops/top_k.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet::test {

// A window of two axes with steps of 1.
inline Window square_window(int64_t kernel, int64_t padding) {
  return {.kernel = {kernel, kernel},
          .strides = {1, 1},
          .dilations = {1, 1},
          .begins = {padding, padding},
          .ends = {padding, padding}};
}

// At least one small node of every op. Case: {attributes, inputs}.
template <class Case>
std::vector<Case> spatial_cases() {
  const Tensor src = random_floats({2, 3, 4}, 1);
  const Tensor pictures = random_floats({2, 4, 5, 6}, 2);
  const Tensor rois = make_tensor<float>({3, 4}, {0, 0, 3, 4, 1.5f, 1, 4.5f, 2, -2, -1, 9, 9});
  return {
      {LongTailAttrs(ScatterElementsAttrs{1, ScatterReduction::kAdd}),
       {src, random_integers(DType::kI64, {2, 5, 3}, 3, -3, 2), random_floats({2, 5, 3}, 4)}},
      {LongTailAttrs(ScatterNDAttrs{}),
       {src, random_integers(DType::kI32, {4, 2}, 5, -2, 1), random_floats({4, 4}, 6)}},
      {LongTailAttrs(TensorScatterAttrs{1, /*circular=*/true}),
       {src, random_floats({2, 2, 4}, 7), make_tensor<int64_t>({2}, {2, 0})}},
      {LongTailAttrs(GridSampleAttrs{.mode = GridMode::kCubic}),
       {pictures, random_floats({2, 3, 2, 2}, 8, -1.2f, 1.2f)}},
      {LongTailAttrs(RoiAlignAttrs{.height = 2, .width = 3}),
       {pictures, rois, make_tensor<int64_t>({3}, {0, 1, 0})}},
      {LongTailAttrs(MaxRoiPoolAttrs{.height = 2, .width = 3}),
       {pictures, make_tensor<float>({2, 5}, {0, 0, 0, 3, 4, 1, 2, 1, 5, 4})}},
      {LongTailAttrs(DeformColumnsAttrs{square_window(2, 1), 2}),
       {pictures, random_floats({2, 16, 6, 7}, 9), random_floats({2, 8, 6, 7}, 10)}},
  };
}

// A large problem for every op, by its name, and for every CPU kernel. Problem: {attributes,
// inputs}.
template <class Problem>
std::map<std::string, std::function<Problem()>> spatial_problems() {
  constexpr int64_t kMany = int64_t{1} << 26, kSide = int64_t{1} << 13;
  const auto zeros = [](DType dtype, const Shape& shape) {
    return NodeInput{Tensor(dtype, shape)};
  };
  const auto floats = [=](const Shape& shape) { return zeros(DType::kF32, shape); };
  const auto scatter = [=] {
    return Problem{
        LongTailAttrs(ScatterElementsAttrs{.axis = 1}),
        {floats({kSide, kSide}), zeros(DType::kI32, {kSide, kSide}), floats({kSide, kSide})}};
  };
  const auto scatter_nd = [=] {
    return Problem{
        LongTailAttrs(ScatterNDAttrs{ScatterReduction::kAdd}),
        {floats({kSide, kSide}), zeros(DType::kI64, {kSide, 1}), floats({kSide, kSide})}};
  };
  const auto tensor_scatter = [=] {
    return Problem{LongTailAttrs(TensorScatterAttrs{}),
                   {floats({2, kMany / 2}), floats({2, kMany / 4})}};
  };
  const auto grid = [=] {
    return Problem{LongTailAttrs(GridSampleAttrs{}),
                   {floats({1, 8, 64, 64}), floats({1, 2048, 2048, 2})}};
  };
  // Regions of 8 pixels that are sampled as 64 x 64 points in each bin.
  const auto rois = [=] {
    return Problem{
        LongTailAttrs(RoiAlignAttrs{.height = 8, .width = 8, .samples = 64}),
        {floats({1, 64, 32, 32}), {random_floats({512, 4}, 1, 0, 8)}, zeros(DType::kI64, {512})}};
  };
  const auto columns = [=] {
    return Problem{LongTailAttrs(DeformColumnsAttrs{square_window(3, 1), 1}),
                   {floats({1, 64, 512, 512}), floats({1, 18, 512, 512})}};
  };
  return {
      {"scatter_elements/long_tail", scatter},
      {"scatter_elements/tasks", scatter},
      {"scatter_nd/long_tail", scatter_nd},
      {"scatter_nd/tasks", scatter_nd},
      {"tensor_scatter/long_tail", tensor_scatter},
      {"tensor_scatter/tasks", tensor_scatter},
      {"grid_sample/long_tail", grid},
      {"grid_sample/highway", grid},
      {"roi_align/long_tail", rois},
      {"roi_align/highway", rois},
      {"deform_columns/long_tail", columns},
      {"deform_columns/highway", columns},
      {"max_roi_pool/long_tail",
       [=] {
         return Problem{LongTailAttrs(MaxRoiPoolAttrs{.height = 8, .width = 8}),
                        {floats({1, 1, kSide, kSide}),
                         NodeInput{make_tensor<float>({1, 5}, {0, 0, 0, 1e4f, 1e4f})}}};
       }},
      {"resize/nearest",
       [=] {
         return Problem{ResizeAttrs{.shape = {kSide, kSide}, .scales = {0, 0}}, {floats({64, 64})}};
       }},
      {"resize/planes",
       [=] {
         return Problem{
             ResizeAttrs{.mode = ResizeMode::kCubic, .shape = {kSide, kSide}, .scales = {0, 0}},
             {floats({64, 64})}};
       }},
      {"top_k/highway",
       [=] {
         return Problem{LongTailAttrs(TopKAttrs{.k = kMany / 2}), {floats({kMany})}};
       }},
      {"non_max_suppression/highway",
       [=] {
         return Problem{LongTailAttrs(NonMaxSuppressionAttrs()),
                        {floats({1, 1 << 20, 4}), floats({1, 1, 1 << 20}),
                         NodeInput{make_tensor<int64_t>({}, {1 << 20})}}};
       }},
  };
}

}  // namespace octet::test
