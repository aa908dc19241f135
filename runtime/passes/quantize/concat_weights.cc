// Joins quantized weights along their output features.
#include "runtime/passes/quantize/concat_weights.h"

#include <algorithm>
#include <cstring>

#include "runtime/core/quantized_store.h"

namespace octet {
namespace {

// Stacks the contiguous tensors that `component` picks along their first axis.
template <class Component>
Tensor stacked(std::span<const std::shared_ptr<const QuantizedTensor>> weights,
               Component component) {
  const Tensor& first = component(*weights[0]);
  Shape shape = first.shape();
  shape[0] = 0;
  for (const auto& part : weights) shape[0] += component(*part).shape()[0];
  Tensor result(first.dtype(), shape);
  std::byte* target = result.bytes();
  for (const auto& part : weights) {
    const Tensor& tensor = component(*part);
    std::memcpy(target, tensor.bytes(), tensor.byte_count());
    target += tensor.byte_count();
  }
  return result;
}

bool same_smoothing(const std::optional<Tensor>& lhs, const std::optional<Tensor>& rhs) {
  if (!lhs || !rhs) return lhs.has_value() == rhs.has_value();
  return std::ranges::equal(lhs->elements<const float>(), rhs->elements<const float>());
}

}  // namespace

std::shared_ptr<const QuantizedTensor> concat_rows(
    std::span<const std::shared_ptr<const QuantizedTensor>> weights) {
  const QuantizedTensor& first = *weights[0];
  auto result = std::make_shared<QuantizedTensor>();
  result->int_data =
      stacked(weights, [](const QuantizedTensor& part) -> const Tensor& { return part.int_data; });
  result->scale =
      stacked(weights, [](const QuantizedTensor& part) -> const Tensor& { return part.scale; });
  if (first.zero_point)
    result->zero_point = stacked(
        weights, [](const QuantizedTensor& part) -> const Tensor& { return *part.zero_point; });
  result->smoothing = first.smoothing;
  result->granularity = Granularity::kPerChannel;
  result->key = rows_key(weights);
  return result;
}

SharedKey rows_key(std::span<const std::shared_ptr<const QuantizedTensor>> weights) {
  std::vector<SharedKey> parts;
  for (const auto& part : weights) parts.push_back(part->key);
  return SharedKey::of_rows(parts);
}

bool can_concat_rows(const QuantizedTensor& lhs, const QuantizedTensor& rhs) {
  return has_codes(lhs) && has_codes(rhs) && lhs.granularity == Granularity::kPerChannel &&
         rhs.granularity == Granularity::kPerChannel && lhs.k() == rhs.k() &&
         lhs.int_data.dtype() == rhs.int_data.dtype() &&
         lhs.zero_point.has_value() == rhs.zero_point.has_value() &&
         same_smoothing(lhs.smoothing, rhs.smoothing);
}

}  // namespace octet
