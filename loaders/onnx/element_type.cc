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
    case pb::TensorProto::FLOAT8E4M3FN:
      return DType::kF8E4M3FN;
    case pb::TensorProto::FLOAT8E4M3FNUZ:
      return DType::kF8E4M3FNUZ;
    case pb::TensorProto::FLOAT8E5M2:
      return DType::kF8E5M2;
    case pb::TensorProto::FLOAT8E5M2FNUZ:
      return DType::kF8E5M2FNUZ;
    case pb::TensorProto::FLOAT8E8M0:
      return DType::kF8E8M0FNU;
    case pb::TensorProto::FLOAT6E2M3:
      return DType::kF6E2M3FN;
    case pb::TensorProto::FLOAT6E3M2:
      return DType::kF6E3M2FN;
    case pb::TensorProto::FLOAT4E2M1:
      return DType::kF4E2M1FN;
    case pb::TensorProto::INT4:
      return DType::kI4;
    case pb::TensorProto::UINT4:
      return DType::kU4;
    case pb::TensorProto::INT2:
      return DType::kI2;
    case pb::TensorProto::UINT2:
      return DType::kU2;
    default:
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

int onnx_type_of(DType dtype) {
  int type = pb::TensorProto::UNDEFINED;
  while (pb::TensorProto::DataType_IsValid(type) && dtype_of_onnx(type) != dtype) ++type;
  return type;
}

}  // namespace octet
