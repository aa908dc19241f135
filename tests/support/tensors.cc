// Making of test tensors.
#include "tests/support/tensors.h"

#include <cmath>
#include <cstring>

#include "runtime/core/small_float.h"

namespace octet::test {
namespace {

// Calls visit(offset in elements of `strides`, row-major index) for every element.
template <class Visit>
void for_each_element(const Shape& shape, const Strides& strides, Visit visit) {
  const int64_t count = shape.element_count();
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, offset = 0;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      offset += rest % shape[axis] * strides[axis];
      rest /= shape[axis];
    }
    visit(offset, i);
  }
}

double element(DType dtype, const std::byte* at) {
  const auto load = [at]<class T>(T value) {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (dtype) {
    case DType::kF32:
      return static_cast<double>(load(float{}));
    case DType::kF64:
      return load(double{});
    case DType::kF16:
      return static_cast<double>(to_float(load(Float16{})));
    case DType::kBF16:
      return static_cast<double>(to_float(load(BFloat16{})));
    case DType::kI8:
      return load(int8_t{});
    case DType::kU8:
      return load(uint8_t{});
    case DType::kI16:
      return load(int16_t{});
    case DType::kU16:
      return load(uint16_t{});
    case DType::kI32:
      return load(int32_t{});
    case DType::kU32:
      return load(uint32_t{});
    case DType::kI64:
      return static_cast<double>(load(int64_t{}));
    case DType::kU64:
      return static_cast<double>(load(uint64_t{}));
    case DType::kBool:
      return load(uint8_t{});
    default:
      break;
  }
  if (is_small_float(dtype)) return double{small_float_value(dtype, load(uint8_t{}))};
  assert(is_small_integer(dtype));
  return byte_type(dtype) == DType::kI8 ? int{load(int8_t{})} : int{load(uint8_t{})};
}

}  // namespace

uint64_t Random::next() {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return state_ * 0x2545F4914F6CDD1Du;
}

float Random::uniform(float low, float high) {
  return low + (high - low) * (static_cast<float>(next() >> 40) * 0x1p-24f);
}

int64_t Random::integer(int64_t low, int64_t high) {
  const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  const uint64_t value = width == 0 ? next() : next() % width;
  return static_cast<int64_t>(static_cast<uint64_t>(low) + value);
}

float Random::normal() {
  const float radius = std::sqrt(-2.0f * std::log(uniform(0x1p-24f, 1.0f)));
  return radius * std::cos(uniform(0.0f, 6.2831853f));
}

Tensor random_floats(const Shape& shape, uint64_t seed, float low, float high) {
  Tensor tensor(DType::kF32, shape);
  Random random(seed);
  for (float& value : tensor.elements<float>()) value = random.uniform(low, high);
  return tensor;
}

Tensor random_integers(DType dtype, const Shape& shape, uint64_t seed, int64_t low, int64_t high) {
  Tensor tensor(dtype, shape);
  Random random(seed);
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    const int64_t value =
        random.integer(low, high);  // little-endian: the low bytes are the narrow value
    const size_t size = dtype_size(dtype);
    std::memcpy(tensor.bytes() + static_cast<size_t>(i) * size, &value, size);
  }
  return tensor;
}

Tensor contiguous_copy(const Tensor& tensor) {
  Tensor copy(tensor.dtype(), tensor.shape());
  const auto size = static_cast<int64_t>(dtype_size(tensor.dtype()));
  for_each_element(tensor.shape(), tensor.view().strides, [&](int64_t offset, int64_t index) {
    std::memcpy(copy.bytes() + index * size, tensor.bytes() + offset * size,
                static_cast<size_t>(size));
  });
  return copy;
}

Tensor strided_copy(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  Strides strides = shape;
  int64_t extent = 2;  // every second element is a gap
  for (int axis = 0; axis < shape.rank(); ++axis) {
    strides[axis] = extent;
    extent *= std::max<int64_t>(shape[axis], 1);
  }
  const auto size = static_cast<int64_t>(dtype_size(tensor.dtype()));
  const auto bytes = static_cast<size_t>(extent * size);
  auto memory = allocate_buffer(bytes);
  std::memset(memory.get(), 0xFF, bytes);
  const Tensor plain = contiguous_copy(tensor);
  for_each_element(shape, strides, [&](int64_t offset, int64_t index) {
    std::memcpy(memory.get() + offset * size, plain.bytes() + index * size,
                static_cast<size_t>(size));
  });
  const TensorView view{memory.get(), tensor.dtype(), shape, strides};
  return Tensor(std::move(memory), view);
}

Tensor broadcast_view(const Tensor& tensor, const Shape& shape) {
  Strides strides = shape;
  const int shift = shape.rank() - tensor.shape().rank();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool repeated = axis < shift || tensor.shape()[axis - shift] == 1;
    strides[axis] = repeated ? 0 : tensor.view().strides[axis - shift];
  }
  auto owner = std::make_shared<Tensor>(tensor);
  return Tensor(owner, {tensor.bytes(), tensor.dtype(), shape, strides});
}

std::vector<double> to_doubles(const Tensor& tensor) {
  std::vector<double> values(static_cast<size_t>(tensor.element_count()));
  const auto size = static_cast<int64_t>(dtype_size(tensor.dtype()));
  for_each_element(tensor.shape(), tensor.view().strides, [&](int64_t offset, int64_t index) {
    values[static_cast<size_t>(index)] = element(tensor.dtype(), tensor.bytes() + offset * size);
  });
  return values;
}

Tensor convert_floats(const Tensor& floats, DType to) {
  const Tensor plain = contiguous_copy(floats);
  Tensor result(to, plain.shape());
  const auto source = plain.elements<const float>();
  for (size_t i = 0; i < source.size(); ++i) {
    if (to == DType::kF32) result.elements<float>()[i] = source[i];
    if (to == DType::kF64) result.elements<double>()[i] = static_cast<double>(source[i]);
    if (to == DType::kF16) result.elements<Float16>()[i] = to_float16(source[i]);
    if (to == DType::kBF16) result.elements<BFloat16>()[i] = to_bfloat16(source[i]);
    if (is_small_float(to)) result.bytes()[i] = std::byte{to_small_float(to, double{source[i]})};
  }
  return result;
}

}  // namespace octet::test
