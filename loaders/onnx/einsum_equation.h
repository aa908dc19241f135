// The equation of an Einsum, taken apart.
#pragma once

#include <string>
#include <vector>

#include "runtime/core/status.h"

namespace octet {

// What stands for an axis: a letter, or for those of an ellipsis -1 (the last one), -2, ..
using EinsumLabel = int;

struct EinsumEquation {
  std::vector<std::vector<EinsumLabel>> inputs;  // one label per axis
  std::vector<EinsumLabel> output;               // each once, and in an input
};

// "bsd, df -> bsf" for inputs of these ranks. Without "->" the output has the axes of the ellipsis
// and then, in the order of their codes, the letters that are there once. Spaces mean nothing.
// Error: kInvalidModel, with the equation and what is wrong with it.
Result<EinsumEquation> parse_einsum(const std::string& equation, const std::vector<int>& ranks);

// "'i'", or "an axis of the ellipsis".
std::string label_text(EinsumLabel label);

}  // namespace octet
