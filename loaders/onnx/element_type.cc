// The table of element types.
#include "loaders/onnx/element_type.h"

#include "loaders/onnx/onnx_proto.h"

namespace octet {

std::optional<DType> dtype_of_onnx(int data_type) {
  switch (data_type) {
    case pb::TensorProto::FLOAT:
      return DType::kF32;
    case pb::TensorProto::DOUBLE:
      return DType::kF64;
    case pb::TensorProto::FLOAT16:
      return DType::kF16;
    case pb::TensorProto::BFLOAT16:
      return DType::kBF16;
    case pb::TensorProto::INT8:
      return DType::kI8;
    case pb::TensorProto::UINT8:
      return DType::kU8;
    case pb::TensorProto::INT16:
      return DType::kI16;
    case pb::TensorProto::UINT16:
      return DType::kU16;
    case pb::TensorProto::INT32:
      return DType::kI32;
    case pb::TensorProto::UINT32:
      return DType::kU32;
    case pb::TensorProto::INT64:
      return DType::kI64;
    case pb::TensorProto::UINT64:
      return DType::kU64;
    case pb::TensorProto::BOOL:
      return DType::kBool;
    default:
      return std::nullopt;
  }
}

int onnx_type_of(DType dtype) {
  int type = pb::TensorProto::UNDEFINED;
  while (pb::TensorProto::DataType_IsValid(type) && dtype_of_onnx(type) != dtype) ++type;
  return type;
}

std::optional<StoredType> stored_type_of_onnx(int data_type) {
  switch (data_type) {
    case pb::TensorProto::INT4:
      return StoredType{DType::kI8, 4};
    case pb::TensorProto::UINT4:
      return StoredType{DType::kU8, 4};
    case pb::TensorProto::INT2:
      return StoredType{DType::kI8, 2};
    case pb::TensorProto::UINT2:
      return StoredType{DType::kU8, 2};
    default:
      if (const auto dtype = dtype_of_onnx(data_type))
        return StoredType{*dtype, static_cast<int>(8 * dtype_size(*dtype))};
      return std::nullopt;
  }
}

std::string onnx_type_name(int data_type) {
  if (auto dtype = dtype_of_onnx(data_type)) return dtype_name(*dtype);
  if (!pb::TensorProto::DataType_IsValid(data_type) || data_type == pb::TensorProto::UNDEFINED)
    return "#" + std::to_string(data_type);
  std::string name = pb::TensorProto::DataType_Name(data_type);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

}  // namespace octet
