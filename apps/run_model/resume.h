// What a batch run writes to its journal, and how a later one checks it.
#pragma once

#include <string>
#include <vector>

#include "apps/run_model/client.h"
#include "apps/run_model/journal.h"
#include "apps/run_model/npy_reader.h"
#include "apps/run_model/output_set.h"

namespace octet::app {

// DIR/run_model.journal, or FILE.journal beside the archive or the single output; empty where an
// output is a device or pipe, which nothing can be resumed into.
std::string journal_path(const Options& options);

// Everything that the outputs depend on, but for the inputs' contents. Reads the model file once.
// Errors: File's.
Result<JournalFacts> journal_facts(const LoadedModel& model, const Options& options,
                                   const std::vector<NpyReader>& inputs);

// The layouts as the journal's header has them, and back. Error: kInvalidArgument.
std::string layouts_text(const std::vector<ArrayLayout>& layouts);
Result<std::vector<ArrayLayout>> parse_layouts(const Journal& journal);

// Whether the interrupted run computed what this one is to. Error: kInvalidArgument with the first
// difference.
Status check_facts(const Journal& journal, const JournalFacts& facts);

// Whether the rows that are done came from these inputs; reads them once. Error: kInvalidArgument.
Status check_input_rows(const Journal& journal, const LoadedModel& model,
                        const std::vector<NpyReader>& inputs);

}  // namespace octet::app
