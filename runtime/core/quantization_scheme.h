// QuantizationScheme: how the weights and the activations of a linear layer are kept and
// multiplied.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/core/fields.h"
#include "runtime/core/status.h"

namespace octet {

enum class Granularity {
  kPerTensor,   // scale [1]
  kPerChannel,  // scale [N], one per output feature
  kBlocked,     // scale [N, ceil(K / block)]
};
const char* granularity_name(Granularity granularity);  // "per_tensor", "per_channel", "blocked"

// What an element of a weight or of an activation is kept as. The integer types are codes.
enum class ElementType { kF32, kBF16, kS8, kU8, kS4, kU4, kS2, kU2, kS16, kU16 };
const char* element_type_name(ElementType type);  // "f32", "bf16", "s8", ...

enum class ZeroPoint { kNone, kInteger, kFloat };
const char* zero_point_name(ZeroPoint zero_point);  // "none", "integer", "float"

// The range that the codes of activations span.
enum class ActivationRange {
  kFloat,             // no codes: activations stay float
  kDynamicPerToken,   // of each row, when it comes
  kDynamicPerTensor,  // of all rows of a run
  kDynamicPerBlock,   // of each block of a row
  kStaticPerTensor,   // known when the model is loaded
};
const char* activation_range_name(ActivationRange range);  // "float", "dynamic_per_token", ...

struct WeightScheme {
  ElementType type = ElementType::kF32;
  Granularity granularity = Granularity::kPerChannel;  // of codes
  int64_t block = 0;                                   // along K; only of kBlocked
  ZeroPoint zero_point = ZeroPoint::kNone;

  bool is_quantized() const { return type != ElementType::kF32 && type != ElementType::kBF16; }
  bool operator==(const WeightScheme&) const = default;
};
auto fields(Is<WeightScheme> auto& scheme, auto&& visit) {
  return visit(identity("type", scheme.type, element_type_name),
               identity("granularity", scheme.granularity, granularity_name),
               identity("block", scheme.block),
               identity("zero_point", scheme.zero_point, zero_point_name));
}

struct ActivationScheme {
  ActivationRange range = ActivationRange::kFloat;
  ElementType type = ElementType::kF32;  // of the codes
  bool operator==(const ActivationScheme&) const = default;
};
auto fields(Is<ActivationScheme> auto& scheme, auto&& visit) {
  return visit(identity("range", scheme.range, activation_range_name),
               identity("type", scheme.type, element_type_name));
}

// What the products are computed in. kByCpu: bf16 where the CPU is fast at it, else f32; whoever
// plans a layer decides it, so that what runs is known.
enum class Products { kF32, kBF16, kInt8, kByCpu };
const char* products_name(Products products);  // "f32", "bf16", "int8", "by_cpu"

// A value type. Its name follows from it, and models may bring schemes without one.
struct QuantizationScheme {
  WeightScheme weights;
  ActivationScheme activations;
  Products products = Products::kF32;

  static QuantizationScheme none() { return {}; }
  static QuantizationScheme bf16();  // weights and products in bf16
  // s8 weights per channel, u8 activations per token.
  static QuantizationScheme w8a8();
  static QuantizationScheme w8();  // s8 weights per channel, float activations

  bool is_none() const { return *this == QuantizationScheme(); }
  // Whether activations stay float.
  bool is_weight_only() const {
    return weights.is_quantized() && activations.range == ActivationRange::kFloat;
  }
  // "w8a8", whatever its products are; what it is made of where it has no name: "u4 blocked 32,
  // float".
  std::string name() const;
  bool operator==(const QuantizationScheme&) const = default;
};
auto fields(Is<QuantizationScheme> auto& scheme, auto&& visit) {
  return visit(identity("weights", scheme.weights), identity("activations", scheme.activations),
               identity("products", scheme.products, products_name));
}

// "none, bf16, w8a8, w8, w4": what scheme_named() knows and kernels exist for.
std::string scheme_names();
// Errors: kUnsupported for a scheme that is known and has no kernels yet, with that reason;
// kInvalidArgument for another text, with the names.
Result<QuantizationScheme> scheme_named(std::string_view name);

}  // namespace octet
