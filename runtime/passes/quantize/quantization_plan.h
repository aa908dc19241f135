// QuantizationPlan: which layer gets which scheme.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/quantization_scheme.h"
#include "runtime/ops/linear.h"

namespace octet {

// Layers by name: '*' stands for any characters, '/' included, '?' for one.
struct LayerRule {
  std::string pattern;
  QuantizationScheme scheme;
};

struct QuantizationPlan {
  QuantizationScheme standard;   // of layers that no rule names
  std::vector<LayerRule> rules;  // the last one that names a layer decides

  // The rule that decides on a layer, by its name or an alias; nullptr: `standard` does.
  const LayerRule* rule_of(const LayerPart& layer) const;
  // Whether any layer may be other than float.
  bool quantizes() const;
};

// Whether the whole of `name` is as `pattern` says.
bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace octet
