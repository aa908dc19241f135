// The header of NumPy's .npy files
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3.
#pragma once

#include <octet/octet.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/file_range.h"
#include "runtime/core/status.h"

namespace octet::app {

struct NpyHeader {
  octet_dtype dtype = OCTET_FLOAT32;
  std::vector<int64_t> dims;
  uint64_t size = 0;           // bytes before the data
  bool big_endian = false;     // of the numbers in the file
  bool fortran_order = false;  // axis 0 runs fastest; only for two axes or more
};

// Reads the header at the start of `range`; `where` names it in messages. The data that the shape
// needs lie within the range. Errors: kIoError; kInvalidArgument for what is no .npy file, types
// that tensors don't have, data cut short.
Result<NpyHeader> parse_npy_header(const FileRange& range, const std::string& where);

// The type that a tensor has in a file: its own, but of those that NumPy lacks float32 for floats,
// int8 and uint8 for integers.
octet_dtype npy_dtype(octet_dtype dtype);

// The header of a C-ordered array (version 1, a multiple of 64 bytes). Precondition: `dtype` is one
// that npy_dtype() gives.
std::string npy_header_text(octet_dtype dtype, std::span<const int64_t> dims);

}  // namespace octet::app
