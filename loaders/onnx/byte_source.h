// The bytes of a model: an open file, or memory that the caller owns.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "runtime/core/constant.h"
#include "runtime/core/file_range.h"

namespace octet {

// A value type; copies share. Threading: any thread.
class ByteSource {
 public:
  explicit ByteSource(std::shared_ptr<const File> file) : file_(std::move(file)) {}
  // Without an `owner`, `memory` must outlive the source only, and constants are copied out of it.
  ByteSource(std::span<const std::byte> memory, std::shared_ptr<const void> owner)
      : memory_(memory), owner_(std::move(owner)) {}

  // The same, in memory of its own where nobody keeps the caller's.
  ByteSource kept() const {
    if (file_ || owner_ || memory_.empty()) return *this;
    const auto copy = allocate_buffer(memory_.size());
    std::memcpy(copy.get(), memory_.data(), memory_.size());
    return ByteSource({copy.get(), memory_.size()}, copy);
  }

  uint64_t size() const { return file_ ? file_->size() : memory_.size(); }
  // Error: kIoError. Precondition: offset + destination.size() <= size().
  Status read(uint64_t offset, std::span<std::byte> destination) const;
  // The tensor whose elements begin at `offset`: a range of the file, or shared memory where its
  // alignment allows. Bools are read and become 0 or 1. Precondition: the elements lie inside of
  // the source.
  Result<Constant> constant(DType dtype, const Shape& shape, uint64_t offset) const;

 private:
  std::shared_ptr<const File> file_;
  std::span<const std::byte> memory_;
  std::shared_ptr<const void> owner_;
};

// Makes every element of a bool tensor 0 or 1: a C++ bool of another value is undefined behaviour.
void normalize_bools(const Tensor& tensor);

}  // namespace octet
