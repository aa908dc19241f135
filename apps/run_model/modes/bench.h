// --bench: how long a run takes.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// Runs the model on inputs from files, or made up (make_inputs), and prints latencies to stdout:
// with options.json one line
// {"median_ms", "min_ms", "p90_ms", "p99_ms", "times_ms", "load_ms", "first_result_ms",
// "loaded_mb", "rss_mb", "threads"}. A timed run binds its inputs anew and materializes every
// output. first_result_ms is the load and the first run together, loaded_mb the resident memory
// after the load, rss_mb its peak. Outputs of the last run go where the options say.
Status run_bench(const LoadedModel& model, const Options& options);

}  // namespace octet::app
