// Scatters: a tensor with some of its elements replaced, or combined with others. Ops of the
// long-tail lane. A negative index counts from the end; one out of range is an error of the run.
#pragma once

#include "runtime/ops/long_tail.h"

namespace octet {

// What becomes of an element x and an update y: y, x + y, x * y, the larger or the smaller of them
// (a NaN wins). Integers wrap; of bools + is or, * is and.
enum class ScatterReduction { kNone, kAdd, kMul, kMax, kMin };
const char* scatter_reduction_name(ScatterReduction reduction);  // "none", "add", ...

// dst is src, and then, one update after the other in row-major order,
//   dst[i][indices[i][j][k]][k] = reduction(itself, updates[i][j][k])   for axis 1
// (ONNX ScatterElements). Inputs: src of any type and rank 1 or more; indices (i32 or i64) of the
// same rank, which may cover less of the other axes; updates of src's type and the extents of
// indices. 0 <= axis < rank.
struct ScatterElementsAttrs {
  static constexpr const char* kName = "scatter_elements";
  int axis = 0;
  ScatterReduction reduction = ScatterReduction::kNone;
};
auto fields(Is<ScatterElementsAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis),
               identity("reduction", attrs.reduction, scatter_reduction_name));
}
Result<OutputTypes> infer(const ScatterElementsAttrs& attrs, InputTypes inputs);

// The same with whole slices: dst[indices[i..]] = reduction(itself, updates[i..]), where indices
// [i.., k] (i32 or i64, k constant) holds tuples of k numbers, which name slices of src by its
// first k axes, and updates are [i.., the other axes of src] (ONNX ScatterND).
struct ScatterNDAttrs {
  static constexpr const char* kName = "scatter_nd";
  ScatterReduction reduction = ScatterReduction::kNone;
};
auto fields(Is<ScatterNDAttrs> auto& attrs, auto&& visit) {
  return visit(identity("reduction", attrs.reduction, scatter_reduction_name));
}
Result<OutputTypes> infer(const ScatterNDAttrs& attrs, InputTypes inputs);

// A cache with new entries along `axis` (0 < axis < rank), at a place of its own for each batch:
//   dst[b, .., writes[b] + i, ..] = updates[b, .., i, ..]      for every i along the axis
// and everything else src (ONNX TensorScatter). Inputs: src; updates of its type and extents, but
// for at most as many along the axis; writes i64[src's first extent] (optional, 0). `circular`: the
// place is taken modulo the extent of src; otherwise a place that is not inside is an error of the
// run.
struct TensorScatterAttrs {
  static constexpr const char* kName = "tensor_scatter";
  int axis = 1;
  bool circular = false;
};
auto fields(Is<TensorScatterAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis), identity("circular", attrs.circular));
}
Result<OutputTypes> infer(const TensorScatterAttrs& attrs, InputTypes inputs);
// Where the entries of a batch begin in a src of `extent`, at most which `count` is. Error: the
// place is not inside.
Result<int64_t> first_place(const TensorScatterAttrs& attrs, int64_t batch, int64_t place,
                            int64_t count, int64_t extent);

}  // namespace octet
