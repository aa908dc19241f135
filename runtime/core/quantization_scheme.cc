// The table of named schemes.
#include "runtime/core/quantization_scheme.h"

namespace octet {
namespace {

constexpr WeightScheme kFloatWeights = {};
constexpr WeightScheme kBF16Weights = {ElementType::kBF16};
constexpr WeightScheme kS8PerChannel = {ElementType::kS8, Granularity::kPerChannel};
constexpr WeightScheme kS4Blocks = {ElementType::kS4, Granularity::kBlocked, 32};
constexpr ActivationScheme kFloat = {};
constexpr ActivationScheme kPerToken = {ActivationRange::kDynamicPerToken, ElementType::kU8};
constexpr ActivationScheme kStatic = {ActivationRange::kStaticPerTensor, ElementType::kU8};

struct NamedScheme {
  const char* name;
  QuantizationScheme scheme;
  const char* missing;  // why no model can be loaded so; nullptr: it can
};
constexpr NamedScheme kSchemes[] = {
    {"none", {kFloatWeights, kFloat, Products::kF32}, nullptr},
    {"bf16", {kBF16Weights, kFloat, Products::kBF16}, nullptr},
    {"w8a8", {kS8PerChannel, kPerToken, Products::kInt8}, nullptr},
    {"w8", {kS8PerChannel, kFloat, Products::kByCpu}, nullptr},
    {"w8a8-static",
     {kS8PerChannel, kStatic, Products::kInt8},
     "the ranges of activations come from calibration, which Octet does not do yet; files that were "
     "calibrated elsewhere keep theirs"},
    {"w4", {kS4Blocks, kFloat, Products::kF32}, nullptr},
    {"w4a8",
     {kS4Blocks, kPerToken, Products::kInt8},
     "there are no kernels for codes of 4 bits and quantized activations yet"},
};

const QuantizationScheme& scheme_of(std::string_view name) {
  for (const NamedScheme& row : kSchemes)
    if (name == row.name) return row.scheme;
  return kSchemes[0].scheme;
}

std::string text(const WeightScheme& weights) {
  std::string text = element_type_name(weights.type);
  if (!weights.is_quantized()) return text;
  text += std::string(" ") + granularity_name(weights.granularity);
  if (weights.granularity == Granularity::kBlocked) text += " " + std::to_string(weights.block);
  if (weights.zero_point != ZeroPoint::kNone) text += " with zero points";
  return text;
}

std::string text(const ActivationScheme& activations) {
  const std::string type = element_type_name(activations.type);
  switch (activations.range) {
    case ActivationRange::kFloat:
      return "float";
    case ActivationRange::kDynamicPerToken:
      return type + " per token";
    case ActivationRange::kDynamicPerTensor:
      return type + " per tensor";
    case ActivationRange::kDynamicPerBlock:
      return type + " per block";
    case ActivationRange::kStaticPerTensor:
      return type + " static";
  }
  return type;
}

}  // namespace

const char* granularity_name(Granularity granularity) {
  switch (granularity) {
    case Granularity::kPerTensor:
      return "per_tensor";
    case Granularity::kPerChannel:
      return "per_channel";
    case Granularity::kBlocked:
      return "blocked";
  }
  return "unknown";
}

const char* element_type_name(ElementType type) {
  constexpr const char* kNames[] = {"f32", "bf16", "s8", "u8",  "s4",
                                    "u4",  "s2",   "u2", "s16", "u16"};
  return kNames[static_cast<size_t>(type)];
}

const char* zero_point_name(ZeroPoint zero_point) {
  constexpr const char* kNames[] = {"none", "integer", "float"};
  return kNames[static_cast<size_t>(zero_point)];
}

const char* activation_range_name(ActivationRange range) {
  constexpr const char* kNames[] = {"float", "dynamic_per_token", "dynamic_per_tensor",
                                    "dynamic_per_block", "static_per_tensor"};
  return kNames[static_cast<size_t>(range)];
}

const char* products_name(Products products) {
  constexpr const char* kNames[] = {"f32", "bf16", "int8", "by_cpu"};
  return kNames[static_cast<size_t>(products)];
}

QuantizationScheme QuantizationScheme::bf16() { return scheme_of("bf16"); }
QuantizationScheme QuantizationScheme::w8a8() { return scheme_of("w8a8"); }
QuantizationScheme QuantizationScheme::w8() { return scheme_of("w8"); }

std::string QuantizationScheme::name() const {
  for (const NamedScheme& row : kSchemes)
    if (weights == row.scheme.weights && activations == row.scheme.activations) return row.name;
  return text(weights) + ", " + text(activations);
}

std::string scheme_names() {
  std::string names;
  for (const NamedScheme& row : kSchemes)
    if (row.missing == nullptr) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

Result<QuantizationScheme> scheme_named(std::string_view name) {
  for (const NamedScheme& row : kSchemes) {
    if (name != row.name) continue;
    if (row.missing == nullptr) return row.scheme;
    return unsupported("scheme \"" + std::string(name) + "\": " + row.missing +
                       "; expected one of " + scheme_names());
  }
  return invalid_argument("there is no quantization scheme \"" + std::string(name) +
                          "\"; expected one of " + scheme_names());
}

}  // namespace octet
