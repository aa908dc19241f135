// Loading of constants.
#include "runtime/core/constant.h"

#include <algorithm>

#include "runtime/core/coded_constant.h"

namespace octet {
namespace {

// dst may be src.
void scale(const float* src, int64_t count, int64_t inner, const std::vector<double>& factors,
           float* dst) {
  const auto channels = static_cast<int64_t>(factors.size());
  if (inner == 1) {
    for (int64_t i = 0; i < count; i += channels)
      for (int64_t c = 0; c < channels; ++c)
        dst[i + c] = static_cast<float>(double{src[i + c]} * factors[static_cast<size_t>(c)]);
    return;
  }
  for (int64_t i = 0; i < count; i += inner) {
    const double factor = factors[static_cast<size_t>(i / inner % channels)];
    for (int64_t j = i; j < i + inner; ++j) dst[j] = static_cast<float>(double{src[j]} * factor);
  }
}

// Extents of 1 in front of a matrix.
int leading_ones(const Shape& shape) {
  int count = 0;
  while (count + 2 < shape.rank() && shape[count] == 1) ++count;
  return count;
}

// A scale or zero point with an element for each block, where the codes lose `before` leading
// extents of 1 and get `after`.
Constant with_ones(const Constant& part, int before, int after) {
  const std::span<const int64_t> dims = part.shape().dims();
  std::vector<int64_t> extents(static_cast<size_t>(after), 1);
  extents.insert(extents.end(), dims.begin() + before, dims.end());
  return part.reshaped(Shape(std::span<const int64_t>(extents)));
}

// The same codes in extents that differ in leading ones alone; nullptr where these do not.
std::shared_ptr<const CodedConstant> with_leading_ones(const CodedConstant& coded,
                                                       const Shape& shape) {
  const Shape& own = coded.codes.shape();
  const int before = leading_ones(own), after = leading_ones(shape);
  const bool same = std::ranges::equal(own.dims().subspan(static_cast<size_t>(before)),
                                       shape.dims().subspan(static_cast<size_t>(after)));
  if (!same || coded.axis < before) return nullptr;
  auto moved = std::make_shared<CodedConstant>(coded);
  moved->codes = coded.codes.reshaped(shape);
  moved->axis += after - before;
  if (coded.block_size == 0) return moved;
  moved->scale = with_ones(coded.scale, before, after);
  if (coded.zero_point) moved->zero_point = with_ones(*coded.zero_point, before, after);
  return moved;
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

}  // namespace

Constant::Constant(Tensor tensor)
    : dtype_(tensor.dtype()), shape_(tensor.shape()), data_(std::move(tensor)) {
  assert(std::get<Tensor>(data_).view().contiguous());
}

Constant::Constant(DType dtype, const Shape& shape, FileRange range)
    : dtype_(dtype), shape_(shape), data_(std::move(range)) {
  assert(std::get<FileRange>(data_).size == byte_count());
}

Constant::Constant(DType dtype, const Shape& shape, std::function<Result<Tensor>()> compute,
                   SharedKey key, int depth)
    : dtype_(dtype),
      shape_(shape),
      data_(std::make_shared<const Computation>(
          Computation{std::move(compute), std::move(key), depth})) {}

int Constant::depth() const {
  const auto* computation = std::get_if<std::shared_ptr<const Computation>>(&data_);
  return computation == nullptr ? 0 : (*computation)->depth;
}

Constant Constant::reshaped(const Shape& shape) const {
  assert(shape.element_count() == shape_.element_count());
  Constant result = *this;
  result.shape_ = shape;
  if (coded_ == nullptr) return result;
  const bool keeps_first = coded_->axis == 0 && coded_->block_size == 0 && shape.rank() > 0 &&
                           shape_.rank() > 0 && shape[0] == shape_[0];
  result.coded_ = with_leading_ones(*coded_, shape);
  if (result.coded_ != nullptr || (!coded_->is_per_tensor() && !keeps_first)) return result;
  auto coded = std::make_shared<CodedConstant>(*coded_);
  coded->codes = coded->codes.reshaped(shape);
  result.coded_ = std::move(coded);
  return result;
}

Constant Constant::as_type(DType dtype) const {
  assert(dtype_size(dtype) == dtype_size(dtype_) && coded_ == nullptr && scalings_.empty());
  Constant result = *this;
  result.dtype_ = dtype;
  return result;
}

Constant Constant::with_coded(std::shared_ptr<const CodedConstant> coded) const {
  assert(is_floating(dtype_) && coded->codes.shape() == shape_);
  Constant result = *this;
  result.coded_ = std::move(coded);
  return result;
}

Constant Constant::scaled(int axis, std::vector<double> factors) const {
  assert(dtype_ == DType::kF32 && static_cast<int64_t>(factors.size()) == shape_[axis]);
  int64_t inner = 1;
  for (int i = axis + 1; i < shape_.rank(); ++i) inner *= shape_[i];
  Constant result = *this;
  result.coded_.reset();
  result.scalings_.push_back(
      {inner, std::make_shared<const std::vector<double>>(std::move(factors))});
  return result;
}

uint64_t Constant::byte_count() const {
  return static_cast<uint64_t>(shape_.element_count()) * dtype_size(dtype_);
}

Result<Tensor> Constant::load() const {
  const auto* held = std::get_if<Tensor>(&data_);
  Tensor tensor;
  if (held != nullptr) {
    // The same memory in the constant's extents.
    tensor = Tensor(held->owner(), contiguous_view(held->bytes(), dtype_, shape_));
  } else if (const auto* computation = std::get_if<std::shared_ptr<const Computation>>(&data_)) {
    OCTET_ASSIGN_OR_RETURN(const Tensor made, (*computation)->compute());
    assert(made.byte_count() == byte_count());
    tensor = Tensor(made.owner(), contiguous_view(made.bytes(), dtype_, shape_));
  } else {
    const auto& range = std::get<FileRange>(data_);
    tensor = Tensor(dtype_, shape_);
    OCTET_RETURN_IF_ERROR(
        range.file->read(range.offset, {tensor.bytes(), static_cast<size_t>(range.size)}));
  }
  if (scalings_.empty() || shape_.element_count() == 0) return tensor;
  Tensor result = held != nullptr ? Tensor(dtype_, shape_) : tensor;
  const float* src = tensor.elements<const float>().data();
  for (const Scaling& scaling : scalings_) {
    scale(src, shape_.element_count(), scaling.inner, *scaling.factors,
          result.elements<float>().data());
    src = result.elements<const float>().data();
  }
  return result;
}

SharedKey Constant::key() const {
  SharedKey key;
  if (const auto* tensor = std::get_if<Tensor>(&data_)) {
    key = SharedKey::of_buffer(tensor->owner(), tensor->bytes());
  } else if (const auto* computation = std::get_if<std::shared_ptr<const Computation>>(&data_)) {
    key = (*computation)->key;
  } else {
    const auto& range = std::get<FileRange>(data_);
    key = SharedKey::of_name("file")
              .with("identity", bytes_of(range.file->identity()))
              .with("offset", bytes_of(range.offset));
  }
  key = key.with(dtype_name(dtype_), std::as_bytes(shape_.dims()));
  for (const Scaling& scaling : scalings_)
    key = key.with("scaled", bytes_of(scaling.inner))
              .with("by", std::as_bytes(std::span(*scaling.factors)));
  return key;
}

}  // namespace octet
