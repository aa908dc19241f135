// Reference of Det: elimination with the largest pivot of each column.
#include "runtime/ops/det.h"

#include <algorithm>
#include <cmath>

#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// Of the row-major matrix [n, n], which it overwrites. A column without a pivot makes it 0, or NaN
// where another column has one.
double determinant(Heartbeat& beat, double* matrix, int64_t n) {
  double result = 1;
  for (int64_t column = 0; column < n && !beat.stop(); ++column) {
    double* top = matrix + column * n;
    int64_t best = column;
    for (int64_t row = column + 1; row < n && !beat.stop(); ++row)
      if (std::abs(matrix[row * n + column]) > std::abs(matrix[best * n + column])) best = row;
    if (best != column) {
      std::swap_ranges(top + column, top + n, matrix + best * n + column);
      result = -result;
    }
    const double pivot = top[column];
    result *= pivot;
    if (pivot == 0) continue;
    for (int64_t row = column + 1; row < n && !beat.stop(); ++row) {
      double* line = matrix + row * n;
      const double factor = line[column] / pivot;
      for (int64_t i = column + 1; i < n && !beat.stop(); ++i) line[i] -= factor * top[i];
    }
  }
  return result;
}

}  // namespace

Status det(const DetAttrs&, const TaskArgs& args, Share& share, std::byte* scratch) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  auto* matrix = reinterpret_cast<double*>(scratch);
  const int batch = dst.shape.rank();
  const int64_t n = src.shape.back();
  const Shape own = {n, n};
  const Strides own_strides(src.strides.dims().last(2));
  const Strides batch_strides(src.strides.dims().first(static_cast<size_t>(batch)));
  walk<1>(share, dst.shape, {batch_strides}, [&](int64_t index, const auto& base, const auto&) {
    walk_all<1>(share, own, {own_strides}, [&](int64_t i, const auto& offsets, const auto&) {
      matrix[i] = load_number(src, base[0] + offsets[0]);
    });
    store_number(dst, index, determinant(share, matrix, n));
  });
  return Status::ok();
}

size_t det_scratch(const DetAttrs&, const TaskShapes& shapes) {
  const auto n = static_cast<size_t>(shapes.inputs[0].shape.back());
  return sizeof(double) * n * n;
}

}  // namespace octet::reference
