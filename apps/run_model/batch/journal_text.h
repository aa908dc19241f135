// What a journal says, as text: a line of JSON about the run (JournalHeader), then four lines of
// fixed width, {"rows", "boot", "inputs", "outputs"}, overwritten in turn; each line ends with its
// checksum. Two of them say what was written, which a killed process leaves behind for as long as
// the machine runs; two say what is on the disk for good, which alone counts after a reboot. A line
// that was torn fails its checksum, and the one before it is still there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/run_model/array.h"
#include "runtime/core/status.h"

namespace octet::app {

// Everything that the outputs depend on, and where they go: (what it is, its text), compared
// entry by entry. Values are words for the user: a differing one is shown.
using JournalFacts = std::vector<std::pair<std::string, std::string>>;

struct JournalHeader {
  JournalFacts facts;
  std::vector<ArrayLayout> outputs;  // as they will be when complete
  // Their files as journal_file_name() names them.
  std::vector<std::string> files;
};

struct JournalRecord {
  int64_t rows = 0;
  std::vector<uint32_t> inputs;   // checksum of each input's rows so far
  std::vector<uint32_t> outputs;  // OutputSet::crcs()
};

// Lines of two kinds, and of each kind two.
inline constexpr size_t kJournalSlots = 4, kFirstDurableSlot = 2;

struct JournalText {
  JournalHeader header;
  JournalRecord record;                // the last that counts
  size_t turn = 0, durable_turn = 0;   // of each kind, the line to be overwritten next
  size_t slots_at = 0, slot_size = 0;  // bytes
};

// A whole new journal; `text` gets what is written.
JournalText new_journal(JournalHeader header, const JournalRecord& start, std::string& text);
// Error (kInvalidArgument): "is damaged: ..".
Result<JournalText> parse_journal(std::string_view text);
std::string slot_text(const JournalRecord& record, size_t slot_size);

}  // namespace octet::app
