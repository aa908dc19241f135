// Batch inference: inputs from files, outputs to files.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// Runs the model over the inputs in slices of options.batch_size rows of axis 0 (all at once when
// 0) and writes the outputs, those of several runs joined along axis 0. The slices are equal but
// for the last, which holds what is left. With options.json a line of JSON on stdout: runs, rows,
// inference_ms (all runs; reading and writing of files excluded), load_ms, first_result_ms (load
// and first run), loaded_mb, rss_mb, threads. Errors: of reading, running and writing; inputs that
// disagree about axis 0; outputs that can't be joined.
Status run_batches(const LoadedModel& model, const Options& options);

}  // namespace octet::app
