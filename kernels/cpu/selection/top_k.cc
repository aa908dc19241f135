// TopK of f32 and i32 as a task kernel over lines. Elements better than the k-th best so far are
// collected until there are twice k, of which the best half stays: nearly all elements of a long
// line cost one comparison, a vector at a time.
#include "runtime/ops/top_k.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/long_tail.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/selection/ranks.h"
#include "kernels/cpu/selection/selection.h"

namespace octet::cpu {
namespace {

// Up to so many are collected and sorted by what looks at no control; for more all elements are
// sorted, in pieces.
constexpr int64_t kMostCollected = int64_t{1} << 12;
constexpr int64_t kMostExtent = 0xFFFFFFFF;  // of a line, for Rank

// Lines along one axis of a row-major tensor.
struct Lines {
  int64_t count, extent, step;

  static Lines along(const Shape& shape, int axis) {
    Lines lines{1, shape[axis], 1};
    for (int i = 0; i < shape.rank(); ++i) {
      if (i != axis) lines.count *= shape[i];
      if (i > axis) lines.step *= shape[i];
    }
    return lines;
  }
  // Where line `i` begins.
  int64_t begin(int64_t i) const { return i / step * extent * step + i % step; }
};

class TopK final : public TaskKernel {
 public:
  TopK(const TopKAttrs& attrs, DType dtype) : axis_(attrs.axis), order_{dtype, attrs.largest} {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Lines lines = Lines::along(shapes.inputs[0].shape, axis_);
    return std::clamp<int64_t>(tasks_for_threads(4 * lines.count * lines.extent, threads), 1,
                               std::max<int64_t>(lines.count, 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &values = args.outputs[0];
    const Lines from = Lines::along(src.shape, axis_), to = Lines::along(values.shape, axis_);
    if (to.extent == 0) return Status::ok();
    if (from.extent > kMostExtent)
      return unsupported("a line of " + std::to_string(from.extent) + " elements; at most " +
                         std::to_string(kMostExtent) + " are supported");
    const Memory memory(scratch, from, to.extent);
    const TaskShare share = share_of_task(from.count, task, tasks);
    Heartbeat beat(args.control);
    for (int64_t i = share.first; i < share.last && !beat.stop(); ++i) {
      const std::byte* line = src.data + 4 * from.begin(i);
      if (from.step != 1) line = gather(beat, line, from, memory.line);
      find(beat, line, from.extent, to.extent, memory);
      const int64_t begin = to.begin(i);
      auto* found = reinterpret_cast<int32_t*>(values.data) + begin;
      int64_t* indices = args.outputs[1].as<int64_t>() + begin;
      in_pieces(beat, to.extent, 2, [&](int64_t first, int64_t last) {
        for (int64_t k = first; k < last; ++k) {
          const int64_t index = rank_index(memory.ranks[k]);
          found[k * to.step] = reinterpret_cast<const int32_t*>(line)[index];
          indices[k * to.step] = index;
        }
      });
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes& shapes) const override {
    const int64_t k = shapes.outputs[0].shape[axis_];
    return Memory::bytes(Lines::along(shapes.inputs[0].shape, axis_), k);
  }

 private:
  // The scratch memory of a task.
  struct Memory {
    Rank *ranks, *spare;
    std::byte* line;  // where the elements of one are not neighbours

    static int64_t rank_count(const Lines& lines, int64_t k) {
      return std::min(collects(k) ? std::max<int64_t>(2 * k, kKeyBlock) : lines.extent,
                      lines.extent);
    }
    static size_t bytes(const Lines& lines, int64_t k) {
      const int64_t elements = lines.step == 1 ? 0 : lines.extent;
      return static_cast<size_t>(16 * rank_count(lines, k) + 4 * elements);
    }
    Memory(std::byte* scratch, const Lines& lines, int64_t k)
        : ranks(reinterpret_cast<Rank*>(scratch)),
          spare(ranks + rank_count(lines, k)),
          line(reinterpret_cast<std::byte*>(spare + rank_count(lines, k))) {}
  };

  static bool collects(int64_t k) { return k <= kMostCollected; }

  static const std::byte* gather(Heartbeat& beat, const std::byte* src, const Lines& lines,
                                 std::byte* line) {
    in_pieces(beat, lines.extent, 1, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) std::memcpy(line + 4 * i, src + 4 * i * lines.step, 4);
    });
    return line;
  }

  // The ranks of `count` elements from `first` on, behind `ranks`.
  void add(const std::byte* line, int64_t first, int64_t count, Rank* ranks) const {
    int32_t keys[kKeyBlock];
    for (int64_t i = 0; i < count; i += kKeyBlock) {
      const int64_t size = std::min(count - i, kKeyBlock);
      make_keys(order_, line + 4 * (first + i), size, keys);
      for (int64_t j = 0; j < size; ++j) ranks[i + j] = make_rank(keys[j], first + i + j);
    }
  }

  // The first k ranks of a line, in memory.ranks.
  void find(Heartbeat& beat, const std::byte* line, int64_t extent, int64_t k,
            const Memory& memory) const {
    if (collects(k)) {
      collect(beat, line, extent, k, memory.ranks);
      beat.stop(16 * k);
      std::sort(memory.ranks, memory.ranks + k, std::greater<>());
      return;
    }
    in_pieces(beat, extent, 2, [&](int64_t first, int64_t last) {
      add(line, first, last - first, memory.ranks + first);
    });
    sort_ranks(beat, memory.ranks, extent, memory.spare);
  }

  // Moves the k largest of `count` ranks to the front, in no order.
  static void keep_best(Rank* ranks, int64_t count, int64_t k) {
    if (count > k) std::nth_element(ranks, ranks + k - 1, ranks + count, std::greater<>());
  }

  // The k best of a line, in no order.
  void collect(Heartbeat& beat, const std::byte* line, int64_t extent, int64_t k,
               Rank* ranks) const {
    const int64_t room = std::min(std::max<int64_t>(2 * k, kKeyBlock), extent);
    add(line, 0, room, ranks);
    keep_best(ranks, room, k);
    int64_t count = k;
    int32_t least = rank_key(ranks[k - 1]);
    const auto take = [&](int32_t key, int64_t index) {
      if (key <= least) return;  // of equal elements the first ones are there already
      ranks[count++] = make_rank(key, index);
      if (count < room) return;
      keep_best(ranks, count, k);
      count = k;
      least = rank_key(ranks[k - 1]);
      beat.stop(4 * room);
    };
    int32_t keys[kKeyBlock];
    const int64_t whole = room + (extent - room) / kKeyBlock * kKeyBlock;
    for (int64_t i = room; i < whole && !beat.stop();) {
      // A look at the control every so often, however long nothing is found.
      const int64_t end = std::min(whole, i + (int64_t{1} << 18));
      const int64_t found =
          room + find_keys_above(order_, line + 4 * room, i - room, end - room, least, keys);
      beat.stop((found - i) / 8);
      i = found;
      if (found == end) continue;
      for (int64_t j = 0; j < kKeyBlock; ++j) take(keys[j], i + j);
      i += kKeyBlock;
    }
    make_keys(order_, line + 4 * whole, extent - whole, keys);
    for (int64_t i = whole; i < extent; ++i) take(keys[i - whole], i);
    keep_best(ranks, count, k);
  }

  int axis_;
  KeyOrder order_;
};

}  // namespace

Support accept_top_k(const KernelRequest& request) {
  if (Support op = require_tail<TopKAttrs>(request); !op.is_yes()) return op;
  const TypeInfo& src = *request.inputs[0];
  if (src.dtype != DType::kF32 && src.dtype != DType::kI32)
    return Support::no(std::string("it is of ") + dtype_name(src.dtype));
  const Dim& extent = src.shape[static_cast<size_t>(tail_attributes<TopKAttrs>(request)->axis)];
  if (extent.is_constant() && extent.value() > kMostExtent)
    return Support::no("its lines are too long", extent.value());
  return Support::yes();
}

Result<Kernel> make_top_k(const KernelRequest& request) {
  return Kernel(
      std::make_unique<TopK>(*tail_attributes<TopKAttrs>(request), request.inputs[0]->dtype));
}

}  // namespace octet::cpu
