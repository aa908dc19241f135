// --list-weights and --dump-weight: the linear layers of a model.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// A table on stdout, or with options.json an array of {"name", "aliases", "n", "k", "scheme",
// "granularity", "layout", "bytes"}.
Status list_weights(const LoadedModel& model, const Options& options);

// Writes the parts that the layer options.dump_weight (a name or alias) has to options.output_dir:
// int_data.npy, scale.npy, zero_point.npy, smoothing.npy. Errors: no such layer; a float layer,
// which has no such parts.
Status dump_weight(const LoadedModel& model, const Options& options);

}  // namespace octet::app
