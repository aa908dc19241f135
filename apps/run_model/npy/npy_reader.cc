// Reading of rows from .npy files.
#include "apps/run_model/npy/npy_reader.h"

#include <algorithm>
#include <cstring>

namespace octet::app {
namespace {

template <class T>
void swap_all(std::span<std::byte> bytes) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T))
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + sizeof(T)));
}

void swap_bytes(std::span<std::byte> bytes, size_t element_size) {
  if (element_size == 2) swap_all<uint16_t>(bytes);
  if (element_size == 4) swap_all<uint32_t>(bytes);
  if (element_size == 8) swap_all<uint64_t>(bytes);
}

// Where the element at `flat` of the axes behind axis 0, axis 1 running fastest, stands row-major.
int64_t row_major(int64_t flat, std::span<const int64_t> dims) {
  int64_t place = 0, stride = 1;
  for (size_t axis = 1; axis < dims.size(); ++axis) stride *= dims[axis];
  for (size_t axis = 1; axis < dims.size(); ++axis) {
    stride /= dims[axis];
    place += flat % dims[axis] * stride;
    flat /= dims[axis];
  }
  return place;
}

Status does_not_fit(const std::string& where, int64_t row, int64_t value, octet_dtype dtype) {
  return invalid_argument(where + ": row " + std::to_string(row) + " holds " +
                          std::to_string(value) + ", which does not fit the model's " +
                          octet_dtype_name(dtype));
}

// Bytes as integers of fewer bits, which lie in bytes, too.
Status check_range(std::span<const std::byte> bytes, octet_dtype dtype, int64_t first_row,
                   int64_t row_elements, const std::string& where) {
  const auto type = static_cast<DType>(dtype);
  const int low = byte_type(type) == DType::kI8 ? -(1 << (dtype_bits(type) - 1)) : 0;
  const int high = low + (1 << dtype_bits(type)) - 1;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int value =
        low < 0 ? static_cast<int>(static_cast<int8_t>(bytes[i])) : std::to_integer<int>(bytes[i]);
    if (value < low || value > high)
      return does_not_fit(where, first_row + static_cast<int64_t>(i) / row_elements, value, dtype);
  }
  return Status::ok();
}

template <class From, class To>
Status convert(std::span<const std::byte> from, std::span<std::byte> to, int64_t first_row,
               int64_t row_elements, const std::string& where) {
  const size_t count = from.size() / sizeof(From);
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from.data() + i * sizeof(From), sizeof(From));
    const auto converted = static_cast<To>(value);
    if (static_cast<From>(converted) != value)
      return does_not_fit(where, first_row + static_cast<int64_t>(i) / row_elements, value,
                          OCTET_INT32);
    std::memcpy(to.data() + i * sizeof(To), &converted, sizeof(To));
  }
  return Status::ok();
}

}  // namespace

Result<NpyReader> NpyReader::open(const FileRange& range, const std::string& where) {
  OCTET_ASSIGN_OR_RETURN(NpyHeader header, parse_npy_header(range, where));
  return NpyReader(range, std::move(header), where);
}

void NpyReader::give_as(octet_dtype dtype) {
  const bool widens = header_.dtype == OCTET_INT32 && dtype == OCTET_INT64;
  const bool narrows = header_.dtype == OCTET_INT64 && dtype == OCTET_INT32;
  const auto type = static_cast<DType>(dtype);
  const bool is_narrow_byte =
      is_small_integer(type) && header_.dtype == static_cast<octet_dtype>(byte_type(type));
  if (widens || narrows || is_narrow_byte) given_ = dtype;
}

int64_t NpyReader::row_elements() const {
  int64_t elements = 1;
  for (size_t axis = 1; axis < dims().size(); ++axis) elements *= dims()[axis];
  return elements;
}

size_t NpyReader::row_bytes() const {
  return static_cast<size_t>(row_elements()) * element_size(given_);
}

std::string NpyReader::describe() const {
  octet_tensor tensor = {};
  tensor.dtype = dtype();
  tensor.rank = static_cast<int32_t>(dims().size());
  for (size_t i = 0; i < dims().size(); ++i) tensor.dims[i] = dims()[i];
  return app::describe(tensor);
}

// In Fortran order `count` elements of a column lie side by side.
Status NpyReader::gather_columns(int64_t first, int64_t count,
                                 std::span<std::byte> destination) const {
  const size_t size = stored_size();
  const int64_t columns = row_elements();
  std::vector<std::byte> column(static_cast<size_t>(count) * size);
  for (int64_t c = 0; c < columns && count > 0; ++c) {
    const uint64_t at = static_cast<uint64_t>(c * dims()[0] + first) * size;
    OCTET_RETURN_IF_ERROR(range_.file->read(range_.offset + header_.size + at, column));
    const int64_t place = row_major(c, dims());
    for (int64_t row = 0; row < count; ++row)
      std::memcpy(destination.data() + static_cast<size_t>(row * columns + place) * size,
                  column.data() + static_cast<size_t>(row) * size, size);
  }
  return Status::ok();
}

// Row-major, of this machine's byte order, and of the file's type.
Status NpyReader::read_stored(int64_t first, int64_t count,
                              std::span<std::byte> destination) const {
  if (header_.fortran_order) {
    OCTET_RETURN_IF_ERROR(gather_columns(first, count, destination));
  } else {
    const uint64_t at = static_cast<uint64_t>(first * row_elements()) * stored_size();
    OCTET_RETURN_IF_ERROR(range_.file->read(range_.offset + header_.size + at, destination));
  }
  if (header_.big_endian) swap_bytes(destination, stored_size());
  return Status::ok();
}

Status NpyReader::read_rows(int64_t first, int64_t count, std::span<std::byte> destination) const {
  const auto elements = static_cast<size_t>(count * row_elements());
  const bool is_narrow_byte = is_small_integer(static_cast<DType>(given_));
  if (given_ == header_.dtype || is_narrow_byte) {
    destination = destination.first(elements * stored_size());
    OCTET_RETURN_IF_ERROR(read_stored(first, count, destination));
    return is_narrow_byte ? check_range(destination, given_, first, row_elements(), where_)
                          : Status::ok();
  }
  std::vector<std::byte> stored(elements * stored_size());
  OCTET_RETURN_IF_ERROR(read_stored(first, count, stored));
  return given_ == OCTET_INT64
             ? convert<int32_t, int64_t>(stored, destination, first, row_elements(), where_)
             : convert<int64_t, int32_t>(stored, destination, first, row_elements(), where_);
}

Result<Array> NpyReader::read_rows(int64_t first, int64_t count) const {
  std::vector<int64_t> extents = dims();
  extents[0] = count;
  Array array(dtype(), std::move(extents));
  OCTET_RETURN_IF_ERROR(read_rows(first, count, {array.data.get(), array.byte_count()}));
  return array;
}

Result<Array> NpyReader::read_all() const {
  Array array(dtype(), dims());
  const int64_t rows = dims().empty() ? 1 : dims()[0];
  OCTET_RETURN_IF_ERROR(read_rows(0, rows, {array.data.get(), array.byte_count()}));
  return array;
}

}  // namespace octet::app
