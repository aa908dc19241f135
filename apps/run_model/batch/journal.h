// Journal: what an interrupted batch run leaves beside its outputs, so that --resume can go on.
//
// A text file (journal_text.h). It appears at its path whole and locked, and stays locked while its
// owner runs.
#pragma once

#include <string>
#include <vector>

#include "apps/run_model/batch/journal_text.h"

namespace octet::app {

class Journal {
 public:
  // Makes the journal known to `targets`, the outputs' files as real_path() names them, and fills
  // header.files. Errors: kInvalidArgument when there is one already (an interrupted run's, or a
  // running one's), kIoError.
  static Result<Journal> create(const std::string& path, JournalHeader header,
                                const JournalRecord& start,
                                const std::vector<std::string>& targets);
  // The journal of an interrupted run. Errors: kNotFound; kInvalidArgument when it is damaged, or
  // its owner still runs.
  static Result<Journal> open(const std::string& path);
  // For an opened one, what create() does with `targets`.
  void make_known(std::vector<std::string> targets);

  Journal(Journal&& other) noexcept { *this = std::move(other); }
  Journal& operator=(Journal&& other) noexcept;
  ~Journal();

  const std::string& path() const { return path_; }
  const JournalHeader& header() const { return text_.header; }
  // The last that counts.
  const JournalRecord& record() const { return text_.record; }
  // Of an opened journal that does not say what its owner writes, though it can be read.
  Status damaged() const;
  // `durable`: the outputs were synced; returns when the record is on the disk too.
  Status add(const JournalRecord& record, bool durable);
  // Error: kIoError when it was removed, or moved away from its path.
  Status check_in_place() const;
  void remove();

 private:
  Journal() = default;
  Status fill(const std::string& text);
  // Error kNotFound: there is another at the path.
  Status write_new(const std::string& text);
  Status put(size_t slot, const JournalRecord& record);

  std::string path_;
  int descriptor_ = -1;
  JournalText text_;
  std::vector<std::string> targets_;  // to which it was made known
};

// What the file open as `descriptor` says; `path` names it in messages. Errors: kInvalidArgument
// with what is wrong and what to do, kIoError.
Result<JournalText> read_journal(int descriptor, const std::string& path);

// The error that is given to whoever finds `path` locked.
Status running_elsewhere(const std::string& path);

}  // namespace octet::app
