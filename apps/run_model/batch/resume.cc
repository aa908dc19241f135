// Facts of batch runs, and their comparison.
#include "apps/run_model/batch/resume.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/run_model/npy/checksum.h"
#include "apps/run_model/output/output_path.h"
#include "runtime/api/json_text.h"
#include "runtime/core/text.h"

namespace octet::app {
namespace {

constexpr int64_t kPartBytes = 1 << 22;

constexpr int64_t kWidestElement = 8;  // bytes

// Whatever bytes a path is made of, they can be read again from the journal.
std::string path_fact(const std::string& path) {
  return path.empty() ? "none" : printable(real_path(path));
}

Result<uint32_t> rows_crc(const NpyReader& input, int64_t rows) {
  const auto row_bytes = static_cast<int64_t>(input.row_bytes());
  const int64_t step = std::max<int64_t>(kPartBytes / std::max<int64_t>(row_bytes, 1), 1);
  std::vector<std::byte> part(static_cast<size_t>(std::min(step, rows) * row_bytes));
  uint32_t crc = 0;
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t count = std::min(step, rows - first);
    const std::span bytes = std::span(part).first(static_cast<size_t>(count * row_bytes));
    OCTET_RETURN_IF_ERROR(input.read_rows(first, count, bytes));
    crc = crc32_of(bytes, crc);
  }
  return crc;
}

}  // namespace

Result<JournalFacts> journal_facts(const LoadedModel& model, const Options& options,
                                   const std::vector<NpyReader>& inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, File::open(options.model));
  OCTET_ASSIGN_OR_RETURN(const uint32_t crc, crc32_of(FileRange{file, 0, file->size()}));
  JournalFacts facts = {
      {"run_model", octet_version()},
      {"the model file", fmt::format("{} bytes with checksum {:08x}", file->size(), crc)},
      {"--quantize", options.quantize},
      {"--layer", json_text(options.layer_rules)},
      {"--smoothing", options.smoothing ? "norm" : "none"},
      {"--requantize", options.requantize ? "yes" : "no"},
      {"--output-dir", path_fact(options.output_dir)},
      {"--output", path_fact(options.output)},
      {"--output-npz", path_fact(options.output_npz)}};
  for (size_t i = 0; i < inputs.size(); ++i)
    facts.emplace_back(fmt::format("input \"{}\"", model.inputs()[i].name), inputs[i].describe());
  return facts;
}

Status check_records(const Journal& journal, const LoadedModel& model, int64_t rows) {
  const std::vector<ArrayLayout>& layouts = journal.header().outputs;
  const JournalRecord& record = journal.record();
  bool sound = record.rows <= rows && record.inputs.size() == model.inputs().size() &&
               record.outputs.size() == layouts.size() && layouts.size() == model.outputs().size();
  for (size_t i = 0; i < layouts.size() && sound; ++i) {
    sound = layouts[i].name == model.outputs()[i].name && !layouts[i].dims.empty() &&
            layouts[i].dims.size() <= OCTET_MAX_RANK && layouts[i].dims[0] == rows;
    int64_t elements = kWidestElement;
    for (const int64_t dim : layouts[i].dims)
      sound = sound && !__builtin_mul_overflow(elements, std::max<int64_t>(dim, 1), &elements);
  }
  return sound ? Status::ok() : journal.damaged();
}

Status check_facts(const Journal& journal, const JournalFacts& facts) {
  const JournalFacts& earlier = journal.header().facts;
  for (size_t i = 0; i < std::max(facts.size(), earlier.size()); ++i) {
    if (i < facts.size() && i < earlier.size() && facts[i] == earlier[i]) continue;
    const auto& what = i < earlier.size() ? earlier[i].first : facts[i].first;
    const auto text = [&](const JournalFacts& side) {
      return i < side.size() && side[i].first == what ? side[i].second : std::string("missing");
    };
    return invalid_argument(fmt::format(
        "--resume: {} is {} now but was {} in the interrupted run; give what it was, or remove {} "
        "to start over",
        what, text(facts), text(earlier), journal.path()));
  }
  return Status::ok();
}

Status check_input_rows(const Journal& journal, const LoadedModel& model,
                        const std::vector<NpyReader>& inputs) {
  const JournalRecord& record = journal.record();
  for (size_t i = 0; i < inputs.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const uint32_t crc, rows_crc(inputs[i], record.rows));
    if (i >= record.inputs.size() || crc != record.inputs[i])
      return invalid_argument(fmt::format(
          "--resume: the first {} rows of input \"{}\" are not those of the interrupted run; give "
          "the same file (rows behind them may differ), or remove {} to start over",
          record.rows, model.inputs()[i].name, journal.path()));
  }
  return Status::ok();
}

}  // namespace octet::app
