// NonMaxSuppression as a task kernel: each class of each picture by itself, into a part of the
// output that is large enough; then one task moves these parts together.
#include "runtime/ops/non_max_suppression.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/long_tail.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/selection/box_set.h"
#include "kernels/cpu/selection/ranks.h"
#include "kernels/cpu/selection/selection.h"
#include "kernels/numerics/boxes.h"

namespace octet::cpu {
namespace {

enum Phase { kSelect, kMoveTogether, kFill };
constexpr int64_t kRow = 3;                 // numbers of a selected box
constexpr int64_t kMostBoxes = 0xFFFFFFFF;  // of a picture, for Rank

class NonMaxSuppression final : public TaskKernel {
 public:
  explicit NonMaxSuppression(const NonMaxSuppressionAttrs& attrs) : attrs_(attrs) {}

  void plan_phases(const TaskShapes& shapes, int threads,
                   std::vector<int64_t>& tasks) const override {
    tasks.push_back(task_count(shapes, threads));
    tasks.push_back(1);
    tasks.push_back(choose_task_count(shapes.outputs[0].element_count() * 8, threads));
  }
  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Shape& scores = shapes.inputs[1].shape;
    return std::clamp<int64_t>(tasks_for_threads(8 * scores.element_count(), threads), 1,
                               std::max<int64_t>(scores[0] * scores[1], 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    Heartbeat beat(args.control);
    auto* counts = reinterpret_cast<int64_t*>(args.shared);  // of each class of each picture
    if (args.phase == kSelect) {
      OCTET_RETURN_IF_ERROR(select(args, task, tasks, scratch, counts, beat));
    } else if (args.phase == kMoveTogether) {
      move_together(args, counts, beat);
    } else {
      const TensorView& selected = args.outputs[0];
      const int64_t used = kRow * *args.outputs[1].as<const int64_t>();
      const TaskShare share = share_of_task(selected.element_count(), task, tasks);
      const int64_t first = std::max(share.first, used);
      if (first < share.last)
        std::fill(selected.as<int64_t>() + first, selected.as<int64_t>() + share.last, 0);
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes& shapes) const override {
    const int64_t boxes = shapes.inputs[1].shape[2];
    return static_cast<size_t>(boxes) * (sizeof(Rank) + BoxSet::kLists * sizeof(float));
  }
  size_t shared_bytes(const TaskShapes& shapes) const override {
    const Shape& scores = shapes.inputs[1].shape;
    return sizeof(int64_t) * static_cast<size_t>(scores[0] * scores[1]);
  }

 private:
  // Rows that a class has in the output until they are moved.
  static int64_t rows_of_class(const TaskArgs& args) {
    const Shape& scores = args.inputs[1].shape;
    return args.outputs[0].shape[0] / (scores[0] * scores[1]);
  }

  Status select(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
                int64_t* counts, Heartbeat& beat) const {
    const TensorView &boxes = args.inputs[0], &scores = args.inputs[1];
    OCTET_ASSIGN_OR_RETURN(const numerics::SuppressionLimits limits,
                           numerics::suppression_limits(args.inputs));
    const int64_t classes = scores.shape[1], count = scores.shape[2];
    if (count > kMostBoxes)
      return unsupported("a picture of " + std::to_string(count) + " boxes; at most " +
                         std::to_string(kMostBoxes) + " are supported");
    auto* ranks = reinterpret_cast<Rank*>(scratch);
    BoxSet found(reinterpret_cast<float*>(ranks + count), count);
    const TaskShare share = share_of_task(scores.shape[0] * classes, task, tasks);
    for (int64_t i = share.first; i < share.last && !beat.stop(); ++i) {
      const int64_t rows = rows_of_class(args), most = std::min(limits.most, rows);
      const int64_t left =
          collect(scores.as<const float>() + i * count, count, limits.score, ranks, beat);
      const float* corners = boxes.as<const float>() + i / classes * 4 * count;
      int64_t* row = args.outputs[0].as<int64_t>() + kRow * rows * i;
      found.clear();
      for (Rank* end = ranks + left; end > ranks && found.count() < most && !beat.stop(32);) {
        std::pop_heap(ranks, end--);
        const int64_t index = rank_index(*end);
        float v[4];
        std::memcpy(v, corners + 4 * index, sizeof v);
        const numerics::Box box = numerics::make_box(v, attrs_.center);
        if (overlaps_any(found, box, limits.overlap)) continue;
        beat.stop(found.count() / 4);
        found.add(box);
        *row++ = i / classes;
        *row++ = i % classes;
        *row++ = index;
      }
      counts[i] = found.count();
    }
    return Status::ok();
  }

  // At once as far as that takes no longer than a heartbeat.
  static void make_heap(Rank* ranks, int64_t count, Heartbeat& beat) {
    constexpr int64_t kAtOnce = int64_t{1} << 15;
    int64_t size = std::min(count, kAtOnce);
    beat.stop(2 * size);
    std::make_heap(ranks, ranks + size);
    while (size < count && !beat.stop(4)) std::push_heap(ranks, ranks + ++size);
  }

  // A heap of the boxes of a class whose scores are above `least`; gives their number.
  static int64_t collect(const float* scores, int64_t count, float least, Rank* ranks,
                         Heartbeat& beat) {
    const KeyOrder order{DType::kF32, /*largest=*/true};
    if (std::isnan(least)) return 0;
    int32_t border;
    make_keys(order, reinterpret_cast<const std::byte*>(&least), 1, &border);
    const auto* src = reinterpret_cast<const std::byte*>(scores);
    int64_t found = 0;
    int32_t keys[kKeyBlock];
    const auto take = [&](int64_t first, int64_t size) {
      for (int64_t i = 0; i < size; ++i) {
        // The largest key is that of a NaN, which is not above anything.
        if (keys[i] <= border || keys[i] == INT32_MAX) continue;
        ranks[found++] = make_rank(keys[i], first + i);
      }
    };
    const int64_t whole = count / kKeyBlock * kKeyBlock;
    for (int64_t i = 0; i < whole && !beat.stop(kKeyBlock);) {
      const int64_t end = std::min(whole, i + (int64_t{1} << 18));
      const int64_t at = find_keys_above(order, src, i, end, border, keys);
      beat.stop((at - i) / 8);
      i = at;
      if (at == end) continue;
      take(i, kKeyBlock);
      i += kKeyBlock;
    }
    make_keys(order, src + 4 * whole, count - whole, keys);
    take(whole, count - whole);
    make_heap(ranks, found, beat);
    return found;
  }

  // Parts only move down, and none beyond the end of the one before.
  void move_together(const TaskArgs& args, const int64_t* counts, Heartbeat& beat) const {
    const Shape& scores = args.inputs[1].shape;
    int64_t* selected = args.outputs[0].as<int64_t>();
    int64_t count = 0;
    for (int64_t i = 0; i < scores[0] * scores[1] && !beat.stop(); ++i) {
      const int64_t* from = selected + kRow * rows_of_class(args) * i;
      int64_t* to = selected + kRow * count;
      in_pieces(beat, kRow * counts[i], 1, [&](int64_t first, int64_t last) {
        std::memmove(to + first, from + first, sizeof(int64_t) * static_cast<size_t>(last - first));
      });
      count += counts[i];
    }
    *args.outputs[1].as<int64_t>() = count;
  }

  NonMaxSuppressionAttrs attrs_;
};

}  // namespace

Support accept_non_max_suppression(const KernelRequest& request) {
  return require_tail<NonMaxSuppressionAttrs>(request);
}

Result<Kernel> make_non_max_suppression(const KernelRequest& request) {
  return Kernel(
      std::make_unique<NonMaxSuppression>(*tail_attributes<NonMaxSuppressionAttrs>(request)));
}

}  // namespace octet::cpu
