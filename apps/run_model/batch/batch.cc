// Batch inference: one run, or a job of many.
#include "apps/run_model/batch/batch.h"

#include <filesystem>
#include <optional>

#include "apps/run_model/batch/batch_job.h"
#include "apps/run_model/batch/progress.h"
#include "apps/run_model/batch/resume.h"
#include "apps/run_model/batch/value_run.h"
#include "apps/run_model/inputs.h"
#include "apps/run_model/memory.h"
#include "apps/run_model/output/output_owner.h"
#include "apps/run_model/output/output_path.h"
#include "apps/run_model/output/outputs.h"
#include "apps/run_model/terminal.h"
#include "runtime/api/json_text.h"

namespace octet::app {
namespace {

// All rows at once: outputs of any shape.
Result<BatchStats> run_whole(const LoadedModel& model, const Options& options,
                             const std::vector<NpyReader>& files, int64_t rows) {
  std::vector<Array> inputs;
  for (const NpyReader& file : files) {
    OCTET_ASSIGN_OR_RETURN(Array input, file.read_all());
    inputs.push_back(std::move(input));
  }
  OCTET_ASSIGN_OR_RETURN(Runner runner, Runner::create(model));
  const double start = now_ms();
  OCTET_RETURN_IF_ERROR(runner.run(inputs));
  const double time = now_ms() - start;
  OCTET_RETURN_IF_ERROR(write_outputs(model, options, runner.outputs()));
  return BatchStats{1, rows, 0, time, time};
}

// The journal that --resume goes on from; an interrupted run's is not overwritten without it.
Result<std::optional<Journal>> find_journal(const Options& options) {
  const std::string path = journal_path(options);
  if (path.empty() && options.resume)
    return invalid_argument("--resume: an output is no regular file, so nothing of it was kept");
  if (path.empty()) return std::optional<Journal>();
  auto journal = Journal::open(path);
  if (!journal.is_ok() && journal.status().code() == StatusCode::kNotFound)
    return std::optional<Journal>();
  if (!journal.is_ok()) return journal.status();
  if (!options.resume)
    return invalid_argument(
        fmt::format("{}: an interrupted run left {} rows that are done; go on with --resume, or "
                    "remove this file to start over",
                    path, journal->record().rows));
  return std::optional<Journal>(std::move(journal).value());
}

// What other runs have is refused before anything is computed, as far as their journals say.
Status check_owners(const LoadedModel& model, const Options& options, const std::string& journal) {
  for (const std::string& path : output_paths(model, options)) {
    if (is_special_file(path)) continue;
    const std::string target = real_path(path);
    std::error_code error;
    const bool has_part = std::filesystem::exists(part_path(target), error);
    OCTET_RETURN_IF_ERROR(check_owner(target, journal, has_part));
  }
  return Status::ok();
}

Result<BatchStats> run_rows(const LoadedModel& model, const Options& options,
                            const std::vector<NpyReader>& inputs, const BatchPlan& plan) {
  OCTET_ASSIGN_OR_RETURN(std::optional<Journal> journal, find_journal(options));
  OCTET_RETURN_IF_ERROR(check_owners(model, options, journal ? journal->path() : ""));
  if (!plan.splits() && !journal) return run_whole(model, options, inputs, plan.rows);
  if (journal) OCTET_RETURN_IF_ERROR(shared_rows(model, inputs).status());
  BatchJob job(model, options, inputs, plan);
  if (journal) {
    OCTET_RETURN_IF_ERROR(job.resume(std::move(*journal)));
  } else {
    OCTET_ASSIGN_OR_RETURN(const bool splits, job.start());
    if (!splits) return run_whole(model, options, inputs, plan.rows);
  }
  OCTET_RETURN_IF_ERROR(job.finish());
  return job.stats();
}

void print_summary(const LoadedModel& model, const BatchStats& stats, double wall_ms,
                   double loaded_mb, int64_t batch_size) {
  const auto rows_now = static_cast<double>(stats.rows - stats.resumed_rows);
  const nlohmann::json summary = {{"runs", stats.runs},
                                  {"rows", stats.rows},
                                  {"resumed_rows", stats.resumed_rows},
                                  {"batch_size", batch_size},
                                  {"inference_ms", stats.inference_ms},
                                  {"load_ms", model.load_ms()},
                                  {"first_result_ms", model.load_ms() + stats.first_run_ms},
                                  {"wall_ms", wall_ms},
                                  {"rows_per_s", wall_ms > 0 ? rows_now / wall_ms * 1e3 : 0},
                                  {"loaded_mb", loaded_mb},
                                  {"rss_mb", process_memory().peak_mb},
                                  {"threads", model.all_threads()},
                                  {"workers", model.workers()}};
  put_line(stdout, json_text(summary));
}

}  // namespace

Status run_batches(const LoadedModel& model, const Options& options) {
  const double loaded_mb = process_memory().resident_mb, start = now_ms();
  BatchStats stats;
  BatchPlan plan;
  if (model.needs_values()) {
    OCTET_ASSIGN_OR_RETURN(stats, run_by_values(model, options));
  } else {
    OCTET_ASSIGN_OR_RETURN(const std::vector<NpyReader> inputs, open_inputs(model, options));
    OCTET_ASSIGN_OR_RETURN(plan, make_batch_plan(model, inputs, options));
    OCTET_ASSIGN_OR_RETURN(stats, run_rows(model, options, inputs, plan));
  }
  const double wall_ms = now_ms() - start;
  const std::vector<std::string> files = output_paths(model, options);
  const std::string more = files.size() > 1 ? fmt::format(" and {} more", files.size() - 1) : "";
  print_finished(stats.rows - stats.resumed_rows, wall_ms / 1e3,
                 files.empty() ? "no file" : files[0] + more, options.quiet);
  if (options.json)
    print_summary(model, stats, wall_ms, loaded_mb,
                  stats.runs <= 1 && stats.resumed_rows == 0 ? stats.rows : plan.batch_size);
  return Status::ok();
}

}  // namespace octet::app
