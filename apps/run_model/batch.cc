// Batch inference over slices of axis 0.
#include "apps/run_model/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/run_model/inputs.h"
#include "apps/run_model/memory.h"
#include "apps/run_model/outputs.h"

namespace octet::app {
namespace {

// The extent of axis 0 that all inputs share.
Result<int64_t> row_count(const LoadedModel& model, const std::vector<Array>& inputs) {
  int64_t rows = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = model.inputs()[i].name;
    if (inputs[i].dims.empty())
      return invalid_argument(fmt::format(
          "--batch-size: input \"{}\" is a scalar and cannot be split; leave --batch-size out",
          name));
    if (rows >= 0 && inputs[i].dims[0] != rows)
      return invalid_argument(
          fmt::format("--batch-size: input \"{}\" has {} rows but input \"{}\" has {}; all are "
                      "split along axis 0 together",
                      name, inputs[i].dims[0], model.inputs()[0].name, rows));
    rows = inputs[i].dims[0];
  }
  return std::max<int64_t>(rows, 0);
}

// The outputs of all runs, joined along axis 0.
class Joined {
 public:
  explicit Joined(const LoadedModel& model) : model_(model), parts_(model.outputs().size()) {}

  Status add(const std::vector<octet_tensor>& outputs) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      const octet_tensor& output = outputs[i];
      std::vector<Array>& parts = parts_[i];
      const bool fits = output.rank > 0 &&
                        (parts.empty() || std::equal(parts[0].dims.begin() + 1, parts[0].dims.end(),
                                                     output.dims + 1, output.dims + output.rank));
      if (!fits)
        return invalid_argument(
            fmt::format("--batch-size: output \"{}\" is {} in one run{}, which cannot be joined "
                        "along axis 0; leave "
                        "--batch-size out",
                        model_.outputs()[i].name, describe(output),
                        parts.empty() ? "" : " and " + parts[0].describe() + " in another"));
      parts.push_back(Array::copy_of(output));
    }
    return Status::ok();
  }

  std::vector<Array> join() const {
    std::vector<Array> joined;
    for (const std::vector<Array>& parts : parts_) {
      std::vector<int64_t> dims = parts[0].dims;
      for (size_t i = 1; i < parts.size(); ++i) dims[0] += parts[i].dims[0];
      Array whole(parts[0].dtype, std::move(dims));
      std::byte* to = whole.data.get();
      for (const Array& part : parts) to = std::copy_n(part.data.get(), part.byte_count(), to);
      joined.push_back(std::move(whole));
    }
    return joined;
  }

 private:
  const LoadedModel& model_;
  std::vector<std::vector<Array>> parts_;
};

void print_summary(const LoadedModel& model, const Options& options, int64_t rows,
                   const std::vector<double>& times, double loaded_mb) {
  double inference = 0;
  for (double time : times) inference += time;
  if (!options.json) return;
  const nlohmann::json summary = {{"runs", times.size()},
                                  {"rows", rows},
                                  {"inference_ms", inference},
                                  {"load_ms", model.load_ms()},
                                  {"first_result_ms", model.load_ms() + times[0]},
                                  {"loaded_mb", loaded_mb},
                                  {"rss_mb", process_memory().peak_mb},
                                  {"threads", model.threads()}};
  fmt::print("{}\n", summary.dump());
}

}  // namespace

Status run_batches(const LoadedModel& model, const Options& options) {
  const double loaded_mb = process_memory().resident_mb;
  OCTET_ASSIGN_OR_RETURN(const std::vector<Array> inputs, read_inputs(model, options));
  int64_t rows = inputs.empty() || inputs[0].dims.empty() ? 1 : inputs[0].dims[0];
  if (options.batch_size > 0) {
    OCTET_ASSIGN_OR_RETURN(rows, row_count(model, inputs));
  }
  const int64_t step = options.batch_size > 0 ? options.batch_size : std::max<int64_t>(rows, 1);

  OCTET_ASSIGN_OR_RETURN(Runner runner, Runner::create(model));
  std::vector<double> times;
  const auto timed_run = [&](const std::vector<Array>& slices) {
    const double start = now_ms();
    const Status status = runner.run(slices);
    times.push_back(now_ms() - start);
    return status;
  };
  if (rows <= step) {
    OCTET_RETURN_IF_ERROR(timed_run(inputs));
    OCTET_RETURN_IF_ERROR(write_outputs(model, options, runner.outputs()));
    print_summary(model, options, rows, times, loaded_mb);
    return Status::ok();
  }

  Joined joined(model);
  std::vector<Array> slices(inputs.size());
  for (int64_t first = 0; first < rows; first += step) {
    for (size_t i = 0; i < inputs.size(); ++i)
      slices[i] = slice_rows(inputs[i], first, std::min(step, rows - first));
    OCTET_RETURN_IF_ERROR(timed_run(slices));
    OCTET_RETURN_IF_ERROR(joined.add(runner.outputs()));
  }
  const std::vector<Array> whole = joined.join();
  std::vector<octet_tensor> outputs;
  for (const Array& array : whole) outputs.push_back(array.tensor());
  OCTET_RETURN_IF_ERROR(write_outputs(model, options, outputs));
  print_summary(model, options, rows, times, loaded_mb);
  return Status::ok();
}

}  // namespace octet::app
