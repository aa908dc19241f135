// What an element type is called by the C API, by DLPack and by Python's buffers.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <octet/octet.h>

#include <optional>

namespace octet::python {

struct DTypeRow {
  octet_dtype dtype;
  nanobind::dlpack::dtype_code code;
  uint8_t bits;
  bool in_numpy;  // else NumPy has it through ml_dtypes, and its buffers have no format for it
  // Several elements to a byte here, and one in NumPy.
  bool is_packed() const { return bits < 8; }
};

// nullptr: Python has no arrays of these elements.
const DTypeRow* find_dtype(octet_dtype dtype);
const DTypeRow* find_dtype(const nanobind::dlpack::dtype& dtype);
// By the name that NumPy and ml_dtypes have for it.
const DTypeRow* find_dtype(const char* name);
// By the format and element size of a buffer; nothing for other byte orders and for structs.
const DTypeRow* find_dtype(const char* format, Py_ssize_t size);

nanobind::dlpack::dtype to_dlpack(const DTypeRow& row);
// The unsigned integers of the same size, which carry elements that NumPy does not know; bytes
// where they are packed.
nanobind::dlpack::dtype carrier_of(const DTypeRow& row);
// The tensor as its carrier: that of packed elements is one row of bytes. Row-major.
octet_tensor carried(const octet_tensor& tensor, const DTypeRow& row);

}  // namespace octet::python
