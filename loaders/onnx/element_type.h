// ONNX element types as DTypes.
#pragma once

#include <optional>
#include <string>

#include "runtime/core/dtype.h"

namespace octet {

// The DType of a TensorProto::DataType; nullopt where Octet has none (strings, less than 8 bits,
// float8, complex).
std::optional<DType> dtype_of_onnx(int data_type);
// The other way round.
int onnx_type_of(DType dtype);
// What a tensor of that type is kept as: its DType, or i8 and u8 with the bits that its elements
// use for INT4, UINT4, INT2 and UINT2; nullopt where Octet has none.
struct StoredType {
  DType dtype;
  int bits;
};
std::optional<StoredType> stored_type_of_onnx(int data_type);
// "string", "float8e4m3fn", ...; "#77" when ONNX knows none.
std::string onnx_type_name(int data_type);

}  // namespace octet
