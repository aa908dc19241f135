// Conversions between constants and C++ numbers.
#pragma once

#include <vector>

#include "runtime/core/constant.h"

namespace octet {

// The elements of an integer or bool constant, row-major. Errors: kIoError; kInvalidModel for
// another type or an element above int64; kResourceExhausted above 4096 elements.
Result<std::vector<int64_t>> load_integers(const Constant& constant);
// The elements of a constant of any type but kRowParams, as double (int64 above 2^53 is rounded).
Result<std::vector<double>> load_doubles(const Constant& constant);
// A row-major tensor of `dtype` with these elements, converted.
Tensor make_tensor(DType dtype, const Shape& shape, const std::vector<double>& values);
// The same for rank 0.
Tensor scalar_tensor(DType dtype, double value);

}  // namespace octet
