// Batch inference: inputs from files, outputs to files.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// Runs the model over the inputs in slices (BatchPlan) and writes the outputs. Slices are read when
// their turn comes and their outputs appended, so memory does not grow with the files. Outputs lie
// under a temporary name until all are complete; the bytes are the same whatever the size of the
// slices, the number of workers, and however often the run was interrupted and resumed.
//
// With options.json a line of JSON on stdout: runs, rows, resumed_rows, batch_size, inference_ms
// (all runs, added up over workers; reading and writing of files excluded), load_ms,
// first_result_ms (load and first run), wall_ms (from the opened inputs to the complete outputs),
// rows_per_s (of this process, by wall_ms), loaded_mb, rss_mb, threads, workers. Errors: of
// reading, running and writing; outputs that cannot be joined; kCancelled after a signal.
Status run_batches(const LoadedModel& model, const Options& options);

}  // namespace octet::app
