// Reference of linear layers over float rows: float weights, and codes that stand for floats.
#include "kernels/numerics/quantize_weights.h"
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

double rounded_to_bf16(double value) { return to_float(to_bfloat16(static_cast<float>(value))); }

// dst = epilogue(src . columns): load(n, column) fills in the weights of output feature n. Inputs:
// src, (weights), bias, residual.
template <class LoadColumn>
Status float_layer(const Epilogue& epilogue, bool in_bf16, const TaskArgs& args, Share& share,
                   std::byte* scratch, const LoadColumn& load) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const TensorView* bias = optional_view(args.inputs, 2);
  const TensorView* residual = optional_view(args.inputs, 3);
  const int64_t columns = src.shape.back(), features = dst.shape.back();
  const TensorView rows = row_starts(dst);
  const Strides residual_strides =
      residual ? row_starts(*residual).strides : zero_strides(rows.shape);

  auto* column = reinterpret_cast<double*>(scratch);
  double* src_rows = column + columns;
  walk_all<1>(share, src.shape, {src.strides},
              [&](int64_t index, const auto& offsets, const auto&) {
                const double value = load_number(src, offsets[0]);
                src_rows[index] = in_bf16 ? rounded_to_bf16(value) : value;
              });
  const Share::Range own = share.of(features);
  for (int64_t n = own.first; n < own.last && !share.stop(); ++n) {
    load(n, column);
    const double shift = bias ? load_number(*bias, n * bias->strides[0]) : 0;
    walk_all<1>(
        share, rows.shape, {residual_strides}, [&](int64_t m, const auto& offsets, const auto&) {
          double value = activate(epilogue.activation,
                                  dot(share, src_rows + m * columns, column, columns) + shift);
          if (residual) value += load_number(*residual, offsets[0] + n * residual->strides.back());
          store_output(epilogue, dst, m * features + n, value);
        });
  }
  return Status::ok();
}

}  // namespace

// src as doubles, and one column of the weights.
size_t float_layer_scratch(const TaskShapes& shapes) {
  const OperandShape& src = shapes.inputs[0];
  return static_cast<size_t>(src.element_count() + src.shape.back()) * sizeof(double);
}

size_t linear_scratch(const LinearAttrs&, const TaskShapes& shapes) {
  return float_layer_scratch(shapes);
}

Status linear(const LinearAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch) {
  const TensorView& weights = args.inputs[1];
  const int64_t n_stride = weights.strides[attrs.weights_transposed ? 0 : 1];
  const int64_t k_stride = weights.strides[attrs.weights_transposed ? 1 : 0];
  const int64_t columns = args.inputs[0].shape.back();
  const bool in_bf16 = attrs.scheme.products == Products::kBF16;
  return float_layer(attrs.epilogue, in_bf16, args, share, scratch, [&](int64_t n, double* column) {
    for (int64_t k = 0; k < columns && !share.stop(); ++k) {
      const double weight = load_number(weights, n * n_stride + k * k_stride);
      column[k] = in_bf16 ? rounded_to_bf16(weight) : weight;
    }
  });
}

Status weight_only_linear(const QuantizedLinearAttrs& attrs, const TaskArgs& args, Share& share,
                          std::byte* scratch) {
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor weights, loaded_weights(attrs));
  const auto scales = weights.scale.elements<const float>();
  const bool in_bf16 = attrs.scheme.products == Products::kBF16;
  return float_layer(attrs.epilogue, in_bf16, args, share, scratch, [&](int64_t n, double* column) {
    for (int64_t k = 0; k < weights.k() && !share.stop(); ++k)
      column[k] = numerics::shifted_code(weights, n, k) *
                  double{scales[static_cast<size_t>(scale_index(weights, n, k))]};
  });
}

}  // namespace octet::reference
