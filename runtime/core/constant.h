// Constant: the value of an initializer, in memory, still in its file, or computed when it is read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "runtime/core/file_range.h"
#include "runtime/core/shared_store.h"
#include "runtime/core/tensor.h"

namespace octet {

struct CodedConstant;

// Immutable and cheap to copy. Threading: any thread.
class Constant {
 public:
  // `tensor` must be contiguous.
  explicit Constant(Tensor tensor);
  // Little-endian row-major elements. Precondition: range.size == elements * dtype_size(dtype).
  Constant(DType dtype, const Shape& shape, FileRange range);

  // What `compute` gives at each load(), which keeps no copy: a tensor of this type and these
  // extents, or an error. `key`: equal for equal elements; unknown where nobody can tell. `depth`:
  // one more than the greatest depth() of the constants that compute() loads. Precondition:
  // compute() may be called from any thread.
  Constant(DType dtype, const Shape& shape, std::function<Result<Tensor>()> compute, SharedKey key,
           int depth = 1);

  // The same elements in other extents, and coded() where that stays true: of a scale for all of
  // them, of one for each index of a first axis that keeps its extent, or where only leading
  // extents of 1 differ. Precondition: as many of them.
  Constant reshaped(const Shape& shape) const;
  // Each f32 element times the factor of its index on `axis`: float(element * factor), the product
  // taken in double. Nothing is read or multiplied before load(), which keeps no copy, so that a
  // scaled weight costs its factors alone. Precondition: one factor per index.
  Constant scaled(int axis, std::vector<double> factors) const;

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  uint64_t byte_count() const;
  // The same bytes as elements of a type of the same size.
  Constant as_type(DType dtype) const;
  // The codes that these floats are made of; nullptr where there are none.
  const std::shared_ptr<const CodedConstant>& coded() const { return coded_; }
  // Precondition: they are what load() gives.
  Constant with_coded(std::shared_ptr<const CodedConstant> coded) const;
  // The elements; read from the file at each call when they are not in memory. Error: kIoError.
  Result<Tensor> load() const;
  // How many computations load() does one inside another; 0: it reads.
  int depth() const;
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
    int depth;
  };

  DType dtype_;
  Shape shape_;
  std::variant<Tensor, FileRange, std::shared_ptr<const Computation>> data_;
  std::vector<Scaling> scalings_;  // the first one is applied first
  std::shared_ptr<const CodedConstant> coded_;
};

}  // namespace octet
