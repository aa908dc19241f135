// Reference of MatMul: numpy.matmul.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// An operand as a batch of matrices; a vector gets an axis of extent 1.
struct Matrices {
  TensorView view;  // of the element type
  Shape batch;      // extents before the last two
  Strides batch_strides;
  int64_t rows, columns, row_stride, column_stride;
};

Matrices as_matrices(const TensorView& view, bool is_row_vector) {
  const int rank = view.shape.rank();
  if (rank == 1 && is_row_vector) return {view, {}, {}, 1, view.shape[0], 0, view.strides[0]};
  if (rank == 1) return {view, {}, {}, view.shape[0], 1, view.strides[0], 0};
  const auto batch_rank = static_cast<size_t>(rank - 2);
  return {view,
          Shape(view.shape.dims().first(batch_rank)),
          Strides(view.strides.dims().first(batch_rank)),
          view.shape[rank - 2],
          view.shape[rank - 1],
          view.strides[rank - 2],
          view.strides[rank - 1]};
}

Strides batch_strides(const Matrices& matrices, const Shape& batch) {
  return broadcast_strides(
      {matrices.view.data, matrices.view.dtype, matrices.batch, matrices.batch_strides}, batch);
}

}  // namespace

Status matmul(const MatMulAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& dst = args.outputs[0];
  const Matrices lhs = as_matrices(args.inputs[0], true), rhs = as_matrices(args.inputs[1], false);
  const int vectors = (args.inputs[0].shape.rank() == 1) + (args.inputs[1].shape.rank() == 1);
  const Shape batch(dst.shape.dims().first(static_cast<size_t>(dst.shape.rank() - 2 + vectors)));
  const bool numbers = is_floating(dst.dtype);
  // dst, its rows and columns always there, and how lhs and rhs are read for an element of it.
  Shape elements = batch;
  elements.push_back(lhs.rows);
  elements.push_back(rhs.columns);
  Strides lhs_strides = batch_strides(lhs, batch), rhs_strides = batch_strides(rhs, batch);
  lhs_strides.push_back(lhs.row_stride);
  lhs_strides.push_back(0);
  rhs_strides.push_back(0);
  rhs_strides.push_back(rhs.column_stride);
  walk<2>(share, elements, {lhs_strides, rhs_strides},
          [&](int64_t to, const auto& offsets, const auto&) {
            double sum = 0;
            uint64_t integer_sum = 0;
            for (int64_t k = 0; k < lhs.columns && !share.stop(); ++k) {
              const int64_t left = offsets[0] + k * lhs.column_stride;
              const int64_t right = offsets[1] + k * rhs.row_stride;
              if (numbers)
                sum += load_number(lhs.view, left) * load_number(rhs.view, right);
              else
                integer_sum += static_cast<uint64_t>(load_integer(lhs.view, left)) *
                               static_cast<uint64_t>(load_integer(rhs.view, right));
            }
            if (numbers)
              store_number(dst, to, sum);
            else
              store_integer(dst, to, static_cast<int64_t>(integer_sum));
          });
  return Status::ok();
}

}  // namespace octet::reference
