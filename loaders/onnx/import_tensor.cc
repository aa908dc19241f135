// Checks of a TensorProto against its dims, and the three places its data can be in.
#include "loaders/onnx/import_tensor.h"

#include <charconv>
#include <optional>
#include <type_traits>
#include <utility>

#include "loaders/onnx/element_type.h"
#include "loaders/onnx/names.h"
#include "runtime/core/packed_codes.h"
#include "runtime/ops/dim.h"

namespace octet {
namespace {

std::string type_text(DType dtype, const Shape& shape) {
  return dtype_name(dtype) + to_string(to_symbolic(shape));
}

Status size_mismatch(uint64_t found, uint64_t expected, const char* unit, DType dtype,
                     const Shape& shape) {
  return invalid_model("has " + std::to_string(found) + " " + unit + " of data, expected " +
                       std::to_string(expected) + " for " + type_text(dtype, shape));
}

// Fills `tensor` from a typed field whose entries are of type Stored.
template <class T, class Stored>
Status copy_field(const google::protobuf::RepeatedField<Stored>& field, const Tensor& tensor) {
  auto elements = tensor.elements<T>();
  for (int i = 0; i < field.size(); ++i) {
    const Stored value = field[i];
    auto& element = elements[static_cast<size_t>(i)];
    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
      if (value < 0 || value > 0xffff)
        return invalid_model("element " + std::to_string(i) + " is not 16 bits");
      element.bits = static_cast<uint16_t>(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      element = value != 0;
    } else if constexpr (std::is_same_v<T, Stored>) {
      element = value;
    } else {
      if (!std::in_range<T>(value))
        return invalid_model("element " + std::to_string(i) + " is out of range");
      element = static_cast<T>(value);
    }
  }
  return Status::ok();
}

// `named`: what messages call the elements.
template <class T, class Stored>
Result<Constant> from_field(const google::protobuf::RepeatedField<Stored>& field,
                            const Shape& shape, DType named = dtype_of<T>) {
  const int64_t expected = shape.element_count();
  if (field.size() != expected)
    return size_mismatch(static_cast<uint64_t>(field.size()), static_cast<uint64_t>(expected),
                         "elements", named, shape);
  Tensor tensor(dtype_of<T>, shape);
  OCTET_RETURN_IF_ERROR((copy_field<T, Stored>(field, tensor)));
  return Constant(std::move(tensor));
}

// The field that each type belongs in: onnx.proto, comments of TensorProto.
Result<Constant> from_typed_fields(const pb::TensorProto& proto, DType dtype, const Shape& shape) {
  switch (dtype) {
    case DType::kF32:
      return from_field<float>(proto.float_data(), shape);
    case DType::kF64:
      return from_field<double>(proto.double_data(), shape);
    case DType::kF16:
      return from_field<Float16>(proto.int32_data(), shape);
    case DType::kBF16:
      return from_field<BFloat16>(proto.int32_data(), shape);
    case DType::kI8:
      return from_field<int8_t>(proto.int32_data(), shape);
    case DType::kU8:
      return from_field<uint8_t>(proto.int32_data(), shape);
    case DType::kI16:
      return from_field<int16_t>(proto.int32_data(), shape);
    case DType::kU16:
      return from_field<uint16_t>(proto.int32_data(), shape);
    case DType::kI32:
      return from_field<int32_t>(proto.int32_data(), shape);
    case DType::kU32:
      return from_field<uint32_t>(proto.uint64_data(), shape);
    case DType::kI64:
      return from_field<int64_t>(proto.int64_data(), shape);
    case DType::kU64:
      return from_field<uint64_t>(proto.uint64_data(), shape);
    case DType::kBool:
      return from_field<bool>(proto.int32_data(), shape);
    default:  // the bytes of small types
      return from_field<uint8_t>(proto.int32_data(), shape, dtype);
  }
}

Result<Constant> from_raw(const RawData& raw, const ByteSource& source, DType dtype,
                          const Shape& shape) {
  const uint64_t expected = static_cast<uint64_t>(shape.element_count()) * dtype_size(dtype);
  if (raw.size != expected) return size_mismatch(raw.size, expected, "bytes", dtype, shape);
  return source.constant(dtype, shape, raw.offset);
}

Result<uint64_t> parse_number(const std::string& where, const std::string& key,
                              const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return invalid_model(where + ": " + key + " is " + quoted(text) +
                         ", expected a number of bytes");
  return value;
}

// `length` says nothing that the type and the extents don't say; writers leave it out or write 0.
Result<Constant> from_external(const pb::TensorProto& proto, TensorStore& store, DType dtype,
                               const Shape& shape) {
  std::string location, offset_text = "0", length_text = "0";
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset_text = entry.value();
    if (entry.key() == "length") length_text = entry.value();
  }
  const std::string where = "external data " + quoted(location);
  OCTET_ASSIGN_OR_RETURN(const uint64_t offset, parse_number(where, "offset", offset_text));
  OCTET_ASSIGN_OR_RETURN(const uint64_t length, parse_number(where, "length", length_text));
  OCTET_ASSIGN_OR_RETURN(auto file, store.external.open(location));
  const uint64_t expected = static_cast<uint64_t>(shape.element_count()) * dtype_size(dtype);
  if (length != 0 && length != expected)
    return invalid_model(where + ": length is " + std::to_string(length) + ", expected " +
                         std::to_string(expected) + " bytes for " + type_text(dtype, shape));
  if (offset > file->size() || expected > file->size() - offset)
    return invalid_model(where + ": offset is " + std::to_string(offset) + " and " +
                         std::to_string(expected) + " bytes are expected from there for " +
                         type_text(dtype, shape) + ", but the file has " +
                         std::to_string(file->size()));
  OCTET_RETURN_IF_ERROR(store.external.count_tensor(location, expected));
  return ByteSource(std::move(file)).constant(dtype, shape, offset);
}

}  // namespace

