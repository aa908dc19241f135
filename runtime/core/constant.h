// Constant: the value of an initializer, in memory, still in its file, or computed when it is read.
#pragma once

#include <functional>
#include <variant>
#include <vector>

#include "runtime/core/file_range.h"
#include "runtime/core/shared_store.h"
#include "runtime/core/tensor.h"

namespace octet {

// Immutable and cheap to copy. Threading: any thread.
class Constant {
 public:
  // `tensor` must be contiguous.
  explicit Constant(Tensor tensor);
  // Little-endian row-major elements. Precondition: range.size == elements * dtype_size(dtype).
  Constant(DType dtype, const Shape& shape, FileRange range);

  // What `compute` gives at each load(), which keeps no copy: a tensor of this type and these
  // extents, or an error. `key`: equal for equal elements; unknown where nobody can tell.
  // Precondition: compute() may be called from any thread.
  Constant(DType dtype, const Shape& shape, std::function<Result<Tensor>()> compute, SharedKey key);

  // The same elements in other extents. Precondition: as many of them.
  Constant reshaped(const Shape& shape) const;
  // Each f32 element times the factor of its index on `axis`: float(element * factor), the product
  // taken in double. Nothing is read or multiplied before load(), which keeps no copy, so that a
  // scaled weight costs its factors alone. Precondition: one factor per index.
  Constant scaled(int axis, std::vector<double> factors) const;

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  uint64_t byte_count() const;
  // The elements; read from the file at each call when they are not in memory. Error: kIoError.
  Result<Tensor> load() const;
  // Equal for constants with the same elements from the same place; its extents are part of it.
  SharedKey key() const;

 private:
  // Element i is multiplied by factors[i / inner % factors.size()].
  struct Scaling {
    int64_t inner;
    std::shared_ptr<const std::vector<double>> factors;
  };

  struct Computation {
    std::function<Result<Tensor>()> compute;
    SharedKey key;
  };

  DType dtype_;
  Shape shape_;
  std::variant<Tensor, FileRange, std::shared_ptr<const Computation>> data_;
  std::vector<Scaling> scalings_;  // the first one is applied first
};

}  // namespace octet
