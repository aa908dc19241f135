// Turns the parts to [N, K], as computed constants.
#include "runtime/passes/quantize/coded_weights.h"

#include <algorithm>
#include <cmath>

#include "runtime/core/code_type.h"
#include "runtime/core/float_constant.h"
#include "runtime/passes/linear/transpose.h"

namespace octet {
namespace {

// A matrix of one-byte or four-byte elements with its axes exchanged.
Constant transposed(const Constant& matrix) {
  const int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
  const auto compute = [matrix, rows, columns]() -> Result<Tensor> {
    OCTET_ASSIGN_OR_RETURN(const Tensor from, matrix.load());
    Tensor to(matrix.dtype(), Shape{columns, rows});
    const std::byte* src = from.view().data;
    std::byte* dst = to.view().data;
    if (dtype_size(matrix.dtype()) == 1)
      transpose(src, rows, columns, dst);
    else
      transpose(reinterpret_cast<const uint32_t*>(src), rows, columns,
                reinterpret_cast<uint32_t*>(dst));
    return to;
  };
  return Constant(matrix.dtype(), Shape{columns, rows}, compute, matrix.key().with("transposed"));
}

// Which of the parts' granularities a matrix has.
Result<Granularity> granularity_of(const CodedConstant& coded, int axis_n) {
  if (coded.block_size == 0 && coded.is_per_tensor()) return Granularity::kPerTensor;
  if (coded.block_size == 0 && coded.axis == axis_n) return Granularity::kPerChannel;
  if (coded.block_size == 0)
    return unsupported(
        "its weights have a scale for each input feature, which sums of codes don't");
  if (coded.axis != axis_n) return Granularity::kBlocked;
  return unsupported("its weights have blocks across output features");
}

bool is_finite(const Tensor& scale) {
  const auto numbers = scale.elements<const float>();
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

Result<std::shared_ptr<const QuantizedConstant>> coded_weights(const CodedConstant& coded,
                                                               bool by_row) {
  const DType type = byte_type(coded.codes.dtype());
  if (is_small_float(coded.codes.dtype()))
    return unsupported(std::string("its weights are ") + dtype_name(coded.codes.dtype()) +
                       ", and kernels have codes that are integers");
  if (type != DType::kI8 && type != DType::kU8)
    return unsupported(std::string("its weights are ") + dtype_name(type) +
                       ", and kernels have codes of up to 8 bits");
  OCTET_ASSIGN_OR_RETURN(const Granularity granularity, granularity_of(coded, by_row ? 0 : 1));
  const bool blocked = granularity == Granularity::kBlocked;
  // A part with an element for each block lies as the codes do; any other is a vector.
  const auto part = [&](const Constant& constant) {
    if (!blocked) return constant.reshaped(Shape{constant.shape().element_count()});
    return by_row ? constant : transposed(constant);
  };
  QuantizedTensor extents;
  const Shape& shape = coded.codes.shape();
  extents.int_data = Tensor(
      nullptr, contiguous_view(nullptr, type, {shape[by_row ? 0 : 1], shape[by_row ? 1 : 0]}));
  extents.bits = dtype_bits(coded.codes.dtype());
  extents.granularity = granularity;
  extents.block_size = blocked ? coded.block_size : 0;
  auto weights = std::make_shared<QuantizedConstant>(extents);
  const Constant codes = coded.codes.as_type(type);
  weights->int_data = by_row ? codes : transposed(codes);
  weights->scale = part(as_f32(coded.scale));
  OCTET_ASSIGN_OR_RETURN(const Tensor scale, weights->scale.load());
  if (!is_finite(scale)) return unsupported("a scale of its weights is NaN or infinite");
  weights->key = weights->int_data->key().with("scale", weights->scale.key());
  if (coded.zero_point) {
    weights->zero_point = part(coded.zero_point->as_type(type));
    weights->key = weights->key.with("zero point", weights->zero_point->key());
  }
  weights->key = weights->key.with("bits " + std::to_string(weights->bits) + " block " +
                                   std::to_string(weights->block_size));
  return std::shared_ptr<const QuantizedConstant>(std::move(weights));
}

Result<QuantizationScheme> scheme_of_weights(const QuantizedConstant& weights) {
  QuantizationScheme scheme;
  scheme.weights.type = code_type(weights.code_type, weights.bits);
  scheme.weights.granularity = weights.granularity;
  scheme.weights.block = weights.block_size;
  if (!weights.zero_point) return scheme;
  OCTET_ASSIGN_OR_RETURN(const Tensor zero_point, weights.zero_point->load());
  const std::span bytes(zero_point.bytes(), zero_point.byte_count());
  if (std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{}; }))
    scheme.weights.zero_point = ZeroPoint::kInteger;
  return scheme;
}

}  // namespace octet
