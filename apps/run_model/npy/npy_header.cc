// Parsing and writing of .npy headers.
#include "apps/run_model/npy/npy_header.h"

#include <algorithm>
#include <cstring>

#include "apps/run_model/npy/npy_dictionary.h"
#include "runtime/core/dtype.h"

namespace octet::app {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicSize = 6;
constexpr uint64_t kLongestHeader = 1 << 16;  // of the dictionary; NumPy writes 118 bytes

struct NpyType {
  const char* descr;
  octet_dtype dtype;
};
constexpr NpyType kTypes[] = {
    {"<f4", OCTET_FLOAT32}, {"<f8", OCTET_FLOAT64}, {"<f2", OCTET_FLOAT16}, {"|i1", OCTET_INT8},
    {"|u1", OCTET_UINT8},   {"<i2", OCTET_INT16},   {"<u2", OCTET_UINT16},  {"<i4", OCTET_INT32},
    {"<u4", OCTET_UINT32},  {"<i8", OCTET_INT64},   {"<u8", OCTET_UINT64},  {"|b1", OCTET_BOOL}};

// The type of this name, with "=" or ">" for "<" too; null for others.
const NpyType* find_type(const std::string& descr, bool& big_endian) {
  big_endian = descr.starts_with('>');
  const bool other_sign = big_endian || descr.starts_with('=');
  for (const NpyType& type : kTypes)
    if (descr == type.descr || (other_sign && descr.substr(1) == type.descr + 1)) return &type;
  return nullptr;
}

Status bad(const std::string& where, const std::string& what) {
  return invalid_argument(where + ": " + what + "; save it with numpy.save as an array of numbers");
}

// The dictionary's text; `data_at` becomes the offset of what follows it.
Result<std::string> read_dictionary(const FileRange& range, const std::string& where,
                                    uint64_t& data_at) {
  unsigned char start[12] = {};
  if (range.size < 10) return bad(where, "is too short for a .npy file");
  const size_t start_size = range.size < 12 ? 10 : 12;
  OCTET_RETURN_IF_ERROR(
      range.file->read(range.offset, std::as_writable_bytes(std::span(start, start_size))));
  if (std::memcmp(start, kMagic, kMagicSize) != 0 || start[6] < 1 || start[6] > 3)
    return bad(where, "is not a .npy file");
  const bool short_header = start[6] == 1;
  const uint64_t header_at = short_header ? 10 : 12;
  uint64_t header_size = start[8] | start[9] << 8;
  if (!short_header) header_size |= uint64_t{start[10]} << 16 | uint64_t{start[11]} << 24;
  if (header_at + header_size > range.size || header_size > kLongestHeader)
    return bad(where, "its header is damaged");
  std::string header(header_size, '\0');
  OCTET_RETURN_IF_ERROR(range.file->read(
      range.offset + header_at, std::as_writable_bytes(std::span(header.data(), header.size()))));
  data_at = header_at + header_size;
  return header;
}

}  // namespace

Result<NpyHeader> parse_npy_header(const FileRange& range, const std::string& where) {
  NpyHeader parsed;
  OCTET_ASSIGN_OR_RETURN(const std::string header, read_dictionary(range, where, parsed.size));
  auto dictionary = parse_npy_dictionary(header);
  if (!dictionary.is_ok()) return bad(where, dictionary.status().message());
  const NpyType* type = find_type(dictionary->descr, parsed.big_endian);
  if (type == nullptr) return bad(where, "has elements of type " + dictionary->descr);
  parsed.dtype = type->dtype;
  parsed.dims = std::move(dictionary->shape);
  if (parsed.dims.size() > OCTET_MAX_RANK)
    return bad(where, "the array has more than " + std::to_string(OCTET_MAX_RANK) + " axes");
  parsed.fortran_order = dictionary->fortran_order && parsed.dims.size() > 1;

  const uint64_t body = range.size - parsed.size;
  auto bytes = static_cast<int64_t>(octet_dtype_size(type->dtype));
  bool empty = false;
  for (int64_t dim : parsed.dims) {
    empty |= dim == 0;
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(dim, 1), &bytes))
      return bad(where, "its shape is too large");
  }
  if (empty) bytes = 0;
  if (static_cast<uint64_t>(bytes) > body)
    return bad(where, "has " + std::to_string(body) + " bytes of data, but its shape needs " +
                          std::to_string(bytes));
  return parsed;
}

octet_dtype npy_dtype(octet_dtype dtype) {
  const auto own = static_cast<DType>(dtype);
  if (own == DType::kBF16 || is_small_float(own)) return OCTET_FLOAT32;
  return static_cast<octet_dtype>(byte_type(own));
}

std::string npy_header_text(octet_dtype dtype, std::span<const int64_t> dims) {
  const char* descr = "";
  for (const NpyType& type : kTypes)
    if (type.dtype == dtype) descr = type.descr;
  std::string shape = "(";
  for (size_t axis = 0; axis < dims.size(); ++axis)
    shape += std::to_string(dims[axis]) + (dims.size() == 1         ? ","
                                           : axis + 1 < dims.size() ? ", "
                                                                    : "");
  std::string text =
      std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': " + shape + "), }";
  text.resize((10 + text.size() + 64) / 64 * 64 - 10, ' ');
  text.back() = '\n';
  std::string header(kMagic, kMagicSize);
  header +=
      {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace octet::app
