// The table of element types.
#include "apps/python/native/dtypes.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace octet::python {
namespace {

using Code = nanobind::dlpack::dtype_code;

constexpr std::array kRows = {
    DTypeRow{OCTET_FLOAT32, Code::Float, 32, true},
    DTypeRow{OCTET_INT64, Code::Int, 64, true},
    DTypeRow{OCTET_INT8, Code::Int, 8, true},
    DTypeRow{OCTET_UINT8, Code::UInt, 8, true},
    DTypeRow{OCTET_INT32, Code::Int, 32, true},
    DTypeRow{OCTET_BOOL, Code::Bool, 8, true},
    DTypeRow{OCTET_FLOAT64, Code::Float, 64, true},
    DTypeRow{OCTET_FLOAT16, Code::Float, 16, true},
    DTypeRow{OCTET_BFLOAT16, Code::Bfloat, 16, false},
    DTypeRow{OCTET_INT16, Code::Int, 16, true},
    DTypeRow{OCTET_UINT16, Code::UInt, 16, true},
    DTypeRow{OCTET_UINT32, Code::UInt, 32, true},
    DTypeRow{OCTET_UINT64, Code::UInt, 64, true},
    DTypeRow{OCTET_FLOAT8_E4M3FN, Code::Float8_E4M3FN, 8, false},
    DTypeRow{OCTET_FLOAT8_E4M3FNUZ, Code::Float8_E4M3FNUZ, 8, false},
    DTypeRow{OCTET_FLOAT8_E5M2, Code::Float8_E5M2, 8, false},
    DTypeRow{OCTET_FLOAT8_E5M2FNUZ, Code::Float8_E5M2FNUZ, 8, false},
    DTypeRow{OCTET_FLOAT8_E8M0FNU, Code::Float8_E8M0FNU, 8, false},
    DTypeRow{OCTET_FLOAT6_E2M3FN, Code::Float6_E2M3FN, 6, false},
    DTypeRow{OCTET_FLOAT6_E3M2FN, Code::Float6_E3M2FN, 6, false},
    DTypeRow{OCTET_FLOAT4_E2M1FN, Code::Float4_E2M1FN, 4, false},
    DTypeRow{OCTET_INT4, Code::Int, 4, false},
    DTypeRow{OCTET_UINT4, Code::UInt, 4, false},
    DTypeRow{OCTET_INT2, Code::Int, 2, false},
    DTypeRow{OCTET_UINT2, Code::UInt, 2, false},
};

template <class F>
const DTypeRow* find(F&& fits) {
  const auto* found = std::find_if(kRows.begin(), kRows.end(), fits);
  return found == kRows.end() ? nullptr : found;
}

const DTypeRow* find(Code code, int64_t bits) {
  return find([&](const DTypeRow& row) { return row.code == code && row.bits == bits; });
}

}  // namespace

const DTypeRow* find_dtype(octet_dtype dtype) {
  return find([&](const DTypeRow& row) { return row.dtype == dtype; });
}

const DTypeRow* find_dtype(const nanobind::dlpack::dtype& dtype) {
  const bool whole = dtype.lanes == 1 && dtype.bits >= 8;
  return whole ? find(static_cast<Code>(dtype.code), dtype.bits) : nullptr;
}

const DTypeRow* find_dtype(const char* name) {
  return find(
      [&](const DTypeRow& row) { return std::strcmp(octet_dtype_name(row.dtype), name) == 0; });
}

const DTypeRow* find_dtype(const char* format, Py_ssize_t size) {
  if (format == nullptr) return find(Code::UInt, 8);  // the buffer protocol's default
  if (*format == '@' || *format == '=' || *format == '<') ++format;
  if (*format == '\0' || format[1] != '\0') return nullptr;
  const int64_t bits = int64_t{size} * 8;
  if (std::strchr("bhilqn", *format) != nullptr) return find(Code::Int, bits);
  if (std::strchr("BHILQN", *format) != nullptr) return find(Code::UInt, bits);
  if (std::strchr("efd", *format) != nullptr) return find(Code::Float, bits);
  return *format == '?' ? find(Code::Bool, bits) : nullptr;
}

nanobind::dlpack::dtype to_dlpack(const DTypeRow& row) {
  return {static_cast<uint8_t>(row.code), row.bits, 1};
}

nanobind::dlpack::dtype carrier_of(const DTypeRow& row) {
  return {static_cast<uint8_t>(Code::UInt), row.is_packed() ? uint8_t{8} : row.bits, 1};
}

octet_tensor carried(const octet_tensor& tensor, const DTypeRow& row) {
  octet_tensor flat = tensor;
  if (!row.is_packed()) return flat;
  int64_t bits = row.bits;
  for (int axis = 0; axis < tensor.rank; ++axis) bits *= tensor.dims[axis];
  flat.rank = 1;
  flat.dims[0] = (bits + 7) / 8;
  flat.strides = nullptr;
  return flat;
}

}  // namespace octet::python
