// QuantizedTensor: a weight as integer codes with their scale and zero point.
#pragma once

#include <memory>
#include <optional>

#include "runtime/core/quantization_scheme.h"
#include "runtime/core/shared_store.h"
#include "runtime/core/status.h"
#include "runtime/core/tensor.h"

namespace octet {

// The weight of a linear layer, [N, K] = [out_features, in_features]:
//   W[n, k] ~ (int_data[n, k] - zero_point) * scale / smoothing[k]
// with zero_point = 0 and smoothing = 1 where absent. Immutable, shared. Threading: any thread.
// Rounding is that of ONNX QuantizeLinear: half to even, saturating (see
// kernels/numerics/quantize.h).
struct QuantizedTensor {
  Tensor int_data;                   // [N, K], i8 or u8, row-major
  Tensor scale;                      // f32, finite; extents as `granularity` says
  std::optional<Tensor> zero_point;  // same extents as scale, dtype of int_data
  std::optional<Tensor> smoothing;   // [K] f32, finite and > 0: activations are divided by it
  Granularity granularity = Granularity::kPerChannel;
  int64_t block_size = 0;  // along K; only for kBlocked
  // What the components were made from; weights of one key are the same. Unknown: not shared.
  SharedKey key;

  int64_t n() const { return int_data.shape()[0]; }
  int64_t k() const { return int_data.shape()[1]; }
};

// Checks dtypes, extents and values of the components together; the message names the wrong one.
Status validate(const QuantizedTensor& tensor);

}  // namespace octet
