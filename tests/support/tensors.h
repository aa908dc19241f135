// Tensors for tests: made from values, at random, or with unusual strides.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "runtime/core/tensor.h"

namespace octet::test {

// A small deterministic generator (xorshift64*): the same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du) {}
  uint64_t next();
  // In [low, high).
  float uniform(float low, float high);
  // In [low, high].
  int64_t integer(int64_t low, int64_t high);
  // Mean 0, standard deviation 1.
  float normal();

 private:
  uint64_t state_;
};

template <class T>
Tensor make_tensor(const Shape& shape, std::initializer_list<T> values) {
  return Tensor::from<T>(std::span<const T>(values.begin(), values.size()), shape);
}

// float32, uniform in [low, high).
Tensor random_floats(const Shape& shape, uint64_t seed, float low = -1, float high = 1);
// Any integer type, the small ones included, uniform in [low, high].
Tensor random_integers(DType dtype, const Shape& shape, uint64_t seed, int64_t low, int64_t high);

// The same elements row-major without gaps, in new memory.
Tensor contiguous_copy(const Tensor& tensor);
// The same elements and shape, laid out with the axes in reverse order and a gap after each
// innermost run.
Tensor strided_copy(const Tensor& tensor);
// A view of `shape` on `tensor` with stride 0 along the broadcast axes (right-aligned).
Tensor broadcast_view(const Tensor& tensor, const Shape& shape);
// Elements as double, row-major, of any type but kRowParams; for messages and comparisons.
std::vector<double> to_doubles(const Tensor& tensor);
// float32 -> another float type, rounded to nearest even.
Tensor convert_floats(const Tensor& floats, DType to);

}  // namespace octet::test
