// Cuts an Attention node into tasks.
#include "kernels/cpu/attention/attention_tasks.h"

#include <algorithm>
#include <cassert>

namespace octet::cpu {
namespace {

constexpr int64_t kPackingInQueries = 8;  // measured: 5 % of 128 queries with bf16, less with f32
constexpr int64_t kLeastQueries = 48;  // in a block: as many as share one pass over the packed keys
constexpr int64_t kLeastProducts =
    100000;  // multiplications in a task: about 2 us, twenty times the cost of taking one
constexpr int64_t kTasksPerThread = 4;

int64_t divide_up(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// The longest share of a thread when each head is divided into `blocks`, in units of one query.
int64_t longest_share(const AttentionSizes& sizes, int64_t blocks, int64_t threads) {
  return divide_up(sizes.heads * blocks, threads) *
         (divide_up(sizes.queries, blocks) + kPackingInQueries);
}

}  // namespace

int64_t choose_attention_tasks(const AttentionSizes& sizes, int threads) {
  if (sizes.heads == 0 || sizes.queries == 0) return 0;
  const int64_t products = std::max<int64_t>(sizes.queries * sizes.keys * sizes.depth, 1);
  const int64_t joined =
      std::min(kLeastProducts / products, sizes.heads / (kTasksPerThread * threads));
  if (joined > 1) return divide_up(sizes.heads, joined);
  int64_t best = 1;
  for (int64_t blocks = 2; blocks <= sizes.queries / kLeastQueries && blocks <= threads; ++blocks)
    if (longest_share(sizes, blocks, threads) < longest_share(sizes, best, threads)) best = blocks;
  return sizes.heads * best;
}

AttentionTask attention_task(const AttentionSizes& sizes, int64_t task, int64_t tasks) {
  assert(task >= 0 && task < tasks);
  if (tasks < sizes.heads) {
    const int64_t joined = divide_up(sizes.heads, tasks);
    return {std::min(task * joined, sizes.heads), std::min((task + 1) * joined, sizes.heads), 0,
            sizes.queries};
  }
  assert(tasks % sizes.heads == 0);
  const int64_t blocks = tasks / sizes.heads;
  const int64_t queries = divide_up(sizes.queries, blocks), head = task / blocks,
                block = task % blocks;
  return {head, head + 1, std::min(block * queries, sizes.queries),
          std::min((block + 1) * queries, sizes.queries)};
}

}  // namespace octet::cpu
