// Reference of the float linear layer.
#include "kernels/reference/epilogue.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// In eight lanes, which a compiler can vectorize; the order of the additions does not show after
// rounding to float.
double dot(Share& share, const double* lhs, const double* rhs, int64_t count) {
  double lanes[8] = {};
  const int64_t whole = count / 8;
  in_pieces(share, whole, 4, [&](int64_t first, int64_t last) {
    for (int64_t i = first * 8; i < last * 8; i += 8)
      for (int64_t lane = 0; lane < 8; ++lane) lanes[lane] += lhs[i + lane] * rhs[i + lane];
  });
  for (int64_t i = whole * 8; i < count; ++i) lanes[0] += lhs[i] * rhs[i];
  double sum = 0;
  for (double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

// src as doubles, and one column of the weights.
size_t linear_scratch(const LinearAttrs&, const TaskArgs& args) {
  const TensorView& src = args.inputs[0];
  return static_cast<size_t>(src.element_count() + src.shape.back()) * sizeof(double);
}

Status linear(const LinearAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch) {
  const TensorView &src = args.inputs[0], &weights = args.inputs[1], &dst = args.outputs[0];
  const TensorView* bias = optional_view(args.inputs, 2);
  const TensorView* residual = optional_view(args.inputs, 3);
  const int64_t columns = src.shape.back(), features = dst.shape.back();
  const int64_t n_stride = weights.strides[attrs.weights_transposed ? 0 : 1];
  const int64_t k_stride = weights.strides[attrs.weights_transposed ? 1 : 0];
  const TensorView rows = row_starts(dst);
  const Strides residual_strides =
      residual ? row_starts(*residual).strides : zero_strides(rows.shape);

  auto* column = reinterpret_cast<double*>(scratch);
  double* src_rows = column + columns;
  walk_all<1>(share, src.shape, {src.strides},
              [&](int64_t index, const auto& offsets, const auto&) {
                src_rows[index] = load_number(src, offsets[0]);
              });
  const Share::Range own = share.of(features);
  for (int64_t n = own.first; n < own.last && !share.stop(); ++n) {
    for (int64_t k = 0; k < columns && !share.stop(); ++k)
      column[k] = load_number(weights, n * n_stride + k * k_stride);
    const double shift = bias ? load_number(*bias, n * bias->strides[0]) : 0;
    walk_all<1>(
        share, rows.shape, {residual_strides}, [&](int64_t m, const auto& offsets, const auto&) {
          double value = activate(attrs.epilogue.activation,
                                  dot(share, src_rows + m * columns, column, columns) + shift);
          if (residual) value += load_number(*residual, offsets[0] + n * residual->strides.back());
          store_number(dst, m * features + n, value);
        });
  }
  return Status::ok();
}

}  // namespace octet::reference
