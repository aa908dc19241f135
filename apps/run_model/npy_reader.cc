// Reading of rows from .npy files.
#include "apps/run_model/npy_reader.h"

namespace octet::app {

Result<NpyReader> NpyReader::open(const FileRange& range, const std::string& where) {
  OCTET_ASSIGN_OR_RETURN(NpyHeader header, parse_npy_header(range, where));
  return NpyReader(range, std::move(header));
}

size_t NpyReader::row_bytes() const {
  size_t bytes = octet_dtype_size(dtype());
  for (size_t axis = 1; axis < dims().size(); ++axis) bytes *= static_cast<size_t>(dims()[axis]);
  return bytes;
}

std::string NpyReader::describe() const {
  octet_tensor tensor{nullptr, dtype(), static_cast<int32_t>(dims().size()), {}};
  for (size_t i = 0; i < dims().size(); ++i) tensor.dims[i] = dims()[i];
  return app::describe(tensor);
}

Status NpyReader::read_rows(int64_t first, int64_t count, std::span<std::byte> destination) const {
  const uint64_t at = range_.offset + header_.size + static_cast<uint64_t>(first) * row_bytes();
  return range_.file->read(at, destination.first(static_cast<size_t>(count) * row_bytes()));
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
  OCTET_RETURN_IF_ERROR(
      range_.file->read(range_.offset + header_.size, {array.data.get(), array.byte_count()}));
  return array;
}

}  // namespace octet::app
