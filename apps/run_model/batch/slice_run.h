// SliceRunner: a session that runs the model over rows of the input files.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/run_model/client.h"
#include "apps/run_model/npy/npy_reader.h"

namespace octet::app {

// Rows of a run, and what came of them. The arrays keep their memory from one use to the next.
struct Slice {
  int64_t first = 0, count = 0;
  Status status;
  double run_ms = 0;                  // reading excluded
  std::vector<uint32_t> input_crcs;   // of each input's rows
  std::vector<Array> outputs;         // capacity; `tensors` describe what is valid
  std::vector<octet_tensor> tensors;  // the outputs
};

// Threading: one call at a time; different runners at once.
class SliceRunner {
 public:
  // `model` and `inputs` outlive the runner.
  static Result<SliceRunner> create(const LoadedModel& model, const std::vector<NpyReader>& inputs);

  // Reads rows [slice.first, slice.first + slice.count) of all inputs, runs the model and copies
  // its outputs into the slice. An output that has not one row for each of the inputs' is an
  // error. When the model refuses the values of some row, the error names that row.
  // slice.status is the result; nothing is thrown.
  void run(Slice& slice);

 private:
  SliceRunner(const LoadedModel& model, const std::vector<NpyReader>& inputs, Runner runner)
      : model_(&model), files_(&inputs), runner_(std::move(runner)) {}
  Status read_and_run(Slice& slice);
  Status read(const Slice& slice);
  // The views of `count` rows of what was read, from the `skip`th on.
  std::vector<Array> views(int64_t skip, int64_t count) const;
  Status name_bad_row(const Slice& slice, const Status& status);

  const LoadedModel* model_;
  const std::vector<NpyReader>* files_;
  Runner runner_;
  std::vector<Array> inputs_;  // as many rows as the largest slice so far
};

// "rows 64 to 95", "row 7"
std::string rows_text(int64_t first, int64_t count);

}  // namespace octet::app
