// ArgMax and ArgMin: where the largest or smallest element is.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// dst (i64) = the index along `axis` (0 <= axis < rank) of the largest or smallest element of src,
// a number of any type; of equal ones the first, or the last. A NaN is larger and smaller than all
// others. Over no elements there is none: an error where dst has elements, unless `empty_gives_0`.
struct ArgReduceAttrs {
  static constexpr OpKind kKind = OpKind::kArgReduce;
  bool largest = true;
  int axis = 0;
  bool keep_dims = true;
  bool last_index = false;
  bool empty_gives_0 = false;  // for a dst that nobody reads then
};
auto fields(Is<ArgReduceAttrs> auto& attrs, auto&& visit) {
  return visit(identity("largest", attrs.largest), identity("axis", attrs.axis),
               identity("keep_dims", attrs.keep_dims), identity("last_index", attrs.last_index),
               identity("empty_gives_0", attrs.empty_gives_0));
}
Result<OutputTypes> infer(const ArgReduceAttrs& attrs, InputTypes inputs);

}  // namespace octet
