// Journal: what an interrupted batch run leaves beside its outputs, so that --resume can go on.
//
// A text file: one line of JSON that says what is computed (JournalHeader), then four lines of
// fixed width, {"rows", "boot", "inputs", "outputs"}, overwritten in turn; each line ends with its
// checksum. Two of them say what was written, which a killed process leaves behind for as long as
// the machine runs; two say what is on the disk for good, which alone counts after a reboot. A line
// that was torn fails its checksum, and the one before it is still there.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/status.h"

namespace octet::app {

// Everything that the outputs depend on, and where they go: (what it is, its text), compared
// entry by entry. Values are words for the user: a differing one is shown.
using JournalFacts = std::vector<std::pair<std::string, std::string>>;

struct JournalHeader {
  JournalFacts facts;
  // The outputs as a whole, as JSON that the owner of the journal writes and reads.
  std::string outputs;
};

struct JournalRecord {
  int64_t rows = 0;
  std::vector<uint32_t> inputs;   // checksum of each input's rows so far
  std::vector<uint32_t> outputs;  // OutputSet::crcs()
};

// While it is open, the file is locked: a second process that wants it gets an error.
class Journal {
 public:
  // Errors: kInvalidArgument when there is one already (an interrupted run's, or a running one's),
  // kIoError.
  static Result<Journal> create(const std::string& path, const JournalHeader& header,
                                const JournalRecord& start);
  // The journal of an interrupted run. Errors: kNotFound; kInvalidArgument when it is damaged, or
  // its owner still runs. A journal whose very creation was interrupted is removed and not found.
  static Result<Journal> open(const std::string& path);

  Journal(Journal&& other) noexcept { *this = std::move(other); }
  Journal& operator=(Journal&& other) noexcept;
  ~Journal();

  const std::string& path() const { return path_; }
  const JournalHeader& header() const { return header_; }
  // The last that counts.
  const JournalRecord& record() const { return record_; }
  // `durable`: the outputs were synced; returns when the record is on the disk too.
  Status add(const JournalRecord& record, bool durable);
  void remove();

 private:
  Journal() = default;
  Status lock();
  bool is_at_path() const;
  Status owned_by_other() const;
  Status put(size_t slot, const JournalRecord& record);

  std::string path_;
  int descriptor_ = -1;
  JournalHeader header_;
  JournalRecord record_;
  size_t slots_at_ = 0, slot_size_ = 0;
  size_t turn_ = 0, durable_turn_ = 0;
};

}  // namespace octet::app
