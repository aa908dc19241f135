// Batched products of two computed f32 tensors (numpy.matmul) as a task kernel, any strides.
#include <algorithm>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear/matmul_block.h"
#include "kernels/cpu/movement/loop_nest.h"

namespace octet::cpu {
namespace {

constexpr int64_t kRows =
    96;  // of a block: a panel of the right-hand side is packed once for these

// The product seen as batch x [rows, k] x [k, columns], cut into blocks.
struct Problem {
  TensorView lhs, rhs;  // with two axes at least
  Shape batch;
  int64_t rows, columns, k;

  explicit Problem(const TaskArgs& args)
      : Problem(args.inputs[0], args.inputs[1], args.outputs[0].shape) {}
  // Of shapes alone: views without data.
  explicit Problem(const TaskShapes& shapes)
      : Problem(without_data(shapes.inputs[0]), without_data(shapes.inputs[1]),
                shapes.outputs[0].shape) {}
  int64_t row_blocks() const { return (rows + kRows - 1) / kRows; }
  int64_t column_blocks() const { return (columns + kMatMulColumns - 1) / kMatMulColumns; }
  int64_t block_count() const { return batch.element_count() * row_blocks() * column_blocks(); }

 private:
  static TensorView without_data(const OperandShape& operand) {
    return {nullptr, operand.dtype, operand.shape, operand.strides};
  }
  Problem(const TensorView& left, const TensorView& right, const Shape& dst)
      : lhs(left), rhs(right) {
    const int vectors = (lhs.shape.rank() == 1) + (rhs.shape.rank() == 1);
    batch = Shape(dst.dims().first(static_cast<size_t>(dst.rank() - 2 + vectors)));
    if (lhs.shape.rank() == 1) {
      lhs.shape = {1, lhs.shape[0]};
      lhs.strides = {0, lhs.strides[0]};
    }
    if (rhs.shape.rank() == 1) {
      rhs.shape = {rhs.shape[0], 1};
      rhs.strides = {rhs.strides[0], 0};
    }
    rows = lhs.shape[lhs.shape.rank() - 2];
    k = lhs.shape.back();
    columns = rhs.shape.back();
  }
};

// The matrix of `view` for batch `index` of the output's batch axes.
const float* matrix(const TensorView& view, const Shape& batch, int64_t index) {
  const auto* data = view.as<float>();
  const int own_axes = view.shape.rank() - 2;
  for (int axis = batch.rank() - 1; axis >= 0; --axis) {
    const int own = axis - (batch.rank() - own_axes);
    if (own >= 0 && view.shape[own] != 1) data += index % batch[axis] * view.strides[own];
    index /= batch[axis];
  }
  return data;
}

class MatMul final : public TaskKernel {
  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Problem problem(shapes);
    // A multiply-add moves about as fast as a byte: the same number of either makes a task.
    const int64_t work = shapes.outputs[0].element_count() * std::max<int64_t>(problem.k, 1);
    return std::min(tasks_for_threads(work, threads), std::max<int64_t>(problem.block_count(), 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const Problem problem(args);
    const TaskShare share = share_of_task(problem.block_count(), task, tasks);
    Heartbeat beat(args.control);
    for (int64_t i = share.first; i < share.last && !beat.stop(); ++i)
      multiply_block(block(problem, args.outputs[0], i, beat), reinterpret_cast<float*>(scratch));
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes&) const override {
    return sizeof(float) * static_cast<size_t>(kMatMulColumns * kMatMulDepth);
  }
  bool accepts_strides(int) const override { return true; }

  static MatMulBlock block(const Problem& problem, const TensorView& dst, int64_t index,
                           Heartbeat& beat) {
    const int64_t column = index % problem.column_blocks() * kMatMulColumns;
    index /= problem.column_blocks();
    const int64_t row = index % problem.row_blocks() * kRows;
    const int64_t batch = index / problem.row_blocks();
    const TensorView &lhs = problem.lhs, &rhs = problem.rhs;
    const int64_t lhs_row_stride = lhs.strides[lhs.shape.rank() - 2],
                  rhs_column_stride = rhs.strides.back();
    return {.lhs = matrix(lhs, problem.batch, batch) + row * lhs_row_stride,
            .lhs_row_stride = lhs_row_stride,
            .lhs_k_stride = lhs.strides.back(),
            .rhs = matrix(rhs, problem.batch, batch) + column * rhs_column_stride,
            .rhs_k_stride = rhs.strides[rhs.shape.rank() - 2],
            .rhs_column_stride = rhs_column_stride,
            .dst = dst.as<float>() + (batch * problem.rows + row) * problem.columns + column,
            .dst_row_stride = problem.columns,
            .rows = std::min(kRows, problem.rows - row),
            .columns = std::min(kMatMulColumns, problem.columns - column),
            .k = problem.k,
            .beat = &beat};
  }
};

}  // namespace

Support accept_matmul(const KernelRequest& request) { return require_type(request, DType::kF32); }

Result<Kernel> make_matmul(const KernelRequest&) { return Kernel(std::make_unique<MatMul>()); }

}  // namespace octet::cpu
