// Patterns, and the rules they choose.
#include "runtime/passes/quantize/quantization_plan.h"

#include <algorithm>

namespace octet {

// Goes back to the last '*' where the rest does not fit, which never has to take more characters
// than it did before: time in pattern times name.
bool matches_pattern(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0, star = std::string_view::npos, star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

const LayerRule* QuantizationPlan::rule_of(const LayerPart& layer) const {
  const auto names = [&](const LayerRule& rule) {
    return matches_pattern(rule.pattern, layer.name) ||
           std::any_of(layer.aliases.begin(), layer.aliases.end(), [&](const std::string& alias) {
             return matches_pattern(rule.pattern, alias);
           });
  };
  const auto rule = std::find_if(rules.rbegin(), rules.rend(), names);
  return rule == rules.rend() ? nullptr : &*rule;
}

bool QuantizationPlan::quantizes() const {
  return !standard.is_none() || std::any_of(rules.begin(), rules.end(), [](const LayerRule& rule) {
    return !rule.scheme.is_none();
  });
}

}  // namespace octet
