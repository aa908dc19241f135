// What Quantize and Dequantize nodes with constant parameters say about codes.
#pragma once

#include <optional>

#include "runtime/graph/graph.h"

namespace octet {

// x ~ (code - zero_point) * scale for all elements of a tensor, with codes that saturate to
// [low, high].
struct CodeParams {
  DType type = DType::kU8;
  float scale = 1;
  int32_t zero_point = 0;
  int32_t low = 0, high = 255;
  bool operator==(const CodeParams&) const = default;

  // Whether quantizing what was dequantized gives the code again: scales so large or so small that
  // products with them leave the normal floats would not.
  bool is_exact() const;
};

// Of a Quantize or Dequantize node with one scale, both parameters constants, and integers of 8 or
// 16 bits (`high` of a Dequantize: that of its type); nullopt for anything else. A constant that
// cannot be read counts as something else: whoever needs it has the error.
std::optional<CodeParams> code_params(const Graph& graph, const Node& node);

// The integers in an integer constant with one element.
std::optional<int32_t> scalar_integer(const Graph& graph, ValueId id);

}  // namespace octet
