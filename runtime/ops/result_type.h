// ResultType: the type of what a node gives that says it itself.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/type_info.h"

namespace octet {

// A value as a node gives it. What only the run shows of its extents is a late symbol.
struct ResultType {
  DType dtype = DType::kF32;
  SymbolicShape shape;
  ValueForm form = ValueForm::kTensor;
  int held_rank = kUnknownRank;
};
auto fields(Is<ResultType> auto& type, auto&& visit) {
  return visit(identity("dtype", type.dtype, dtype_name), identity("shape", type.shape),
               identity("form", type.form, form_name), identity("held_rank", type.held_rank));
}
inline ResultType result_type(const TypeInfo& type) {
  return {type.dtype, type.shape, type.form, type.held_rank};
}
inline TypeInfo type_of(const ResultType& result) {
  TypeInfo type = held_type(result.form, result.dtype, result.held_rank);
  type.shape = result.shape;
  return type;
}

}  // namespace octet
