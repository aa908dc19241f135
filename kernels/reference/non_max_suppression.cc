// Reference of NonMaxSuppression.
#include "runtime/ops/non_max_suppression.h"

#include <algorithm>

#include "kernels/numerics/boxes.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

using numerics::Box;

Box box_at(const TensorView& boxes, int64_t batch, int64_t index, bool center) {
  float v[4];
  for (int64_t i = 0; i < 4; ++i)
    v[i] = boxes.as<const float>()[batch * boxes.strides[0] + index * boxes.strides[1] +
                                   i * boxes.strides[2]];
  return numerics::make_box(v, center);
}

}  // namespace

// One task does all: where a class's boxes go depends on those of all before it.
Status non_max_suppression(const NonMaxSuppressionAttrs& attrs, const TaskArgs& args, Share& share,
                           std::byte* scratch) {
  if (share.of(1).first == share.of(1).last) return Status::ok();
  const TensorView &boxes = args.inputs[0], &scores = args.inputs[1];
  OCTET_ASSIGN_OR_RETURN(const numerics::SuppressionLimits limits,
                         numerics::suppression_limits(args.inputs));
  const int64_t most = std::min(limits.most, attrs.room);
  int64_t* selected = args.outputs[0].as<int64_t>();
  int64_t* heap = reinterpret_cast<int64_t*>(scratch);  // boxes that are left, the best at the top
  int64_t count = 0;
  for (int64_t batch = 0; batch < scores.shape[0] && !share.stop(); ++batch) {
    for (int64_t kind = 0; kind < scores.shape[1] && !share.stop(); ++kind) {
      const auto score = [&](int64_t box) {
        return scores.as<const float>()[batch * scores.strides[0] + kind * scores.strides[1] +
                                        box * scores.strides[2]];
      };
      // Of a heap the last in order is at the top.
      const auto is_worse = [&](int64_t a, int64_t b) {
        return score(a) != score(b) ? score(a) < score(b) : a > b;
      };
      int64_t left = 0;
      for (int64_t box = 0; box < scores.shape[2] && !share.stop(); ++box)
        if (score(box) > limits.score) {
          heap[left++] = box;
          std::push_heap(heap, heap + left, is_worse);
        }
      const int64_t first = count;
      while (left > 0 && count - first < most && !share.stop()) {
        std::pop_heap(heap, heap + left--, is_worse);
        const int64_t index = heap[left];
        const Box box = box_at(boxes, batch, index, attrs.center);
        bool free = true;
        for (int64_t i = first; i < count && free && !share.stop(); ++i)
          free = !numerics::overlaps(box, box_at(boxes, batch, selected[3 * i + 2], attrs.center),
                                     limits.overlap);
        if (!free) continue;
        int64_t* row = selected + 3 * count++;
        row[0] = batch;
        row[1] = kind;
        row[2] = index;
      }
    }
  }
  for (int64_t i = 3 * count; i < args.outputs[0].element_count() && !share.stop(); ++i)
    selected[i] = 0;
  *args.outputs[1].as<int64_t>() = count;
  return Status::ok();
}

size_t non_max_suppression_scratch(const NonMaxSuppressionAttrs&, const TaskShapes& shapes) {
  return sizeof(int64_t) * static_cast<size_t>(shapes.inputs[1].shape[2]);
}

}  // namespace octet::reference
