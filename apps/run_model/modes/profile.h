// --profile: where the time of a run goes.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// Profiles one run (after options.warmup others) on inputs from files, or made up; of files the
// first options.batch_size rows. Writes a Chrome trace (chrome://tracing) to options.profile and
// prints to stderr a table per op: calls, time over all threads, share of it, and for linear layers
// GOPS and the share of the peak of the instruction they use (vpdpbusd or its substitute for int8,
// FMA for floats), as measured on all threads at once right then.
Status run_profile(const LoadedModel& model, const Options& options);

}  // namespace octet::app
