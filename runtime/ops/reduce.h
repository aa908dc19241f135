// Reductions and running sums.
#pragma once

#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

enum class ReduceFunction {
  kSum,
  kMean,
  kMax,
  kMin,
  kProd,
  kL1,
  kL2,
  kSumSquare,
  kLogSum,
  kLogSumExp
};
const char* reduce_name(ReduceFunction function);

// dst = function over `axes` (sorted, unique, 0 <= axis < rank; empty reduces nothing).
struct ReduceAttrs {
  static constexpr OpKind kKind = OpKind::kReduce;
  ReduceFunction function;
  std::vector<int> axes;
  bool keep_dims = true;
};
Result<OutputTypes> infer(const ReduceAttrs& attrs, InputTypes inputs);

// Running sum along `axis` (ONNX CumSum).
struct CumSumAttrs {
  static constexpr OpKind kKind = OpKind::kCumSum;
  int axis;
  bool exclusive = false;
  bool reverse = false;
};
Result<OutputTypes> infer(const CumSumAttrs& attrs, InputTypes inputs);

}  // namespace octet
