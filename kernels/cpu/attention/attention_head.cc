// Divides the scratch memory of one attention task.
#include "kernels/cpu/attention/attention_head.h"

#include <algorithm>

namespace octet::cpu {
namespace {

constexpr int64_t kVectorLanes = 16;  // f32 lanes of the widest vector
// Enough rows that a panel of keys is reused while it lies in L1; fewer where the scores would
// leave L2.
constexpr int64_t kMostBlockRows = 48;
constexpr int64_t kLeastBlockRows = 12;
constexpr int64_t kScoreBytes = 256 * 1024;
// A row tile is computed without a look at the clock: beyond a million keys it gets fewer rows.
constexpr int64_t kMostScores = kLeastBlockRows << 20;

constexpr int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

AttentionScratch plan_attention_scratch(const AttentionHead& head, int64_t element_bytes) {
  const int64_t elements_per_word = 4 / element_bytes;
  const int64_t depth_words = round_up((head.depth + elements_per_word - 1) / elements_per_word, 4);
  const int64_t value_columns = round_up(head.value_depth, kVectorLanes);
  const int64_t value_steps = (head.keys + elements_per_word - 1) / elements_per_word;

  AttentionScratch plan;
  plan.key_stride = round_up(head.keys, 2 * kVectorLanes);
  const int64_t fitting = kScoreBytes / std::max<int64_t>(plan.key_stride * (4 + element_bytes), 1);
  const int64_t least =
      std::clamp<int64_t>(kMostScores / std::max<int64_t>(plan.key_stride, 1), 1, kLeastBlockRows);
  plan.block_rows = std::clamp(fitting / kLeastBlockRows * kLeastBlockRows, least, kMostBlockRows);
  plan.block_rows = std::min(plan.block_rows, std::max<int64_t>(head.rows, 1));
  const bool one_mask_row = head.mask_row_stride == 0;

  auto place = [&plan](int64_t bytes) {
    const size_t start = plan.total;
    plan.total += static_cast<size_t>(round_up(bytes, 64));
    return start;
  };
  plan.keys = place(depth_words * round_up(head.keys, kVectorLanes) * 4);
  plan.values = place(value_steps * value_columns * 4);
  plan.staging = place(kStagedRows * std::max(depth_words * 4, value_columns * element_bytes));
  plan.queries = place(plan.block_rows * depth_words * 4);
  plan.mask = place((one_mask_row ? 1 : plan.block_rows) * plan.key_stride * 4);
  plan.scores = place(plan.block_rows * plan.key_stride * 4);
  plan.weights =
      element_bytes == 4 ? plan.scores : place(plan.block_rows * plan.key_stride * element_bytes);
  plan.row_scale = place(plan.block_rows * 4);
  return plan;
}

}  // namespace octet::cpu
