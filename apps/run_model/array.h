// Array: an owned row-major array, as .npy and .pb files hold it. Elements of types of which
// several share a byte in the C API lie one to a byte in all of run_model; Runner packs and unpacks
// them.
#pragma once

#include <octet/octet.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/core/tensor.h"

namespace octet::app {

// Bytes of one element.
inline size_t element_size(octet_dtype dtype) { return dtype_size(static_cast<DType>(dtype)); }

struct Array {
  Array() = default;
  Array(octet_dtype dtype, std::vector<int64_t> dims);
  static Array copy_of(const octet_tensor& tensor);
  static Array copy_of(const Tensor& tensor);
  // Of row-major memory that somebody else keeps.
  static Array view_of(const octet_tensor& tensor);

  int64_t element_count() const;
  size_t byte_count() const { return static_cast<size_t>(element_count()) * element_size(dtype); }
  // A view, valid while the array lives; for the C API where elements don't share bytes there.
  octet_tensor tensor() const;
  std::string describe() const;  // "float32[2x3]"

  octet_dtype dtype = OCTET_FLOAT32;
  std::vector<int64_t> dims;
  std::shared_ptr<std::byte> data;  // aligned to 64
};

// An array's form, without its elements.
struct ArrayLayout {
  std::string name;
  octet_dtype dtype = OCTET_FLOAT32;
  std::vector<int64_t> dims;
};

// Rows [first, first + count) of axis 0, sharing memory. Precondition: rank >= 1 and they exist.
Array slice_rows(const Array& array, int64_t first, int64_t count);

std::string describe(const octet_tensor& tensor);
// "int64[batch, seq]", "sequence(float32[?, ?])"
std::string describe(const octet_value_info& info);

}  // namespace octet::app
