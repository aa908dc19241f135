// Concrete shapes and strides of at most kMaxRank dimensions, without heap memory.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace octet {

inline constexpr int kMaxRank = 8;

// Extents (or strides, in elements) of a tensor. A value type of fixed size; rank 0 is a scalar.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) {
    for (int64_t dim : dims) push_back(dim);
  }
  explicit Shape(std::span<const int64_t> dims) {
    for (int64_t dim : dims) push_back(dim);
  }

  int rank() const { return rank_; }
  int64_t operator[](int axis) const {
    return assert(axis >= 0 && axis < rank_), dims_[static_cast<size_t>(axis)];
  }
  int64_t& operator[](int axis) {
    return assert(axis >= 0 && axis < rank_), dims_[static_cast<size_t>(axis)];
  }
  int64_t back() const { return (*this)[rank_ - 1]; }
  void push_back(int64_t dim) {
    assert(rank_ < kMaxRank);
    dims_[static_cast<size_t>(rank_++)] = dim;
  }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }
  std::span<const int64_t> dims() const { return {begin(), end()}; }

  // Product of the extents; 1 for a scalar. Precondition: it fits (checked where shapes are made).
  int64_t element_count() const {
    int64_t count = 1;
    for (int64_t dim : dims()) count *= dim;
    return count;
  }
  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }

 private:
  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

using Strides = Shape;

// Row-major strides, in elements.
Strides contiguous_strides(const Shape& shape);
// Whether `strides` lay the elements out row-major without gaps (extents of 1 are free).
bool is_contiguous(const Shape& shape, const Strides& strides);
// "2x128x384"; "scalar" for rank 0.
std::string to_string(const Shape& shape);

}  // namespace octet
