// Reductions over neighbouring axes as a task kernel.
#include <algorithm>
#include <cmath>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/reduce/reduce_loops.h"

namespace octet::cpu {
namespace {

int64_t ceil_div(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

class Reduce : public TaskKernel {
 public:
  Reduce(ReduceAttrs attrs, ReduceLoop loop) : attrs_(std::move(attrs)), loop_(loop) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    return count_tasks(shapes, reduce_units(extents_of(shapes.inputs[0].shape)), threads);
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    OCTET_RETURN_IF_ERROR(
        check_not_empty(attrs_, args.inputs[0].shape, args.outputs[0].element_count()));
    const ReduceExtents extents = extents_of(args.inputs[0].shape);
    const TaskShare share = share_of_task(reduce_units(extents), task, tasks);
    Heartbeat beat(args.control);
    loop_(beat, args.inputs[0].data, extents, share.first, share.last, args.outputs[0].data);
    return beat.status();
  }

 protected:
  static int64_t count_tasks(const TaskShapes& shapes, int64_t units, int threads) {
    const OperandShape& src = shapes.inputs[0];
    const int64_t bytes = src.element_count() * static_cast<int64_t>(dtype_size(src.dtype));
    return std::min(choose_task_count(bytes, threads), std::max<int64_t>(units, 1));
  }
  ReduceExtents extents_of(const Shape& shape) const {
    ReduceExtents extents;
    for (int axis = 0; axis < shape.rank(); ++axis)
      (axis < attrs_.axes.front()   ? extents.outer
       : axis <= attrs_.axes.back() ? extents.reduced
                                    : extents.inner) *= shape[axis];
    return extents;
  }

  ReduceAttrs attrs_;
  ReduceLoop loop_;
};

// Sums, means, maxima and minima of f32 over so many elements that one thread should not make each
// alone: first those of pieces, then those of the pieces' results. Where they are cut follows from
// the reduced extent: an output gets the same bits in any company.
class TwoPhaseReduce final : public Reduce {
 public:
  TwoPhaseReduce(ReduceAttrs attrs, ReduceLoop loop, ReduceLoop of_pieces)
      : Reduce(std::move(attrs), loop), of_pieces_(of_pieces) {}

  void plan_phases(const TaskShapes& shapes, int threads,
                   std::vector<int64_t>& tasks) const override {
    const ReduceExtents extents = extents_of(shapes.inputs[0].shape);
    if (piece_count(extents) == 1) return Reduce::plan_phases(shapes, threads, tasks);
    tasks.push_back(count_tasks(shapes, extents.outer * piece_count(extents), threads));
    tasks.push_back(count_tasks(shapes, reduce_units(extents), threads));
  }
  size_t shared_bytes(const TaskShapes& shapes) const override {
    const ReduceExtents extents = extents_of(shapes.inputs[0].shape);
    const int64_t pieces = piece_count(extents);
    return pieces == 1
               ? 0
               : static_cast<size_t>(extents.outer * pieces * extents.inner) * sizeof(float);
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState* state) const override {
    const ReduceExtents extents = extents_of(args.inputs[0].shape);
    const int64_t pieces = piece_count(extents);
    if (pieces == 1) return Reduce::run(args, task, tasks, scratch, state);
    auto* partial = reinterpret_cast<float*>(args.shared);
    Heartbeat beat(args.control);
    if (args.phase == 0) {
      const TaskShare share = share_of_task(extents.outer * pieces, task, tasks);
      for (int64_t i = share.first; i < share.last && !beat.stop(); ++i)
        reduce_piece(beat, args.inputs[0].as<float>(), extents, i, partial + i * extents.inner);
      return beat.status();
    }
    const ReduceExtents joined{extents.outer, pieces, extents.inner};
    const TaskShare share = share_of_task(reduce_units(joined), task, tasks);
    for (int64_t unit = share.first; unit < share.last && !beat.stop(); ++unit) {
      of_pieces_(beat, args.shared, joined, unit, unit + 1, args.outputs[0].data);
      finish(beat, args, extents, unit);
    }
    return beat.status();
  }

