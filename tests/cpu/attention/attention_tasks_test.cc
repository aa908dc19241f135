// How attention is cut into tasks, and the scratch memory of one.
#include "kernels/cpu/attention/attention_tasks.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/cpu/attention/attention_head.h"

namespace octet::cpu {
namespace {

TEST(AttentionTasks, AHeadIsATaskWhereHeadsSuffice) {
  EXPECT_EQ(choose_attention_tasks({12, 128, 128, 64}, 1), 12);
  EXPECT_EQ(choose_attention_tasks({12, 128, 128, 64}, 2), 12);
  EXPECT_EQ(choose_attention_tasks({12, 384, 384, 128}, 2), 12);
  EXPECT_EQ(choose_attention_tasks({12, 16, 16, 64}, 2), 12);  // 6 each; joined they would be 4
}

TEST(AttentionTasks, SmallHeadsAreJoined) {
  const int64_t tasks = choose_attention_tasks({384, 16, 16, 64}, 2);
  EXPECT_EQ(tasks, 64);  // 6 heads of 16,384 products
}

TEST(AttentionTasks, LongHeadsAreDividedAmongManyThreads) {
  EXPECT_EQ(choose_attention_tasks({12, 384, 384, 128}, 8),
            24);  // 3 shares of 200 rows, not 2 of 392
  EXPECT_EQ(choose_attention_tasks({1, 4096, 4096, 128}, 2), 2);
  EXPECT_EQ(choose_attention_tasks({1, 1, 4096, 128}, 8), 1);
}

TEST(AttentionTasks, NothingToDoIsNoTask) {
  EXPECT_EQ(choose_attention_tasks({0, 16, 16, 64}, 2), 0);
  EXPECT_EQ(choose_attention_tasks({12, 0, 16, 64}, 2), 0);
  EXPECT_EQ(choose_attention_tasks({12, 16, 0, 64}, 2), 12);
}

TEST(AttentionTasks, CoverEveryQueryOnce) {
  for (int64_t heads : {1, 2, 7, 12, 384})
    for (int64_t queries : {1, 16, 50, 128, 385})
      for (int threads : {1, 2, 3, 8, 64}) {
        const AttentionSizes sizes{heads, queries, queries, 64};
        const int64_t tasks = choose_attention_tasks(sizes, threads);
        std::vector<int> seen(static_cast<size_t>(heads * queries), 0);
        for (int64_t i = 0; i < tasks; ++i) {
          const AttentionTask task = attention_task(sizes, i, tasks);
          for (int64_t h = task.first_head; h < task.end_head; ++h)
            for (int64_t q = task.first_query; q < task.end_query; ++q)
              ++seen[static_cast<size_t>(h * queries + q)];
        }
        EXPECT_EQ(seen, std::vector<int>(seen.size(), 1))
            << heads << " heads, " << queries << " queries, " << threads << " threads";
      }
}

// The scores of 48 queries are held at once, fewer where they would leave the cache: memory grows
// with the keys alone.
TEST(AttentionScratch, HoldsABlockOfScores) {
  AttentionHead head;
  head.rows = head.keys = 128;
  head.depth = head.value_depth = 64;
  EXPECT_EQ(plan_attention_scratch(head, 2).block_rows, 48);
  head.rows = 20;
  EXPECT_EQ(plan_attention_scratch(head, 2).block_rows, 20);
  head.rows = head.keys = 16384;
  const AttentionScratch plan = plan_attention_scratch(head, 2);
  EXPECT_EQ(plan.block_rows, 12);
  EXPECT_LT(plan.total, size_t{16384} * (64 * 2 * 2 + 12 * 6 + 8));
}

}  // namespace
}  // namespace octet::cpu
