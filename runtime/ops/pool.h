// Pooling over [N, C, spatial..].
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/window.h"

namespace octet {

enum class PoolFunction { kMax, kAverage, kNorm };
const char* pool_name(PoolFunction function);  // "max_pool", "average_pool", "lp_pool"

// dst[n, c, i..] = the largest element, the mean or the p-norm (sum of |x|^p)^(1/p) of the elements
// of window i (ONNX MaxPool, AveragePool, LpPool). Padding never is the largest, and adds nothing
// to a norm. The mean divides by the number of the window's taps in src; with count_include_pad by
// those in src and its padding, but not beyond (ceil_mode). A window without such taps: max is the
// lowest value of the type with index 0, the mean NaN, the norm 0; but pooling a src whose spatial
// extents are not all > 0 is an error where dst has elements. Input: src [N, C, spatial..]; numbers
// for max, floats for the others. With `indices` there is a second output i64: the position of the
// first largest element in src [N, C, spatial..] row-major; with column_major the spatial axes in
// reverse order.
struct PoolAttrs {
  static constexpr OpKind kKind = OpKind::kPool;
  PoolFunction function;
  Window window;
  bool count_include_pad = false;
  bool indices = false;  // kMax only
  bool column_major = false;
  float p = 2;  // kNorm only, > 0
};
auto fields(Is<PoolAttrs> auto& attrs, auto&& visit) {
  return visit(identity("function", attrs.function, pool_name), identity("window", attrs.window),
               identity("count_include_pad", attrs.count_include_pad),
               identity("indices", attrs.indices), identity("column_major", attrs.column_major),
               identity("p", attrs.p));
}
Result<OutputTypes> infer(const PoolAttrs& attrs, InputTypes inputs);
// That error, of a run.
Status check_has_pixels(const Shape& src, const Shape& dst);

}  // namespace octet
