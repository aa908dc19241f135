// Copies by element size: runs of contiguous elements, blocks where source and destination run
// along different axes, single elements otherwise.
#include "kernels/cpu/movement/copy.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "kernels/cpu/movement/loop_nest.h"

namespace octet {
namespace {

using namespace cpu;

struct Bytes16 {
  uint64_t words[2];
};

// Runs along the innermost axis.
template <class T>
void copy_runs(const LoopNest& nest, int64_t first, int64_t last) {
  constexpr auto kSize = static_cast<int64_t>(sizeof(T));
  const int64_t to = nest.step(0), from = nest.step(1);
  for_each_run(nest, first, last, [=](const RunPointers& pointers, int64_t count) {
    std::byte* dst = pointers[0];
    const std::byte* src = pointers[1];
    if (to == kSize && from == kSize) {
      std::memcpy(dst, src, static_cast<size_t>(count) * sizeof(T));
    } else if (to == kSize) {
      for (int64_t i = 0; i < count; ++i)
        reinterpret_cast<T*>(dst)[i] = *reinterpret_cast<const T*>(src + i * from);
    } else {
      for (int64_t i = 0; i < count; ++i)
        *reinterpret_cast<T*>(dst + i * to) = *reinterpret_cast<const T*>(src + i * from);
    }
  });
}

// A matrix whose rows are contiguous in dst and whose columns are contiguous in src: whole cache
// lines of both are used while they are at hand.
template <class T>
void transpose(Heartbeat& beat, const std::byte* src, int64_t src_row_step, int64_t src_column_step,
               std::byte* dst, int64_t dst_row_step, int64_t rows, int64_t columns) {
  constexpr int64_t kBlock = 16;
  for (int64_t c = 0; c < columns && !beat.stop(kBlock * rows / 4); c += kBlock) {
    const int64_t column_end = std::min(c + kBlock, columns);
    for (int64_t r = 0; r < rows; ++r) {
      const std::byte* from = src + r * src_row_step;
      T* to = reinterpret_cast<T*>(dst + r * dst_row_step);
      for (int64_t i = c; i < column_end; ++i)
        to[i] = *reinterpret_cast<const T*>(from + i * src_column_step);
    }
  }
}

// Whether the last two axes of the nest are such a matrix.
template <class T>
bool ends_with_transposition(const LoopNest& nest) {
  constexpr auto kSize = static_cast<int64_t>(sizeof(T));
  return nest.rank >= 2 && nest.step(0) == kSize && nest.strides[1][nest.rank - 2] == kSize &&
         nest.step(1) != kSize && nest.step(1) != 0;
}

// Matrices [first, last) of the nest.
template <class T>
void copy_matrices(Heartbeat& beat, const LoopNest& nest, int64_t first, int64_t last) {
  LoopNest outer = nest;  // without the axes of the matrix
  outer.rank = nest.rank - 2;
  if (outer.rank == 0) {
    outer.rank = 1;
    outer.extents[0] = 1;
  }
  const size_t row = nest.rank - 2, column = nest.rank - 1;
  for_each_run(outer, first, last, [&](const RunPointers& pointers, int64_t count) {
    for (int64_t i = 0; i < count && !beat.stop(); ++i)
      transpose<T>(beat, pointers[1] + i * outer.step(1), nest.strides[1][row],
                   nest.strides[1][column], pointers[0] + i * outer.step(0), nest.strides[0][row],
                   nest.extents[row], nest.extents[column]);
  });
}

template <class T>
void copy(Heartbeat& beat, const LoopNest& nest, int64_t task, int64_t tasks) {
  if (nest.elements == 0) return;
  if (ends_with_transposition<T>(nest)) {
    const int64_t matrix = nest.extents[nest.rank - 2] * nest.extents[nest.rank - 1];
    const int64_t matrices = nest.elements / matrix;
    if (matrices >= tasks) {
      const TaskShare share = share_of_task(matrices, task, tasks);
      copy_matrices<T>(beat, nest, share.first, share.last);
      return;
    }
    // Fewer matrices than tasks: each task takes some rows of all of them.
    const TaskShare rows = share_of_task(nest.extents[nest.rank - 2], task, tasks, 16);
    LoopNest part = nest;
    part.data[0] += rows.first * nest.strides[0][nest.rank - 2];
    part.data[1] += rows.first * nest.strides[1][nest.rank - 2];
    part.extents[nest.rank - 2] = rows.last - rows.first;
    if (rows.first < rows.last) copy_matrices<T>(beat, part, 0, matrices);
    return;
  }
  const TaskShare share = share_of_task(nest.elements, task, tasks, 64);
  copy_runs<T>(nest, share.first, share.last);
}

// The axes of both in the order in which dst lies in memory, so that it is written from front to
// back.
void sort_axes(TensorView& dst, TensorView& src) {
  const auto step = [&](int axis) { return std::abs(dst.strides[axis]); };
  for (int axis = 1; axis < dst.shape.rank(); ++axis)
    for (int at = axis; at > 0 && step(at - 1) < step(at); --at) {
      std::swap(dst.shape[at - 1], dst.shape[at]);
      std::swap(dst.strides[at - 1], dst.strides[at]);
      std::swap(src.shape[at - 1], src.shape[at]);
      std::swap(src.strides[at - 1], src.strides[at]);
    }
}

class Copy final : public TaskKernel {
  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const OperandShape& src = shapes.inputs[0];
    return choose_task_count(src.element_count() * static_cast<int64_t>(dtype_size(src.dtype)),
                             threads);
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    TensorView src = args.inputs[0], dst = args.outputs[0];
    if (!(dst.shape == src.shape)) dst = contiguous_view(dst.data, src.dtype, src.shape);
    if (!dst.contiguous()) sort_axes(dst, src);
    const LoopNest nest = make_loop_nest(dst, std::span(&src, 1));
    Heartbeat beat(args.control);
    switch (dtype_size(src.dtype)) {
      case 1:
        copy<uint8_t>(beat, nest, task, tasks);
        break;
      case 2:
        copy<uint16_t>(beat, nest, task, tasks);
        break;
      case 4:
        copy<uint32_t>(beat, nest, task, tasks);
        break;
      case 8:
        copy<uint64_t>(beat, nest, task, tasks);
        break;
      default:
        copy<Bytes16>(beat, nest, task, tasks);
        break;
    }
    return beat.status();
  }

  bool accepts_strides(int) const override { return true; }
};

}  // namespace

std::unique_ptr<TaskKernel> make_copy_kernel() { return std::make_unique<Copy>(); }

}  // namespace octet
