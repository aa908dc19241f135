// ONNX element types as DTypes.
#pragma once

#include <optional>
#include <string>

#include "runtime/core/dtype.h"

namespace octet {

// The DType of a TensorProto::DataType; nullopt where Octet has none (strings, complex).
std::optional<DType> dtype_of_onnx(int data_type);
// The other way round.
int onnx_type_of(DType dtype);
// "string", "complex64", ...; "#77" when ONNX knows none.
std::string onnx_type_name(int data_type);

}  // namespace octet
