// BatchJob: a batch run in slices, from its first row or from where an earlier process stopped.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "apps/run_model/batch/batch_plan.h"
#include "apps/run_model/batch/journal.h"
#include "apps/run_model/batch/slice_run.h"
#include "apps/run_model/output/output_set.h"

namespace octet::app {

struct BatchStats {
  int64_t runs = 0;
  int64_t rows = 0;          // in the outputs
  int64_t resumed_rows = 0;  // of them done by earlier processes
  double inference_ms = 0;   // of all runs, added up over workers
  double first_run_ms = 0;
};

// start() or resume(), then finish(). When one of them fails or a signal comes (kCancelled), what
// is complete is kept beside the outputs, and the message says how to go on.
class BatchJob {
 public:
  // All outlive the job. Precondition: every input has plan.rows >= 1 rows.
  BatchJob(const LoadedModel& model, const Options& options, const std::vector<NpyReader>& inputs,
           const BatchPlan& plan);

  // Runs the first slice, and its last row alone for comparison. Value: false when the two differ,
  // so axis 0 is no batch, and the user did not ask for slices; nothing was written then.
  Result<bool> start();
  // Takes up the journal: checks that model, options and the rows that were done are the same, and
  // that the last of them gives the same outputs again.
  Status resume(Journal journal);
  Status finish();

  const BatchStats& stats() const { return stats_; }

 private:
  Status create_runners();
  void count(const Slice& slice);
  // Runs one row of `slice` again, or as many as the model takes: nothing where the outputs agree,
  // else the name of the output that differs.
  Result<std::string> recheck(const Slice& slice);
  Status create_outputs(std::vector<ArrayLayout> layouts);
  Status check_last_rows();
  Status append(const Slice& slice);
  Status run_rest();
  // Makes what is done durable, and adds to the message how to go on.
  Status interrupted(const Status& status);

  const LoadedModel& model_;
  const Options& options_;
  const std::vector<NpyReader>& inputs_;
  BatchPlan plan_;
  std::vector<SliceRunner> runners_;  // one per worker
  std::optional<OutputSet> outputs_;
  std::optional<Journal> journal_;  // none where an output is no regular file
  JournalRecord record_;
  double durable_ms_ = 0;  // when the record was last made durable
  BatchStats stats_;
};

}  // namespace octet::app
