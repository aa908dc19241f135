// Octet's own ops in ONNX files: model-local functions of standard ops, so that every runtime can
// run them, which the loader knows again and runs on its quantized kernels.
#pragma once

#include <string>
#include <vector>

#include "loaders/onnx/onnx_proto.h"
#include "runtime/core/status.h"

namespace octet {

inline constexpr char kOwnDomain[] = "octet";
inline constexpr int64_t kOwnOpset = 1;
inline constexpr int64_t kOldestFunctionIr = 8;  // brought model-local functions

// dst [.., N] of src [.., K] f32, a layer with codes for its weights and for its activations, per
// token: DynamicLinear(src, weights, weights_scale, [smoothing], [weights_zero_point]).
//   x = src / smoothing, rows of x as QuantizeRowsAttrs (runtime/ops/linear.h) has them,
//   dst = sum over k of (codes - row's zero point) * (weights - weights_zero_point) * both scales
// weights: int8 [N, K]; weights_scale: float [N] or [1]; smoothing: float [K], `smoothed` forms
// alone; weights_zero_point: int8, extents of weights_scale, `shifted` forms alone.
struct DynamicLinearForm {
  bool smoothed = false, shifted = false;

  // "DynamicLinear", "DynamicLinearSmoothed", "DynamicLinearShifted",
  // "DynamicLinearSmoothedShifted"
  std::string name() const;
  static DynamicLinearForm of_name(std::string_view name);
};
inline constexpr int64_t kOldestDynamicLinear = 11;  // opset that has all ops of the body

// The body in ops of `opset`, which is that of the model.
Result<pb::FunctionProto> dynamic_linear_function(const DynamicLinearForm& form, int64_t opset);

// Takes those functions out of the model that are Octet's own, node by node; their calls are then
// nodes that have an importer. One that somebody changed stays a function like any other.
std::vector<pb::FunctionProto> take_own_functions(pb::ModelProto& model);

}  // namespace octet
