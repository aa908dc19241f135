// Reading and writing of .npy files.
#include "apps/run_model/npy.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "runtime/core/file_range.h"

namespace octet::app {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicSize = 6;

struct NpyType {
  const char* descr;
  octet_dtype dtype;
};
constexpr NpyType kTypes[] = {
    {"<f4", OCTET_FLOAT32}, {"<f8", OCTET_FLOAT64}, {"<f2", OCTET_FLOAT16}, {"|i1", OCTET_INT8},
    {"|u1", OCTET_UINT8},   {"<i2", OCTET_INT16},   {"<u2", OCTET_UINT16},  {"<i4", OCTET_INT32},
    {"<u4", OCTET_UINT32},  {"<i8", OCTET_INT64},   {"<u8", OCTET_UINT64},  {"|b1", OCTET_BOOL}};

// The text after 'key': in the header's Python dictionary.
std::string header_value(const std::string& header, const std::string& key) {
  size_t at = header.find("'" + key + "'");
  if (at == std::string::npos) return {};
  at = header.find(':', at);
  if (at == std::string::npos) return {};
  at = header.find_first_not_of(' ', at + 1);
  if (at == std::string::npos) return {};
  const char close = header[at] == '(' ? ')' : header[at] == '\'' ? '\'' : ',';
  const size_t end = header.find(close, at + 1);
  return header.substr(at, end == std::string::npos ? std::string::npos : end - at + 1);
}

Status bad(const std::string& path, const std::string& what) {
  return invalid_argument(path + ": " + what +
                          "; save it with numpy.save as a C-ordered array of numbers");
}

Result<std::vector<int64_t>> parse_shape(const std::string& path, const std::string& text) {
  std::vector<int64_t> dims;
  int64_t value = -1;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      if (value > INT64_MAX / 16) return bad(path, "an extent of the shape is too large");
      value = std::max<int64_t>(value, 0) * 10 + (c - '0');
    } else if ((c == ',' || c == ')') && value >= 0) {
      dims.push_back(value);
      value = -1;
    }
  }
  if (text.empty() || text[0] != '(') return bad(path, "the header has no shape");
  if (dims.size() > OCTET_MAX_RANK)
    return bad(path, "the array has more than " + std::to_string(OCTET_MAX_RANK) + " axes");
  return dims;
}

std::string system_text() { return std::strerror(errno); }

Status write_all(std::FILE* file, const std::string& path, std::span<const char> header,
                 std::span<const char> body) {
  const auto put = [&](std::span<const char> part) {
    return part.empty() || std::fwrite(part.data(), 1, part.size(), file) == part.size();
  };
  const bool written = put(header) && put(body) && std::fflush(file) == 0;
  const std::string reason = written ? "" : system_text();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed)
    return io_error(path + ": cannot be written: " + (written ? system_text() : reason));
  return Status::ok();
}

Status write_file(const std::string& path, std::span<const char> header,
                  std::span<const char> body) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path target(path);
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
  const bool special = fs::exists(target, error) && !fs::is_regular_file(target, error);
  const std::string temporary = special ? path : path + ".part" + std::to_string(::getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return io_error(path + ": cannot be written: " + system_text());
  Status status = write_all(file, path, header, body);
  if (special) return status;
  if (status.is_ok() && std::rename(temporary.c_str(), path.c_str()) != 0)
    status = io_error(path + ": cannot be written: " + system_text());
  if (!status.is_ok()) std::remove(temporary.c_str());
  return status;
}

}  // namespace

Result<Array> read_npy(const std::string& path) {
  OCTET_ASSIGN_OR_RETURN(const auto file, File::open(path));
  unsigned char start[12] = {};
  if (file->size() < 10) return bad(path, "is too short for a .npy file");
  const size_t start_size = file->size() < 12 ? 10 : 12;
  OCTET_RETURN_IF_ERROR(file->read(0, std::as_writable_bytes(std::span(start, start_size))));
  if (std::memcmp(start, kMagic, kMagicSize) != 0 || start[6] < 1 || start[6] > 3)
    return bad(path, "is not a .npy file");
  const bool short_header = start[6] == 1;
  const uint64_t header_at = short_header ? 10 : 12;
  uint64_t header_size = start[8] | start[9] << 8;
  if (!short_header) header_size |= uint64_t{start[10]} << 16 | uint64_t{start[11]} << 24;
  if (header_at + header_size > file->size() || header_size > (1 << 16))
    return bad(path, "its header is damaged");
  std::string header(header_size, '\0');
  OCTET_RETURN_IF_ERROR(
      file->read(header_at, std::as_writable_bytes(std::span(header.data(), header.size()))));

  if (header_value(header, "fortran_order").rfind("False", 0) != 0)
    return bad(path, "is in Fortran order");
  std::string descr = header_value(header, "descr");
  if (descr.size() > 2) descr = descr.substr(1, descr.size() - 2);
  const NpyType* type = nullptr;
  for (const NpyType& candidate : kTypes)
    if (descr == candidate.descr ||
        (descr.size() == 3 && descr[0] == '=' && descr.substr(1) == candidate.descr + 1))
      type = &candidate;
  if (type == nullptr) return bad(path, "has elements of type " + descr);
  OCTET_ASSIGN_OR_RETURN(auto dims, parse_shape(path, header_value(header, "shape")));

  const uint64_t body = file->size() - header_at - header_size;
  uint64_t bytes = octet_dtype_size(type->dtype);
  for (int64_t dim : dims)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes))
      return bad(path, "its shape is too large");
  if (bytes > body)
    return bad(path, "has " + std::to_string(body) + " bytes of data, but its shape needs " +
                         std::to_string(bytes));
  Array array(type->dtype, std::move(dims));
  OCTET_RETURN_IF_ERROR(
      file->read(header_at + header_size, {array.data.get(), array.byte_count()}));
  return array;
}

Status write_npy(const std::string& path, const octet_tensor& tensor) {
  std::vector<float> widened;
  int64_t count = 1;
  for (int32_t axis = 0; axis < tensor.rank; ++axis) count *= tensor.dims[axis];
  const char* data = static_cast<const char*>(tensor.data);
  octet_dtype dtype = tensor.dtype;
  if (dtype == OCTET_BFLOAT16) {
    const auto* values = static_cast<const BFloat16*>(tensor.data);
    for (int64_t i = 0; i < count; ++i) widened.push_back(to_float(values[i]));
    data = reinterpret_cast<const char*>(widened.data());
    dtype = OCTET_FLOAT32;
  }
  const char* descr = "";
  for (const NpyType& type : kTypes)
    if (type.dtype == dtype) descr = type.descr;
  std::string shape = "(";
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    shape += std::to_string(tensor.dims[axis]) +
             (tensor.rank == 1 || axis + 1 < tensor.rank ? ", " : "");
  std::string text =
      std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': " + shape + "), }";
  text.resize((10 + text.size() + 64) / 64 * 64 - 10, ' ');
  text.back() = '\n';
  std::string header(kMagic, kMagicSize);
  header +=
      {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  header += text;
  return write_file(path, header, {data, static_cast<size_t>(count) * octet_dtype_size(dtype)});
}

Status write_text(const std::string& path, const std::string& text) {
  return write_file(path, {}, text);
}

}  // namespace octet::app