Result<Shape> tensor_shape(const pb::TensorProto& proto, const Limits& limits) {
  if (proto.dims_size() > limits.max_rank)
    return unsupported("has " + std::to_string(proto.dims_size()) + " dimensions, at most " +
                       std::to_string(limits.max_rank) + " are supported");
  Shape shape;
  int64_t count = 1;
  for (int64_t dim : proto.dims()) {
    if (dim < 0) return invalid_model("has a negative extent " + std::to_string(dim));
    if (dim > limits.max_dim || __builtin_mul_overflow(count, dim, &count) ||
        count > limits.max_elements)
      return resource_exhausted(
          "the extent " + std::to_string(dim) + " is too large: an extent may have " +
          std::to_string(limits.max_dim) + ", a tensor " + std::to_string(limits.max_elements) +
          " elements; raise max_dim and max_elements");
    shape.push_back(dim);
  }
  return shape;
}

namespace {

// The elements from wherever the tensor keeps them, one after another.
Result<Constant> import_elements(const pb::TensorProto& proto, TensorStore& store, DType dtype,
                                 const Shape& shape) {
  if (proto.data_location() == pb::TensorProto::EXTERNAL)
    return from_external(proto, store, dtype, shape);
  if (!proto.has_raw_data()) return from_typed_fields(proto, dtype, shape);
  const uint64_t index = raw_index(proto.raw_data());
  assert(proto.raw_data().size() == 8 && index < store.raw.size());
  return from_raw(store.raw[static_cast<size_t>(index)], store.source, dtype, shape);
}

}  // namespace

Result<Constant> import_tensor(const pb::TensorProto& proto, TensorStore& store) {
  const std::optional<DType> type = dtype_of_onnx(proto.data_type());
  if (!type) {
    const std::string text = "has the element type " + onnx_type_name(proto.data_type());
    if (!pb::TensorProto::DataType_IsValid(proto.data_type()) ||
        proto.data_type() == pb::TensorProto::UNDEFINED)
      return invalid_model(text + ", which ONNX does not define");
    return unsupported(text + ", which is not supported");
  }
  if (proto.has_segment()) return unsupported("is stored in segments, which is not supported");
  OCTET_ASSIGN_OR_RETURN(const Shape shape, tensor_shape(proto, store.limits));
  // Of fields, floats of 6 bits have one for each element.
  const bool in_field = proto.data_location() != pb::TensorProto::EXTERNAL && !proto.has_raw_data();
  if (!is_packed(*type) || (in_field && dtype_bits(*type) == 6)) {
    OCTET_ASSIGN_OR_RETURN(const Constant elements, import_elements(proto, store, *type, shape));
    return elements.as_type(*type);
  }
  const Shape bytes{packed_bytes(shape.element_count(), *type)};
  OCTET_ASSIGN_OR_RETURN(const Constant packed, import_elements(proto, store, DType::kU8, bytes));
  return unpack_tensor(packed, *type, shape);
}

}  // namespace octet
