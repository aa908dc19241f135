// BatchPlan: how the rows of axis 0 are cut into runs.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/run_model/client.h"
#include "apps/run_model/npy/npy_reader.h"

namespace octet::app {

struct BatchPlan {
  int64_t rows = 1;        // of all inputs; 1 where axis 0 is no batch
  int64_t batch_size = 1;  // rows of a run; the last has what is left
  // The user named it, so it holds; else a model that turns out to mix its rows gets them all at
  // once.
  bool given = false;

  bool splits() const { return rows > batch_size; }
};

// With --batch-size: all inputs are cut along axis 0, which must be equally long. Errors
// (kInvalidArgument): it is not; the model takes a fixed number of rows that does not fit; an
// output whose axis 0 is not the batch, where there is more than one run.
//
// Without: the number of rows that makes about kSliceElements input elements, a power of two up to
// kMostRows, but few enough for each of options.workers to get some, when axis 0 of every input and
// output is one and the same symbol; one row where every model input takes exactly one; all rows at
// once otherwise.
Result<BatchPlan> make_batch_plan(const LoadedModel& model, const std::vector<NpyReader>& inputs,
                                  const Options& options);

// Whether every input has an axis 0, all equally long; the rows then.
Result<int64_t> shared_rows(const LoadedModel& model, const std::vector<NpyReader>& inputs);

// About what keeps two cores busy with a small model; 32 sequences of 128 tokens in BERT's form.
inline constexpr int64_t kSliceElements = 16384;
inline constexpr int64_t kMostRows = 1024;

}  // namespace octet::app
