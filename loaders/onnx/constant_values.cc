// Element-wise conversions, one dispatch over the element type.
#include "loaders/onnx/constant_values.h"

#include <type_traits>
#include <utility>

#include "runtime/core/small_float.h"

namespace octet {
namespace {

// Calls f(T{}) with the C++ type of `dtype`. Precondition: that is not a small type.
template <class F>
auto with_type(DType dtype, F f) {
  switch (dtype) {
    case DType::kF32:
      return f(float{});
    case DType::kF64:
      return f(double{});
    case DType::kF16:
      return f(Float16{});
    case DType::kBF16:
      return f(BFloat16{});
    case DType::kI8:
      return f(int8_t{});
    case DType::kU8:
      return f(uint8_t{});
    case DType::kI16:
      return f(int16_t{});
    case DType::kU16:
      return f(uint16_t{});
    case DType::kI32:
      return f(int32_t{});
    case DType::kU32:
      return f(uint32_t{});
    case DType::kU64:
      return f(uint64_t{});
    case DType::kBool:
      return f(bool{});
    default:
      break;
  }
  assert(dtype == DType::kI64);
  return f(int64_t{});
}

template <class T>
inline constexpr bool is_half = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

// Shapes, bounds, axes and parts of a split: far fewer in any model. Each becomes a Dim.
constexpr int64_t kMaxElements = 4096;

Status check_count(const Constant& constant) {
  const int64_t count = constant.shape().element_count();
  if (count <= kMaxElements) return Status::ok();
  return resource_exhausted("holds " + std::to_string(count) + " elements, at most " +
                            std::to_string(kMaxElements) + " are expected here");
}

}  // namespace

Result<std::vector<int64_t>> load_integers(const Constant& constant) {
  if (!is_integer(constant.dtype()) && constant.dtype() != DType::kBool)
    return invalid_model(std::string("holds ") + dtype_name(constant.dtype()) +
                         ", expected integers");
  OCTET_RETURN_IF_ERROR(check_count(constant));
  OCTET_ASSIGN_OR_RETURN(const Tensor tensor, constant.load());
  std::vector<int64_t> values;
  bool fits = true;
  with_type(tensor.dtype(), [&](auto type) {
    using T = decltype(type);
    if constexpr (std::is_integral_v<T>) {
      for (const T element : tensor.elements<T>()) {
        if constexpr (std::is_same_v<T, uint64_t>) fits &= std::in_range<int64_t>(element);
        values.push_back(static_cast<int64_t>(element));
      }
    }
  });
  if (!fits) return invalid_model("holds an integer above 2^63");
  return values;
}

Result<std::vector<double>> load_doubles(const Constant& constant) {
  if (is_small(constant.dtype()))
    return invalid_model(std::string("holds ") + dtype_name(constant.dtype()) +
                         ", expected numbers");
  OCTET_RETURN_IF_ERROR(check_count(constant));
  OCTET_ASSIGN_OR_RETURN(const Tensor tensor, constant.load());
  std::vector<double> values;
  values.reserve(static_cast<size_t>(tensor.element_count()));
  with_type(tensor.dtype(), [&](auto type) {
    using T = decltype(type);
    for (const T element : tensor.elements<T>()) {
      if constexpr (is_half<T>)
        values.push_back(to_float(element));
      else
        values.push_back(static_cast<double>(element));
    }
  });
  return values;
}

Tensor make_tensor(DType dtype, const Shape& shape, const std::vector<double>& values) {
  assert(static_cast<int64_t>(values.size()) == shape.element_count());
  Tensor tensor(dtype, shape);
  if (is_small(dtype)) {
    for (size_t i = 0; i < values.size(); ++i)
      tensor.bytes()[i] =
          std::byte{is_small_float(dtype) ? to_small_float(dtype, values[i])
                                          : static_cast<uint8_t>(static_cast<int>(values[i]))};
    return tensor;
  }
  with_type(dtype, [&](auto type) {
    using T = decltype(type);
    auto elements = tensor.elements<T>();
    for (size_t i = 0; i < values.size(); ++i) {
      if constexpr (std::is_same_v<T, Float16>)
        elements[i] = to_float16(static_cast<float>(values[i]));
      else if constexpr (std::is_same_v<T, BFloat16>)
        elements[i] = to_bfloat16(static_cast<float>(values[i]));
      else
        elements[i] = static_cast<T>(values[i]);
    }
  });
  return tensor;
}

Tensor scalar_tensor(DType dtype, double value) { return make_tensor(dtype, Shape{}, {value}); }

}  // namespace octet
