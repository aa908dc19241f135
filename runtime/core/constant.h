// Constant: the value of an initializer, in memory or still in its file.
#pragma once

#include <variant>

#include "runtime/core/file_range.h"
#include "runtime/core/tensor.h"

namespace octet {

// Immutable and cheap to copy. Threading: any thread.
class Constant {
 public:
  // `tensor` must be contiguous.
  explicit Constant(Tensor tensor);
  // Little-endian row-major elements. Precondition: range.size == elements * dtype_size(dtype).
  Constant(DType dtype, const Shape& shape, FileRange range);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  uint64_t byte_count() const;
  // The elements; read from the file at each call when they are not in memory. Error: kIoError.
  Result<Tensor> load() const;

 private:
  DType dtype_;
  Shape shape_;
  std::variant<Tensor, FileRange> data_;
};

}  // namespace octet
