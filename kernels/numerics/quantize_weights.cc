// Per-channel quantization of weights.
#include "kernels/numerics/quantize_weights.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/numerics/quantize.h"
#include "runtime/core/run_control.h"

namespace octet::numerics {
namespace {

std::string element_name(const char* name, int64_t n, int64_t k) {
  return std::string(name) + "[" + std::to_string(n) + ", " + std::to_string(k) + "]";
}

Status check_smoothing(const float* smoothing, int64_t k) {
  for (int64_t i = 0; i < k; ++i)
    if (!std::isfinite(smoothing[i]) || smoothing[i] <= 0)
      return invalid_argument("smoothing[" + std::to_string(i) + "] is " +
                              std::to_string(smoothing[i]) + ", expected a finite number above 0");
  return Status::ok();
}

int32_t integer_at(const Tensor& tensor, int64_t index) {
  const auto i = static_cast<size_t>(index);
  return tensor.dtype() == DType::kI8 ? int32_t{tensor.elements<const int8_t>()[i]}
                                      : int32_t{tensor.elements<const uint8_t>()[i]};
}

Status check_matrix(const Tensor& weights) {
  if (weights.dtype() != DType::kF32)
    return invalid_argument(std::string("weights are ") + dtype_name(weights.dtype()) +
                            ", expected float32");
  if (weights.shape().rank() != 2)
    return invalid_argument("weights have shape " + to_string(weights.shape()) +
                            ", expected [N, K]");
  return Status::ok();
}

// One block of a row of codes; its scale.
float quantize_block(std::span<const float> values, int bits, int8_t* codes) {
  float largest = 0;
  for (const float value : values)
    if (std::abs(value) > std::abs(largest)) largest = value;
  const int32_t low = -(1 << (bits - 1));
  const float scale = largest / static_cast<float>(low);
  if (std::abs(scale) < kSmallestScale) {
    std::fill_n(codes, values.size(), int8_t{0});
    return 1;
  }
  for (size_t i = 0; i < values.size(); ++i)
    codes[i] = static_cast<int8_t>(quantize(values[i], scale, 0, low, -low - 1));
  return scale;
}

}  // namespace

Result<QuantizedTensor> quantize_weights_in_blocks(const Tensor& weights, int bits, int64_t block) {
  OCTET_RETURN_IF_ERROR(check_matrix(weights));
  const int64_t rows = weights.shape()[0], columns = weights.shape()[1];
  const int64_t blocks = block_count(columns, block);
  QuantizedTensor result;
  result.int_data = Tensor(DType::kI8, weights.shape());
  result.scale = Tensor(DType::kF32, Shape{rows, blocks});
  result.granularity = Granularity::kBlocked;
  result.block_size = block;
  result.bits = bits;
  const float* source = weights.view().as<const float>();
  const Strides& strides = weights.view().strides;
  float* scale = result.scale.view().as<float>();
  std::vector<float> row(static_cast<size_t>(columns));
  for (int64_t n = 0; n < rows; ++n) {
    OCTET_RETURN_IF_ERROR(check_stop());
    for (int64_t k = 0; k < columns; ++k) {
      const float weight = source[n * strides[0] + k * strides[1]];
      if (!std::isfinite(weight))
        return invalid_argument(element_name("weights", n, k) + " is " + std::to_string(weight) +
                                ", expected a finite number; the layer cannot be quantized");
      row[static_cast<size_t>(k)] = weight;
    }
    for (int64_t first = 0; first < columns; first += block) {
      const auto count = static_cast<size_t>(std::min(block, columns - first));
      *scale++ = quantize_block(std::span(row).subspan(static_cast<size_t>(first), count), bits,
                                result.int_data.view().as<int8_t>() + n * columns + first);
    }
  }
  return result;
}

Result<QuantizedTensor> quantize_weights_per_channel(const Tensor& weights,
                                                     const float* smoothing) {
  OCTET_RETURN_IF_ERROR(check_matrix(weights));
  const int64_t rows = weights.shape()[0], columns = weights.shape()[1];
  if (smoothing != nullptr) OCTET_RETURN_IF_ERROR(check_smoothing(smoothing, columns));

  QuantizedTensor result;
  result.int_data = Tensor(DType::kI8, weights.shape());
  result.scale = Tensor(DType::kF32, Shape{rows});
  if (smoothing != nullptr) {
    const std::span<const float> factors(smoothing, static_cast<size_t>(columns));
    result.smoothing = Tensor::from<float>(factors, Shape{columns});
  }
  const float* source = weights.view().as<const float>();
  const Strides& strides = weights.view().strides;
  std::vector<float> row(static_cast<size_t>(columns));
  for (int64_t n = 0; n < rows; ++n) {
    OCTET_RETURN_IF_ERROR(check_stop());
    float largest = 0;
    for (int64_t k = 0; k < columns; ++k) {
      const float weight = source[n * strides[0] + k * strides[1]];
      const float value = smoothing == nullptr ? weight : weight * smoothing[k];
      if (!std::isfinite(value))
        return invalid_argument(
            element_name("weights", n, k) + " is " + std::to_string(weight) +
            (std::isfinite(weight) ? " and overflows with its smoothing factor" : "") +
            ", expected a finite number; the layer cannot be quantized");
      row[static_cast<size_t>(k)] = value;
      largest = std::max(largest, std::abs(value));
    }
    const bool zeros = largest / 127.0f < kSmallestScale;
    const float scale = zeros ? 1.0f : largest / 127.0f;
    result.scale.elements<float>()[static_cast<size_t>(n)] = scale;
    int8_t* codes = result.int_data.view().as<int8_t>() + n * columns;
    for (size_t k = 0; k < row.size(); ++k)
      codes[k] = zeros ? int8_t{0} : static_cast<int8_t>(quantize(row[k], scale, 0, -127, 127));
  }
  return result;
}

Tensor dequantize_weights(const QuantizedTensor& tensor) {
  Tensor weights(DType::kF32, tensor.int_data.shape());
  float* values = weights.view().as<float>();
  for (int64_t n = 0; n < tensor.n(); ++n) {
    for (int64_t k = 0; k < tensor.k(); ++k) {
      const float scale =
          tensor.scale.elements<const float>()[static_cast<size_t>(scale_index(tensor, n, k))];
      float value = tensor.has_float_zero_points()
                        ? static_cast<float>(shifted_code(tensor, n, k)) * scale
                        : dequantize(code_at(tensor, n, k), scale, zero_point_at(tensor, n, k));
      if (tensor.smoothing)
        value /= tensor.smoothing->elements<const float>()[static_cast<size_t>(k)];
      values[n * tensor.k() + k] = value;
    }
  }
  return weights;
}

int32_t code_at(const QuantizedTensor& tensor, int64_t n, int64_t k) {
  return integer_at(tensor.int_data, n * tensor.k() + k);
}

int32_t zero_point_at(const QuantizedTensor& tensor, int64_t n, int64_t k) {
  return tensor.zero_point ? integer_at(*tensor.zero_point, scale_index(tensor, n, k)) : 0;
}

double shifted_code(const QuantizedTensor& tensor, int64_t n, int64_t k) {
  if (!tensor.has_float_zero_points()) return code_at(tensor, n, k) - zero_point_at(tensor, n, k);
  const auto index = static_cast<size_t>(scale_index(tensor, n, k));
  return code_at(tensor, n, k) - double{tensor.zero_point->elements<const float>()[index]};
}

}  // namespace octet::numerics
