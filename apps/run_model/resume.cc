// Facts of batch runs, and their comparison.
#include "apps/run_model/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/run_model/checksum.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kPartBytes = 1 << 22;

std::string absolute(const std::string& path) {
  std::error_code error;
  return path.empty() ? "none" : fs::absolute(path, error).lexically_normal().string();
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

std::string journal_path(const Options& options) {
  for (const std::string& file : {options.output, options.output_npz})
    if (OutputFile::is_special(file)) return {};
  if (!options.output_dir.empty())
    return (fs::path(options.output_dir) / "run_model.journal").string();
  return (options.output_npz.empty() ? options.output : options.output_npz) + ".journal";
}

Result<JournalFacts> journal_facts(const LoadedModel& model, const Options& options,
                                   const std::vector<NpyReader>& inputs) {
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, File::open(options.model));
  OCTET_ASSIGN_OR_RETURN(const uint32_t crc, crc32_of(FileRange{file, 0, file->size()}));
  JournalFacts facts = {
      {"run_model", octet_version()},
      {"the model file", fmt::format("{} bytes with checksum {:08x}", file->size(), crc)},
      {"--quantize", options.w8a8 ? "w8a8" : "none"},
      {"--smoothing", options.smoothing ? "norm" : "none"},
      {"--output-dir", absolute(options.output_dir)},
      {"--output", absolute(options.output)},
      {"--output-npz", absolute(options.output_npz)}};
  for (size_t i = 0; i < inputs.size(); ++i)
    facts.emplace_back(fmt::format("input \"{}\"", model.inputs()[i].name), inputs[i].describe());
  return facts;
}

std::string layouts_text(const std::vector<ArrayLayout>& layouts) {
  auto text = json::array();
  for (const ArrayLayout& layout : layouts)
    text.push_back({{"name", layout.name}, {"dtype", layout.dtype}, {"dims", layout.dims}});
  return text.dump(-1, ' ', true, json::error_handler_t::replace);
}

Result<std::vector<ArrayLayout>> parse_layouts(const Journal& journal) {
  std::vector<ArrayLayout> layouts;
  const json parsed = json::parse(journal.header().outputs, nullptr, false);
  for (const json& layout : parsed)
    layouts.push_back({layout.at("name").get<std::string>(), layout.at("dtype").get<octet_dtype>(),
                       layout.at("dims").get<std::vector<int64_t>>()});
  const bool sound = layouts.size() == journal.record().outputs.size() &&
                     std::all_of(layouts.begin(), layouts.end(), [](const ArrayLayout& layout) {
                       return !layout.dims.empty() && layout.dims[0] > 0;
                     });
  if (!sound) return invalid_argument(journal.path() + ": is damaged; remove it to start over");
  return layouts;
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
