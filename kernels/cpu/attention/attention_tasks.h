// How an Attention node is cut into tasks: a head, several small heads, or a block of the queries
// of a head.
#pragma once

#include <cstdint>

namespace octet::cpu {

struct AttentionSizes {
  int64_t heads = 0;  // batch times heads
  int64_t queries = 0;
  int64_t keys = 0;
  int64_t depth = 0;  // of the keys plus that of the values
};

// The number of tasks for `threads` threads: at most `heads`, or a multiple of it; 0 where there is
// no output.
//   - heads of less than about 2 us are joined as long as every thread still has 4 tasks to take;
//   - heads are divided where that shortens the longest share of a thread; every block packs the
//   keys again, which costs as much as
//     8 queries.
int64_t choose_attention_tasks(const AttentionSizes& sizes, int threads);

// What one task computes: queries [first_query, end_query) of heads [first_head, end_head).
struct AttentionTask {
  int64_t first_head;
  int64_t end_head;
  int64_t first_query;
  int64_t end_query;
};
// Together the tasks cover every query of every head once. A task may be empty.
AttentionTask attention_task(const AttentionSizes& sizes, int64_t task, int64_t tasks);

}  // namespace octet::cpu
