// Texts of single values.
#include "runtime/ops/describe.h"

#include <charconv>

#include "runtime/core/quantized_constant.h"

namespace octet {

std::string to_string(const std::vector<FieldText>& fields) {
  std::string text;
  for (const FieldText& field : fields)
    text += (text.empty() ? "" : ", ") + std::string(field.name) + ": " + field.text;
  return text;
}

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(int64_t value) { return std::to_string(value); }

std::string text_of(float value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

std::string text_of(const std::string& value) { return "\"" + value + "\""; }
std::string text_of(const Dim& value) { return value.str(); }

std::string text_of(const std::shared_ptr<const QuantizedConstant>& weights) {
  if (weights == nullptr) return "none";
  const std::string narrow = weights->bits < 8 ? std::to_string(weights->bits) + "-bit " : "";
  return narrow + dtype_name(weights->code_type) + "[" + to_string(weights->shape) + "] " +
         granularity_name(weights->granularity);
}

std::optional<SharedKey> made_from(const std::shared_ptr<const QuantizedConstant>& weights) {
  return weights == nullptr ? SharedKey() : weights->key;
}

}  // namespace octet
