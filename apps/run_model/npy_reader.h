// NpyReader: rows of an array in a .npy file, read when they are asked for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/run_model/array.h"
#include "apps/run_model/npy_header.h"

namespace octet::app {

// Keeps the file open. Threading: any thread, any number of calls at once.
class NpyReader {
 public:
  // A .npy file within `range`; `where` names it in messages. Errors: parse_npy_header's.
  static Result<NpyReader> open(const FileRange& range, const std::string& where);

  octet_dtype dtype() const { return header_.dtype; }
  const std::vector<int64_t>& dims() const { return header_.dims; }
  // Bytes of one index of axis 0. Precondition: rank >= 1.
  size_t row_bytes() const;
  std::string describe() const;  // "float32[2x3]"

  // Rows [first, first + count) of axis 0 to `destination`, which has count * row_bytes() bytes.
  // Precondition: rank >= 1 and the rows exist. Error: kIoError.
  Status read_rows(int64_t first, int64_t count, std::span<std::byte> destination) const;
  Result<Array> read_rows(int64_t first, int64_t count) const;
  Result<Array> read_all() const;

 private:
  NpyReader(const FileRange& range, NpyHeader header) : range_(range), header_(std::move(header)) {}

  FileRange range_;
  NpyHeader header_;
};

}  // namespace octet::app
