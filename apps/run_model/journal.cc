// The journal's file.
#include "apps/run_model/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/run_model/checksum.h"
#include "runtime/core/file_range.h"

namespace octet::app {
namespace {

using nlohmann::json;

constexpr size_t kSlots = 4, kFirstDurable = 2;
constexpr size_t kChecksumSize = 10;  // " 89abcdef\n"
constexpr size_t kLargestFile = 1 << 24;
constexpr char kStart[] = "{\"facts\":";  // JSON objects are written with sorted names

// Changes with every start of the machine.
const std::string& boot_id() {
  static const std::string id = [] {
    std::string text;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
    return text;
  }();
  return id;
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

json record_json(const JournalRecord& record) {
  return {{"rows", record.rows},
          {"boot", boot_id()},
          {"inputs", record.inputs},
          {"outputs", record.outputs}};
}

// Room for the largest numbers that a record may come to hold.
size_t slot_size_for(const JournalRecord& record) {
  return dump(record_json(record)).size() + 20 +
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

std::string slot_text(const JournalRecord& record, size_t size) {
  std::string text = dump(record_json(record));
  text.resize(size - kChecksumSize, ' ');
  return checked_line(text);
}

// Nothing where the line is torn, or says what counts only until a reboot that has come since.
std::optional<JournalRecord> parse_slot(std::string_view line, bool durable) {
  const auto text = check_line(line);
  if (!text) return std::nullopt;
  const json parsed = json::parse(*text, nullptr, false);
  if (!durable && parsed.at("boot").get<std::string>() != boot_id()) return std::nullopt;
  return JournalRecord{parsed.at("rows").get<int64_t>(),
                       parsed.at("inputs").get<std::vector<uint32_t>>(),
                       parsed.at("outputs").get<std::vector<uint32_t>>()};
}

Status failed(const std::string& path) {
  return io_error(path + ": cannot be written: " + std::strerror(errno));
}

Status write_at(int descriptor, const std::string& path, size_t at, const std::string& text) {
  const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), static_cast<off_t>(at));
  if (written == static_cast<ssize_t>(text.size())) return Status::ok();
  if (written >= 0) errno = ENOSPC;
  return failed(path);
}

}  // namespace

Journal& Journal::operator=(Journal&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(header_, other.header_);
  std::swap(record_, other.record_);
  std::swap(slots_at_, other.slots_at_);
  std::swap(slot_size_, other.slot_size_);
  std::swap(turn_, other.turn_);
  std::swap(durable_turn_, other.durable_turn_);
  return *this;
}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status Journal::lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0)
    return is_at_path() ? Status::ok() : owned_by_other();
  if (errno != EWOULDBLOCK) return Status::ok();  // a file system without locks
  return owned_by_other();
}

// Between open() and the lock another process may have removed the file and made its own.
bool Journal::is_at_path() const {
  struct stat opened, at_path;
  return ::fstat(descriptor_, &opened) == 0 && ::stat(path_.c_str(), &at_path) == 0 &&
         opened.st_dev == at_path.st_dev && opened.st_ino == at_path.st_ino;
}

Status Journal::owned_by_other() const {
  return invalid_argument(path_ + ": another run_model is writing these outputs; wait for it");
}

Result<Journal> Journal::create(const std::string& path, const JournalHeader& header,
                                const JournalRecord& start) {
  Journal journal;
  journal.path_ = path;
  journal.header_ = header;
  journal.record_ = start;
  journal.descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (journal.descriptor_ < 0 && errno == EEXIST)
    return invalid_argument(
        path +
        ": there is an interrupted run's journal already; go on with --resume, or remove "
        "it to start over");
  if (journal.descriptor_ < 0) return failed(path);
  OCTET_RETURN_IF_ERROR(journal.lock());

  journal.slot_size_ = slot_size_for(start);
  auto facts = json::array();
  for (const auto& [what, text] : header.facts) facts.push_back({what, text});
  const std::string first =
      checked_line(dump({{"run_model", 1},
                         {"slot_size", journal.slot_size_},
                         {"facts", facts},
                         {"outputs", json::parse(header.outputs, nullptr, false)}}));
  journal.slots_at_ = first.size();
  std::string text = first;
  for (size_t slot = 0; slot < kSlots; ++slot) text += slot_text(start, journal.slot_size_);
  Status status = write_at(journal.descriptor_, path, 0, text);
  if (status.is_ok()) return journal;
  journal.remove();
  return status;
}

Result<Journal> Journal::open(const std::string& path) {
  Journal journal;
  journal.path_ = path;
  journal.descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (journal.descriptor_ < 0 && errno == ENOENT) return not_found(path + ": no such file");
  if (journal.descriptor_ < 0) return failed(path);
  OCTET_RETURN_IF_ERROR(journal.lock());

  const Status damaged = invalid_argument(path + ": is damaged; remove it to start over");
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, File::open(path));
  if (file->size() > kLargestFile) return damaged;
  std::string text(file->size(), '\0');
  OCTET_RETURN_IF_ERROR(file->read(0, std::as_writable_bytes(std::span(text))));
  const size_t line = text.find('\n');
  const auto first = line == std::string::npos
                         ? std::nullopt
                         : check_line(std::string_view(text).substr(0, line + 1));
  const json header = first ? json::parse(*first, nullptr, false) : json();
  const size_t slot_size = first ? header.at("slot_size").get<size_t>() : 0;
  // Cut short: outputs are only made once the journal is whole.
  const bool started = std::string_view(kStart).starts_with(text.substr(0, sizeof kStart - 1));
  if (started &&
      (line == std::string::npos || (first && text.size() < line + 1 + kSlots * slot_size))) {
    journal.remove();
    return not_found(path + ": nothing was done");
  }
  if (!first || text.size() < line + 1 + kSlots * slot_size) return damaged;

  journal.slots_at_ = line + 1;
  journal.slot_size_ = slot_size;
  for (const json& fact : header.at("facts"))
    journal.header_.facts.emplace_back(fact.at(0).get<std::string>(),
                                       fact.at(1).get<std::string>());
  journal.header_.outputs = header.at("outputs").dump();
  bool found = false;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    auto record =
        parse_slot(std::string_view(text).substr(journal.slots_at_ + slot * slot_size, slot_size),
                   slot >= kFirstDurable);
    if (!record || (found && record->rows < journal.record_.rows)) continue;
    found = true;
    journal.record_ = std::move(*record);
    // The next record goes to the other line.
    if (slot < kFirstDurable)
      journal.turn_ = 1 - slot;
    else
      journal.durable_turn_ = 1 - (slot - kFirstDurable);
  }
  if (!found) return damaged;
  return journal;
}

Status Journal::put(size_t slot, const JournalRecord& record) {
  return write_at(descriptor_, path_, slots_at_ + slot * slot_size_, slot_text(record, slot_size_));
}

Status Journal::add(const JournalRecord& record, bool durable) {
  record_ = record;
  OCTET_RETURN_IF_ERROR(put(turn_, record));
  turn_ = 1 - turn_;
  if (!durable) return Status::ok();
  OCTET_RETURN_IF_ERROR(put(kFirstDurable + durable_turn_, record));
  durable_turn_ = 1 - durable_turn_;
  return ::fdatasync(descriptor_) == 0 ? Status::ok() : failed(path_);
}

void Journal::remove() { ::unlink(path_.c_str()); }

}  // namespace octet::app
