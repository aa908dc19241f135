// Cutting of inputs into runs.
#include "apps/run_model/batch/batch_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>

namespace octet::app {
namespace {

bool has_fixed_rows(const octet_value_info& info) {
  return info.rank > 0 && info.symbols[0] == nullptr;
}

// One symbol for axis 0 of everything: rows go in and come out.
bool shares_symbol(const LoadedModel& model) {
  std::string_view symbol;
  for (const auto* infos : {&model.inputs(), &model.outputs()})
    for (const octet_value_info& info : *infos) {
      if (info.rank == 0 || info.symbols[0] == nullptr) return false;
      if (symbol.empty()) symbol = info.symbols[0];
      if (symbol != info.symbols[0]) return false;
    }
  return !symbol.empty();
}

int64_t default_rows(const std::vector<NpyReader>& inputs) {
  size_t elements = 0;  // of a row
  for (const NpyReader& input : inputs) elements += input.row_bytes() / element_size(input.dtype());
  const auto fit = static_cast<uint64_t>(kSliceElements) / std::max<size_t>(elements, 1);
  return std::clamp<int64_t>(static_cast<int64_t>(std::bit_floor(fit)), 1, kMostRows);
}

Status check_fixed_rows(const LoadedModel& model, const BatchPlan& plan) {
  for (const octet_value_info& input : model.inputs()) {
    if (!has_fixed_rows(input) || !plan.splits()) continue;
    if (input.dims[0] != plan.batch_size)
      return invalid_argument(
          fmt::format("--batch-size {}: the model's input \"{}\" is {}, which takes {} rows at a "
                      "time; give --batch-size {}",
                      plan.batch_size, input.name, describe(input), input.dims[0], input.dims[0]));
    if (plan.rows % plan.batch_size != 0)
      return invalid_argument(fmt::format(
          "--batch-size {}: there are {} rows, but the model's input \"{}\" is {} and cannot take "
          "the last {}; fill the inputs up to a multiple of {} rows",
          plan.batch_size, plan.rows, input.name, describe(input), plan.rows % plan.batch_size,
          plan.batch_size));
  }
  return Status::ok();
}

Status check_outputs(const LoadedModel& model, const BatchPlan& plan) {
  const bool fixed = std::all_of(model.inputs().begin(), model.inputs().end(), has_fixed_rows);
  for (const octet_value_info& output : model.outputs())
    if (plan.splits() && (output.rank == 0 || (has_fixed_rows(output) && !fixed)))
      return invalid_argument(fmt::format(
          "--batch-size {}: output \"{}\" is {}, whose axis 0 is not the batch, so the outputs of "
          "several runs cannot be joined; leave --batch-size out to run all {} rows at once",
          plan.batch_size, output.name, describe(output), plan.rows));
  return Status::ok();
}

}  // namespace

Result<int64_t> shared_rows(const LoadedModel& model, const std::vector<NpyReader>& inputs) {
  int64_t rows = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const char* name = model.inputs()[i].name;
    if (inputs[i].dims().empty())
      return invalid_argument(fmt::format(
          "--batch-size: input \"{}\" is a scalar and cannot be split; leave --batch-size out",
          name));
    if (rows >= 0 && inputs[i].dims()[0] != rows)
      return invalid_argument(
          fmt::format("--batch-size: input \"{}\" has {} rows but input \"{}\" has {}; all are "
                      "split along axis 0 together",
                      name, inputs[i].dims()[0], model.inputs()[0].name, rows));
    rows = inputs[i].dims()[0];
  }
  return std::max<int64_t>(rows, 0);
}

Result<BatchPlan> make_batch_plan(const LoadedModel& model, const std::vector<NpyReader>& inputs,
                                  const Options& options) {
  const Result<int64_t> rows = shared_rows(model, inputs);
  if (options.batch_size > 0) {
    if (!rows.is_ok()) return rows.status();
    // Never more than there are rows: sums of both are formed that must not overflow.
    const int64_t most = std::max<int64_t>(rows.value(), 1);
    const BatchPlan plan{rows.value(), std::min(options.batch_size, most), true};
    OCTET_RETURN_IF_ERROR(check_fixed_rows(model, plan));
    OCTET_RETURN_IF_ERROR(check_outputs(model, plan));
    return plan;
  }
  if (!rows.is_ok() || inputs.empty()) {
    const bool counts = !inputs.empty() && !inputs[0].dims().empty();
    const int64_t first = counts ? inputs[0].dims()[0] : 1;
    return BatchPlan{first, std::max<int64_t>(first, 1), false};
  }
  BatchPlan plan{rows.value(), std::max<int64_t>(rows.value(), 1), false};
  const bool single = std::all_of(
      model.inputs().begin(), model.inputs().end(),
      [](const octet_value_info& input) { return has_fixed_rows(input) && input.dims[0] == 1; });
  const int64_t share = (plan.batch_size + options.workers - 1) / options.workers;
  if (shares_symbol(model)) plan.batch_size = std::min(share, default_rows(inputs));
  if (single && check_outputs(model, {plan.rows, 1, false}).is_ok()) plan.batch_size = 1;
  return plan;
}

}  // namespace octet::app
