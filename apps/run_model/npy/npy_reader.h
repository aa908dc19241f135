// NpyReader: rows of an array in a .npy file, read when they are asked for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/run_model/array.h"
#include "apps/run_model/npy/npy_header.h"

namespace octet::app {

// Keeps the file open. What it gives is row-major and of this machine's byte order, whatever the
// file has. Threading: any thread, any number of calls at once.
class NpyReader {
 public:
  // A .npy file within `range`; `where` names it in messages. Errors: parse_npy_header's.
  static Result<NpyReader> open(const FileRange& range, const std::string& where);

  // From now on int32 elements are given as int64, int64 ones as int32, int8 and uint8 ones as
  // those of 4 and 2 bits, where `dtype` is that; nothing for other types. Reading a value that
  // does not fit is an error (kInvalidArgument).
  void give_as(octet_dtype dtype);

  octet_dtype dtype() const { return given_; }
  const std::vector<int64_t>& dims() const { return header_.dims; }
  // Bytes of one index of axis 0. Precondition: rank >= 1.
  size_t row_bytes() const;
  std::string describe() const;  // "float32[2x3]"

  // Rows [first, first + count) of axis 0 to `destination`, which has count * row_bytes() bytes.
  // Precondition: rank >= 1 and the rows exist. Error: kIoError, give_as()'s.
  Status read_rows(int64_t first, int64_t count, std::span<std::byte> destination) const;
  Result<Array> read_rows(int64_t first, int64_t count) const;
  Result<Array> read_all() const;

 private:
  NpyReader(const FileRange& range, NpyHeader header, std::string where)
      : range_(range),
        header_(std::move(header)),
        given_(header_.dtype),
        where_(std::move(where)) {}
  size_t stored_size() const { return octet_dtype_size(header_.dtype); }
  int64_t row_elements() const;
  Status read_stored(int64_t first, int64_t count, std::span<std::byte> destination) const;
  Status gather_columns(int64_t first, int64_t count, std::span<std::byte> destination) const;

  FileRange range_;
  NpyHeader header_;
  octet_dtype given_;
  std::string where_;
};

}  // namespace octet::app
