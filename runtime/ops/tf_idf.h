// TfIdf: how often each of a pool of n-grams is in a row of integers. An op of the long-tail lane.
// https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html
#pragma once

#include <algorithm>

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

enum class TfIdfMode {
  kCount,          // TF
  kPresence,       // IDF: 1 where the count is not 0, times the weight
  kWeightedCount,  // TFIDF: the count times the weight
};
inline const char* tf_idf_mode_name(TfIdfMode mode) {
  constexpr const char* kNames[] = {"tf", "idf", "tf_idf"};
  return kNames[static_cast<size_t>(mode)];
}

// Inputs:
//   src      i32 or i64, [C] or [B, C]
//   items    i64 of the pool: the elements of one n-gram after the other
//   starts   i64[n-grams + 1], where each begins in items; the n-grams are sorted, none is empty,
//            and none is there twice
//   columns  i64[n-grams], that of dst where each is counted
//   weights  f32[columns of dst], absent: 1
// dst f32, [columns] or [B, columns]. A row has an n-gram of n elements at a place and a distance
// if its elements from the place on, the distance apart, are those: distances 1 to `skips` + 1, but
// 1 alone where n is 1.
struct TfIdfAttrs {
  static constexpr const char* kName = "tf_idf";
  TfIdfMode mode = TfIdfMode::kCount;
  int64_t skips = 0;  // >= 0
  int64_t columns = 0;
};
auto fields(Is<TfIdfAttrs> auto& attrs, auto&& visit) {
  return visit(identity("mode", attrs.mode, tf_idf_mode_name), identity("skips", attrs.skips),
               identity("columns", attrs.columns));
}

inline Result<OutputTypes> infer(const TfIdfAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 4, 1));
  OCTET_RETURN_IF_ERROR(expect_index_dtype(inputs, 0));
  const TypeInfo& src = *inputs[0];
  if (src.rank() != 1 && src.rank() != 2) return input_error(inputs, 0, "rank 1 or 2");
  SymbolicShape shape = {attrs.columns};
  if (src.rank() == 2) shape.insert(shape.begin(), src.shape[0]);
  OutputTypes outputs = one_output(DType::kF32, std::move(shape));
  for (size_t i = 1; i < 4; ++i) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, i, {DType::kI64}));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, i, 1));
  }
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {2, 0}, inputs[3]->shape[0] + Dim(1), outputs[0]));
  if (optional_input(inputs, 4) != nullptr) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 4, {DType::kF32}));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, 4, 1));
    OCTET_RETURN_IF_ERROR(require_extent(inputs, {4, 0}, attrs.columns, outputs[0]));
  }
  return outputs;
}

// Each place and distance is looked up in the pool.
inline double extra_work(const TfIdfAttrs& attrs, std::span<const Shape> inputs,
                         std::span<const Shape>) {
  const auto elements = static_cast<double>(inputs[0].element_count());
  const auto distances = static_cast<double>(std::min(attrs.skips, inputs[0].back())) + 1;
  double steps = 1;
  for (int64_t n = inputs[3].element_count(); n > 0; n /= 2) ++steps;
  return elements * distances * steps;
}

}  // namespace octet
