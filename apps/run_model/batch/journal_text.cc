// Writing and reading of a journal's text.
#include "apps/run_model/batch/journal_text.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "apps/run_model/npy/checksum.h"
#include "runtime/api/json_text.h"

namespace octet::app {
namespace {

using nlohmann::json;

constexpr int kFormat = 2;
constexpr size_t kChecksumSize = 10;  // " 89abcdef\n"

// Changes with every start of the machine.
const std::string& boot_id() {
  static const std::string id = [] {
    std::string text;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
    return text;
  }();
  return id;
}

json record_json(const JournalRecord& record) {
  return {{"rows", record.rows},
          {"boot", boot_id()},
          {"inputs", record.inputs},
          {"outputs", record.outputs}};
}

// Room for the largest numbers that a record may come to hold.
size_t slot_size_for(const JournalRecord& record) {
  return json_text(record_json(record)).size() + 20 +
         10 * (record.inputs.size() + record.outputs.size()) + kChecksumSize;
}

std::string checked_line(const std::string& text) {
  return text + fmt::format(" {:08x}\n", crc32_of(std::as_bytes(std::span(text))));
}

// What stands before the checksum; nothing where that does not match.
std::optional<std::string_view> check_line(std::string_view line) {
  if (line.size() < kChecksumSize) return std::nullopt;
  const std::string_view text = line.substr(0, line.size() - kChecksumSize);
  if (line != checked_line(std::string(text))) return std::nullopt;
  return text;
}

Status damaged(const std::string& how) { return invalid_argument("is damaged: " + how); }

// An integer of [0, most]; beyond that, as for another type, it throws json::exception.
template <class T>
T number(const json& value, T most) {
  const bool fits =
      value.is_number_unsigned() && value.get<uint64_t>() <= static_cast<uint64_t>(most);
  return fits ? value.get<T>() : json().get<T>();
}

template <class T>
std::vector<T> numbers(const json& values, T most) {
  std::vector<T> result;
  for (const json& value : values.get_ref<const json::array_t&>())
    result.push_back(number<T>(value, most));
  return result;
}

// Nothing where the line is torn, or says what counts only until a reboot that has come since.
// Throws json::exception.
std::optional<JournalRecord> parse_slot(std::string_view line, bool durable) {
  const auto text = check_line(line);
  if (!text) return std::nullopt;
  const json parsed = json::parse(*text);
  if (!durable && parsed.at("boot").get<std::string>() != boot_id()) return std::nullopt;
  return JournalRecord{number<int64_t>(parsed.at("rows"), INT64_MAX),
                       numbers<uint32_t>(parsed.at("inputs"), UINT32_MAX),
                       numbers<uint32_t>(parsed.at("outputs"), UINT32_MAX)};
}

// Throws json::exception.
JournalHeader parse_header(const json& parsed) {
  JournalHeader header;
  for (const json& fact : parsed.at("facts"))
    header.facts.emplace_back(fact.at(0).get<std::string>(), fact.at(1).get<std::string>());
  header.files = parsed.at("files").get<std::vector<std::string>>();
  for (const json& output : parsed.at("outputs"))
    header.outputs.push_back({output.at("name").get<std::string>(),
                              number<octet_dtype>(output.at("dtype"), OCTET_FLOAT6_E3M2FN),
                              numbers<int64_t>(output.at("dims"), INT64_MAX)});
  return header;
}

// Throws json::exception.
Result<JournalText> parse(std::string_view text) {
  const size_t line = text.find('\n');
  if (text.empty()) return damaged("it is empty");
  const auto first =
      line == std::string::npos ? std::nullopt : check_line(text.substr(0, line + 1));
  if (!first) return damaged("its first line does not match its checksum");
  const json header = json::parse(*first);
  if (number<int>(header.at("run_model"), INT32_MAX) != kFormat)
    return invalid_argument("was written by another version of run_model");

  JournalText journal;
  journal.header = parse_header(header);
  journal.slots_at = line + 1;
  const size_t room = text.size() - journal.slots_at;
  journal.slot_size = number<size_t>(header.at("slot_size"), SIZE_MAX / kJournalSlots);
  if (journal.slot_size < kChecksumSize || room < kJournalSlots * journal.slot_size)
    return damaged("it was cut short");
  bool found = false;
  for (size_t slot = 0; slot < kJournalSlots; ++slot) {
    const bool durable = slot >= kFirstDurableSlot;
    auto record = parse_slot(
        text.substr(journal.slots_at + slot * journal.slot_size, journal.slot_size), durable);
    if (!record || (found && record->rows < journal.record.rows)) continue;
    found = true;
    journal.record = std::move(*record);
    if (durable)
      journal.durable_turn = 1 - (slot - kFirstDurableSlot);
    else
      journal.turn = 1 - slot;
  }
  if (!found) return damaged("no record matches its checksum");
  JournalRecord start{0, std::vector<uint32_t>(journal.record.inputs.size()),
                      std::vector<uint32_t>(journal.record.outputs.size())};
  if (journal.slot_size < slot_size_for(start)) return damaged("its records are too short");
  return journal;
}

}  // namespace

std::string slot_text(const JournalRecord& record, size_t slot_size) {
  std::string text = json_text(record_json(record));
  text.resize(slot_size - kChecksumSize, ' ');
  return checked_line(text);
}

JournalText new_journal(JournalHeader header, const JournalRecord& start, std::string& text) {
  JournalText journal;
  journal.record = start;
  journal.slot_size = slot_size_for(start);
  auto facts = json::array();
  for (const auto& [what, value] : header.facts) facts.push_back({what, value});
  auto outputs = json::array();
  for (const ArrayLayout& output : header.outputs)
    outputs.push_back({{"name", output.name}, {"dtype", output.dtype}, {"dims", output.dims}});
  text = checked_line(json_text({{"run_model", kFormat},
                                 {"slot_size", journal.slot_size},
                                 {"facts", facts},
                                 {"files", header.files},
                                 {"outputs", outputs}}));
  journal.slots_at = text.size();
  for (size_t slot = 0; slot < kJournalSlots; ++slot) text += slot_text(start, journal.slot_size);
  journal.header = std::move(header);
  return journal;
}

Result<JournalText> parse_journal(std::string_view text) {
  try {
    return parse(text);
  } catch (const json::exception&) {
    return damaged("its checksums are right, but it does not say what run_model writes");
  }
}

}  // namespace octet::app
