// QuantizedTensor: a weight in memory as integer codes with their scale and zero point; and what
// can be done with its rows.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/core/quantization_scheme.h"
#include "runtime/core/status.h"
#include "runtime/core/tensor.h"

namespace octet {

// The weight of a linear layer, [N, K] = [out_features, in_features]:
//   W[n, k] ~ (int_data[n, k] - zero_point) * scale / smoothing[k]
// with zero_point = 0 and smoothing = 1 where absent. Immutable, shared. Threading: any thread.
// Rounding is that of ONNX QuantizeLinear: half to even, saturating (see
// kernels/numerics/quantize.h).
struct QuantizedTensor {
  Tensor int_data;                   // [N, K], i8 or u8, row-major, one code per element
  Tensor scale;                      // f32, finite; extents as `granularity` says
  std::optional<Tensor> zero_point;  // same extents as scale, dtype of int_data, or f32 and finite
  std::optional<Tensor> smoothing;   // [K] f32, finite and > 0: activations are divided by it
  // [K] i32, only for kBlocked: the block of each column, in the place of k / block_size.
  std::optional<Tensor> group_index;
  Granularity granularity = Granularity::kPerChannel;
  int64_t block_size = 0;  // along K; only for kBlocked
  int bits = 8;            // that codes use: 8, 4 or 2

  int64_t n() const { return int_data.shape()[0]; }
  int64_t k() const { return int_data.shape()[1]; }
  ElementType type() const;  // of a code
  bool has_float_zero_points() const;
};

// Checks dtypes, extents and values of the components together; the message names the wrong one.
Status validate(const QuantizedTensor& tensor);

// Blocks of a row of `k` elements.
int64_t block_count(int64_t k, int64_t block_size);
// Where the scale and zero point of an element lie among theirs.
int64_t scale_index(const QuantizedTensor& tensor, int64_t n, int64_t k);

// Rows [first, first + rows), copied.
QuantizedTensor copy_rows(const QuantizedTensor& tensor, int64_t first, int64_t rows);
// The same weight with a scale and zero point per channel, or per block of `block_size`: those of
// the tensor or channel, repeated. Precondition: it is not finer yet.
QuantizedTensor spread(const QuantizedTensor& tensor, Granularity granularity,
                       int64_t block_size = 0);
// Whether concat_rows() takes them together: the same K, codes, smoothing and group index, and no
// blocks of two sizes.
bool can_concat_rows(const QuantizedTensor& lhs, const QuantizedTensor& rhs);
// [N1 + N2 + .., K] from [N1, K], [N2, K], ..: per channel at least, spread to the finest; with
// zero points where one has them, integer ones as f32 where one has those. Precondition: at least
// one, each pair of which can_concat_rows().
QuantizedTensor concat_rows(std::span<const QuantizedTensor* const> tensors);

}  // namespace octet
