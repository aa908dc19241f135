// Loads weights, joins them, and keeps what they were made from.
#include "runtime/passes/quantize/concat_weights.h"

#include <cstring>

namespace octet {
namespace {

// What cannot be read is like nothing.
bool same_elements(const std::optional<Constant>& lhs, const std::optional<Constant>& rhs) {
  if (!lhs || !rhs) return lhs.has_value() == rhs.has_value();
  const auto left = lhs->load(), right = rhs->load();
  return left.is_ok() && right.is_ok() && left->dtype() == right->dtype() &&
         left->byte_count() == right->byte_count() &&
         std::memcmp(left->bytes(), right->bytes(), left->byte_count()) == 0;
}

}  // namespace

Result<std::shared_ptr<const QuantizedConstant>> concat_rows(const QuantizedWeights& weights) {
  std::vector<QuantizedTensor> loaded;
  for (const auto& part : weights) {
    OCTET_ASSIGN_OR_RETURN(QuantizedTensor tensor, part->load());
    loaded.push_back(std::move(tensor));
  }
  std::vector<const QuantizedTensor*> parts;
  for (const QuantizedTensor& tensor : loaded) parts.push_back(&tensor);
  return std::make_shared<const QuantizedConstant>(concat_rows(parts), rows_key(weights));
}

SharedKey rows_key(const QuantizedWeights& weights) {
  std::vector<SharedKey> parts;
  for (const auto& part : weights) parts.push_back(part->key);
  return SharedKey::of_rows(parts);
}

bool can_concat_rows(const QuantizedConstant& lhs, const QuantizedConstant& rhs) {
  return lhs.has_codes() && rhs.has_codes() && lhs.k() == rhs.k() &&
         lhs.code_type == rhs.code_type && lhs.bits == rhs.bits &&
         lhs.granularity == rhs.granularity && lhs.granularity != Granularity::kPerTensor &&
         lhs.block_size == rhs.block_size &&
         lhs.zero_point.has_value() == rhs.zero_point.has_value() &&
         same_elements(lhs.smoothing, rhs.smoothing) &&
         same_elements(lhs.group_index, rhs.group_index);
}

}  // namespace octet
