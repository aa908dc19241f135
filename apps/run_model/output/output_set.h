// OutputSet: the arrays of all outputs, growing row by row in the files that the options name.
#pragma once

#include <octet/octet.h>

#include <span>
#include <string>
#include <vector>

#include "apps/run_model/array.h"
#include "apps/run_model/npy/zip_layout.h"
#include "apps/run_model/options.h"
#include "apps/run_model/output/output_file.h"

namespace octet::app {

// Files: options.output_dir/NAME.npy per output, the first output alone in options.output, all as
// members NAME.npy of options.output_npz; what is empty is not written. All sizes are known before
// the first row, so the files have their final form at once and only lack bytes. Files are the same
// whatever the size of the appended parts.
class OutputSet {
 public:
  // Claims the files, whose contents stay as they are until start(). `own_journal` may be empty.
  // Errors: kInvalidArgument for options that ask for one file twice, OutputFile::claim's.
  static Result<OutputSet> claim(const Options& options, std::vector<ArrayLayout> layouts,
                                 const std::string& own_journal);
  // Makes the files new ones without rows. `keep_parts`: they stay where the process ends before
  // commit().
  Status start(bool keep_parts);
  // The parts of an earlier process with `rows` rows done, whose checksums are `crcs`; what lies
  // behind them is cut off. Reads the rows once. Errors: kIoError; kInvalidArgument for files that
  // are not what they were.
  static Result<OutputSet> reopen(const Options& options, std::vector<ArrayLayout> layouts,
                                  int64_t rows, std::span<const uint32_t> crcs);

  // Appends to every array: whole arrays, or rows of axis 0. Precondition: `parts` have the
  // layouts' dtypes and dims, but for axis 0.
  Status append(std::span<const octet_tensor> parts);
  // Whether the last rows of every array in the files are these, bit for bit. Precondition: as for
  // append(). Error: kIoError.
  Result<bool> ends_with(std::span<const octet_tensor> parts) const;
  // Per output, of its .npy header and the rows so far.
  const std::vector<uint32_t>& crcs() const { return crcs_; }
  const std::vector<ArrayLayout>& layouts() const { return layouts_; }
  // The files, for messages.
  std::string describe_parts() const;
  // real_path() of each regular file.
  std::vector<std::string> targets() const;

  Status sync();
  // Error: a file, or its folder, is no longer where it was made.
  Status check_in_place() const;
  // Completes the files and gives them their names. `durable`: they survive a power failure then.
  Status commit(bool durable);
  void discard();

 private:
  struct Sink {  // one output in one file
    size_t output, file;
    uint64_t at;  // of its .npy header
  };
  explicit OutputSet(std::vector<ArrayLayout> layouts);
  // Decides which files there are, and opens them with `open`(path).
  template <class Open>
  Status open_files(const Options& options, Open open);
  Status finish_archive();

  std::vector<ArrayLayout> layouts_;
  std::vector<std::string> headers_;  // of .npy
  std::vector<uint64_t> sizes_;       // written of each array, its header included
  std::vector<uint32_t> crcs_;
  std::vector<OutputFile> files_;
  std::vector<Sink> sinks_;
  std::vector<ZipEntry> archive_;  // of the last file, where there is one
  uint64_t directory_at_ = 0;
};

}  // namespace octet::app