 private:
  // Of the reduced axes: elements in a row, or rows of inner elements. The company of an output is
  // outer or inner, so that neither counts.
  static int64_t piece_rows(const ReduceExtents& extents) {
    return extents.inner == 1 ? int64_t{1} << 17 : int64_t{1} << 10;
  }
  // 1: it is not worth two phases.
  static int64_t piece_count(const ReduceExtents& extents) {
    return std::max<int64_t>(ceil_div(extents.reduced, piece_rows(extents)), 1);
  }

  // Piece `index` of all, outer by outer.
  void reduce_piece(Heartbeat& beat, const float* src, const ReduceExtents& extents, int64_t index,
                    float* dst) const {
    const int64_t pieces = piece_count(extents);
    const int64_t first = index % pieces * piece_rows(extents);
    const ReduceExtents piece{1, std::min(piece_rows(extents), extents.reduced - first),
                              extents.inner};
    const float* start = src + (index / pieces * extents.reduced + first) * extents.inner;
    of_pieces_(beat, reinterpret_cast<const std::byte*>(start), piece, 0, reduce_units(piece),
               reinterpret_cast<std::byte*>(dst));
  }

  // The mean of a sum. A sum that f32 cannot hold is made again of doubles, as its loop does it.
  void finish(Heartbeat& beat, const TaskArgs& args, const ReduceExtents& extents,
              int64_t unit) const {
    if (attrs_.function == ReduceFunction::kMax || attrs_.function == ReduceFunction::kMin) return;
    const int64_t per_outer = units_per_outer(extents), outer = unit / per_outer;
    const int64_t first = unit % per_outer * kReduceUnit;
    const int64_t last = std::min(first + kReduceUnit, extents.inner);
    const float* src = args.inputs[0].as<float>() + outer * extents.reduced * extents.inner;
    float* dst = args.outputs[0].as<float>() + outer * extents.inner;
    const bool mean = attrs_.function == ReduceFunction::kMean;
    const auto count = static_cast<double>(extents.reduced);
    for (int64_t i = first; i < last && !beat.stop(); ++i) {
      if (std::isfinite(dst[i])) {
        if (mean) dst[i] /= static_cast<float>(extents.reduced);
        continue;
      }
      double sum = 0;
      for (int64_t r = 0; r < extents.reduced && !beat.stop(); ++r)
        sum += double{src[r * extents.inner + i]};
      dst[i] = static_cast<float>(mean ? sum / count : sum);
    }
  }

  ReduceLoop of_pieces_;
};

// Makes the results of pieces and joins them; nullptr: they cannot be joined.
ReduceLoop loop_of_pieces(const KernelRequest& request) {
  if (request.inputs[0]->dtype != DType::kF32) return nullptr;
  switch (const ReduceFunction function = attributes_of<ReduceAttrs>(request).function) {
    case ReduceFunction::kSum:
    case ReduceFunction::kMean:
      return reduce_f32_loop(ReduceFunction::kSum);
    case ReduceFunction::kMax:
    case ReduceFunction::kMin:
      return reduce_f32_loop(function);
    default:
      return nullptr;
  }
}

ReduceLoop choose(const KernelRequest& request) {
  const ReduceFunction function = attributes_of<ReduceAttrs>(request).function;
  const DType type = request.inputs[0]->dtype;
  return type == DType::kF32 ? reduce_f32_loop(function) : reduce_integer_loop(function, type);
}

}  // namespace

Support accept_reduce(const KernelRequest& request) {
  const auto& attrs = attributes_of<ReduceAttrs>(request);
  if (attrs.axes.empty()) return Support::no("no axis is reduced");
  if (attrs.axes.back() - attrs.axes.front() + 1 != static_cast<int>(attrs.axes.size()))
    return Support::no("the reduced axes are not neighbours");
  if (choose(request) == nullptr)
    return Support::no(std::string("there is no loop for ") + dtype_name(request.inputs[0]->dtype));
  return Support::yes();
}

Result<Kernel> make_reduce(const KernelRequest& request) {
  const auto& attrs = attributes_of<ReduceAttrs>(request);
  if (const ReduceLoop of_pieces = loop_of_pieces(request))
    return Kernel(std::make_unique<TwoPhaseReduce>(attrs, choose(request), of_pieces));
  return Kernel(std::make_unique<Reduce>(attrs, choose(request)));
}

}  // namespace octet::cpu
