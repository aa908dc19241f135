// What a batch run writes to its journal, and how a later one checks it.
#pragma once

#include <string>
#include <vector>

#include "apps/run_model/batch/journal.h"
#include "apps/run_model/client.h"
#include "apps/run_model/npy/npy_reader.h"
#include "apps/run_model/output/output_set.h"

namespace octet::app {

// Everything that the outputs depend on, but for the inputs' contents. Reads the model file once.
// Errors: File's.
Result<JournalFacts> journal_facts(const LoadedModel& model, const Options& options,
                                   const std::vector<NpyReader>& inputs);

// Whether the journal's outputs and records are those that this model gives for `rows` rows, as
// check_facts() lets expect. Error: kInvalidArgument.
Status check_records(const Journal& journal, const LoadedModel& model, int64_t rows);

// Whether the interrupted run computed what this one is to. Error: kInvalidArgument with the first
// difference.
Status check_facts(const Journal& journal, const JournalFacts& facts);

// Whether the rows that are done came from these inputs; reads them once. Error: kInvalidArgument.
Status check_input_rows(const Journal& journal, const LoadedModel& model,
                        const std::vector<NpyReader>& inputs);

}  // namespace octet::app
