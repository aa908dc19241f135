// Batch runs in slices.
#include "apps/run_model/batch/batch_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "apps/run_model/batch/batch_workers.h"
#include "apps/run_model/batch/progress.h"
#include "apps/run_model/batch/resume.h"
#include "apps/run_model/modes/compare.h"
#include "apps/run_model/npy/checksum.h"
#include "apps/run_model/output/output_path.h"
#include "apps/run_model/stop_signal.h"

namespace octet::app {
namespace {

constexpr double kDurableMs = 5000;  // between two syncs of the outputs
constexpr std::chrono::milliseconds kPatience(100);

// Rows that mix differ by far more, rows that are apart not at all.
constexpr double kSameRtol = 1e-2, kSameAtol = 1e-3;

octet_tensor row_of(const octet_tensor& tensor, int64_t row) {
  octet_tensor view = tensor;
  view.dims[0] = 1;
  size_t bytes = element_size(tensor.dtype);
  for (int32_t axis = 1; axis < tensor.rank; ++axis) bytes *= static_cast<size_t>(view.dims[axis]);
  view.data = static_cast<std::byte*>(tensor.data) + static_cast<size_t>(row) * bytes;
  return view;
}

bool takes_fixed_rows(const LoadedModel& model) {
  return std::any_of(model.inputs().begin(), model.inputs().end(),
                     [](const octet_value_info& input) { return input.symbols[0] == nullptr; });
}

}  // namespace

BatchJob::BatchJob(const LoadedModel& model, const Options& options,
                   const std::vector<NpyReader>& inputs, const BatchPlan& plan)
    : model_(model), options_(options), inputs_(inputs), plan_(plan) {
  record_.inputs.resize(inputs.size());
  record_.outputs.resize(model.outputs().size());
  stats_.rows = plan.rows;
  note_stop_signals();
}

Status BatchJob::create_runners() {
  const int64_t slices = (plan_.rows + plan_.batch_size - 1) / plan_.batch_size;
  const auto workers = static_cast<size_t>(std::min<int64_t>(model_.workers(), slices));
  for (size_t i = 0; i < workers; ++i) {
    OCTET_ASSIGN_OR_RETURN(SliceRunner runner, SliceRunner::create(model_, inputs_));
    runners_.push_back(std::move(runner));
  }
  return Status::ok();
}

void BatchJob::count(const Slice& slice) {
  if (stats_.runs++ == 0) stats_.first_run_ms = slice.run_ms;
  stats_.inference_ms += slice.run_ms;
}

Result<std::string> BatchJob::recheck(const Slice& slice) {
  if (slice.count == 1 || takes_fixed_rows(model_)) return std::string();
  Slice alone;
  alone.first = slice.first + slice.count - 1;
  alone.count = 1;
  runners_[0].run(alone);
  OCTET_RETURN_IF_ERROR(alone.status);
  for (size_t i = 0; i < alone.tensors.size(); ++i) {
    const Array expected = Array::copy_of(row_of(slice.tensors[i], slice.count - 1));
    if (!compare(alone.tensors[i], expected, kSameRtol, kSameAtol).match)
      return std::string(model_.outputs()[i].name);
  }
  return std::string();
}

Status BatchJob::create_outputs(std::vector<ArrayLayout> layouts) {
  const std::string path = journal_path(options_);
  // The outputs first: who has them may make the journal that says so.
  OCTET_ASSIGN_OR_RETURN(outputs_, OutputSet::claim(options_, layouts, journal_ ? path : ""));
  if (!path.empty() && !journal_) {
    OCTET_ASSIGN_OR_RETURN(JournalFacts facts, journal_facts(model_, options_, inputs_));
    JournalHeader header{std::move(facts), std::move(layouts), {}};
    OCTET_ASSIGN_OR_RETURN(journal_,
                           Journal::create(path, std::move(header), record_, outputs_->targets()));
  } else if (journal_) {
    journal_->make_known(outputs_->targets());
  }
  const Status status = outputs_->start(journal_.has_value());
  if (status.is_ok()) return status;
  outputs_->discard();
  if (journal_) journal_->remove();
  return status;
}

Result<bool> BatchJob::start() {
  OCTET_RETURN_IF_ERROR(create_runners());
  Slice first;
  first.count = std::min(plan_.batch_size, plan_.rows);
  runners_[0].run(first);
  OCTET_RETURN_IF_ERROR(first.status);
  count(first);
  OCTET_ASSIGN_OR_RETURN(const std::string different, recheck(first));
  if (!different.empty() && !plan_.given) return false;
  if (!different.empty())
    return invalid_argument(fmt::format(
        "--batch-size {}: row {} of output \"{}\" depends on the rows beside it, so axis 0 is not "
        "the batch and the result would depend on --batch-size; leave it out to run all {} rows at "
        "once",
        plan_.batch_size, first.count - 1, different, plan_.rows));

  std::vector<ArrayLayout> layouts;
  for (size_t i = 0; i < first.tensors.size(); ++i) {
    const octet_tensor& output = first.tensors[i];
    layouts.push_back(
        {model_.outputs()[i].name, output.dtype, {output.dims, output.dims + output.rank}});
    layouts.back().dims[0] = plan_.rows;
  }
  OCTET_RETURN_IF_ERROR(create_outputs(std::move(layouts)));
  durable_ms_ = now_ms();
  const Status status = append(first);
  if (!status.is_ok()) return interrupted(status);
  return true;
}

Status BatchJob::resume(Journal journal) {
  OCTET_ASSIGN_OR_RETURN(const JournalFacts facts, journal_facts(model_, options_, inputs_));
  OCTET_RETURN_IF_ERROR(check_facts(journal, facts));
  OCTET_RETURN_IF_ERROR(check_records(journal, model_, plan_.rows));
  OCTET_RETURN_IF_ERROR(check_input_rows(journal, model_, inputs_));
  OCTET_RETURN_IF_ERROR(create_runners());
  journal_ = std::move(journal);
  record_ = journal_->record();
  stats_.resumed_rows = record_.rows;
  durable_ms_ = now_ms();
  std::vector<ArrayLayout> layouts = journal_->header().outputs;
  if (record_.rows == 0) return create_outputs(std::move(layouts));
  OCTET_ASSIGN_OR_RETURN(
      outputs_, OutputSet::reopen(options_, std::move(layouts), record_.rows, record_.outputs));
  journal_->make_known(outputs_->targets());
  return check_last_rows();
}

Status BatchJob::check_last_rows() {
  Slice last;
  last.count = takes_fixed_rows(model_) ? std::min(plan_.batch_size, record_.rows) : 1;
  last.first = record_.rows - last.count;
  runners_[0].run(last);
  OCTET_RETURN_IF_ERROR(last.status);
  OCTET_ASSIGN_OR_RETURN(const bool same, outputs_->ends_with(last.tensors));
  if (same) return Status::ok();
  return invalid_argument(fmt::format(
      "--resume: {} of the outputs would come out differently now; weights beside the model file, "
      "or the processor, are not what they were in the interrupted run; remove {} to start over",
      rows_text(last.first, last.count), journal_->path()));
}

Status BatchJob::append(const Slice& slice) {
  if (slice.tensors.size() != outputs_->layouts().size()) return internal_error("output count");
  for (size_t i = 0; i < slice.tensors.size(); ++i) {
    const ArrayLayout& layout = outputs_->layouts()[i];
    const octet_tensor& output = slice.tensors[i];
    const bool fits =
        output.dtype == layout.dtype && std::equal(layout.dims.begin() + 1, layout.dims.end(),
                                                   output.dims + 1, output.dims + output.rank);
    if (!fits)
      return invalid_argument(
          fmt::format("output \"{}\" is {} for {}, which does not fit the rows before them; give a "
                      "--batch-size of all rows to run them at once",
                      layout.name, describe(output), rows_text(slice.first, slice.count)));
  }
  OCTET_RETURN_IF_ERROR(outputs_->append(slice.tensors));
  record_.rows += slice.count;
  for (size_t i = 0; i < inputs_.size(); ++i)
    record_.inputs[i] = crc32_joined(record_.inputs[i], slice.input_crcs[i],
                                     static_cast<uint64_t>(slice.count) * inputs_[i].row_bytes());
  record_.outputs = outputs_->crcs();
  if (!journal_) return Status::ok();
  const bool durable = now_ms() - durable_ms_ > kDurableMs;
  if (durable) {
    OCTET_RETURN_IF_ERROR(outputs_->sync());
    durable_ms_ = now_ms();
  }
  return journal_->add(record_, durable);
}

Status BatchJob::run_rest() {
  Progress progress(plan_.rows, record_.rows, options_.quiet);
  BatchWorkers workers(runners_, plan_, record_.rows);
  while (!workers.done()) {
    if (stop_signal() != 0) workers.stop();
    const Slice* slice = workers.next(kPatience);
    if (slice != nullptr) {
      OCTET_RETURN_IF_ERROR(slice->status);
      count(*slice);
      OCTET_RETURN_IF_ERROR(append(*slice));
      workers.release();
    }
    progress.update(record_.rows);
  }
  if (record_.rows == plan_.rows) return Status::ok();
  return {StatusCode::kCancelled,
          fmt::format("interrupted by a signal ({})", ::strsignal(stop_signal()))};
}

Status BatchJob::finish() {
  Status status = run_rest();
  if (status.is_ok()) status = outputs_->commit(true);
  if (!status.is_ok()) return interrupted(status);
  if (journal_) journal_->remove();
  return Status::ok();
}

Status BatchJob::interrupted(const Status& status) {
  if (!journal_) return status;
  if (record_.rows == 0) {
    outputs_->discard();
    journal_->remove();
    return status;
  }
  Status kept = outputs_->check_in_place();
  if (kept.is_ok()) kept = journal_->check_in_place();
  if (!kept.is_ok()) {
    const std::string first = status.message() == kept.message() ? "" : status.message() + "; ";
    return {status.code(), fmt::format("{}{}; the {} of {} rows that were done are lost", first,
                                       kept.message(), record_.rows, plan_.rows)};
  }
  // What fails here loses nothing but the protection against a power failure.
  if (outputs_->sync().is_ok()) (void)journal_->add(record_, true).is_ok();
  const bool wrong_input = status.code() == StatusCode::kInvalidArgument;
  return {
      status.code(),
      fmt::format(
          "{}; {} of {} rows are done and kept in {}: {}go on with the same command "
          "and --resume",
          status.message(), record_.rows, plan_.rows, outputs_->describe_parts(),
          wrong_input ? fmt::format("correct the inputs from row {} on and ", record_.rows) : "")};
}

}  // namespace octet::app
