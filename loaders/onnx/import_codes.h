// What the importers of ops on codes share.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// Three inputs of a node that are codes, their scale and their zero point (which may be absent).
struct CodeInputs {
  int codes, scale, zero_point;
};
inline CodeInputs codes_at(int first) { return {first, first + 1, first + 2}; }

// The f32 numbers that they stand for; `axis`: that of the scale where it has several elements.
Result<ValueId> emit_dequantized(NodeImport& node, std::string_view step, const CodeInputs& inputs,
                                 int axis = 0);
// That these inputs are there. Zero points may be absent, what stands behind them may not.
Status expect_present(const NodeImport& node, std::initializer_list<int> inputs);

// How the node's result is quantized: by the scale in input `scale` to the type of the zero point
// in the next one; of the codes in input `codes` where that is absent.
QuantizeAttrs quantize_attrs(const NodeImport& node, int codes, int scale, int axis = 0);
// Gives the node's output: codes of `result`, quantized so.
Status finish_quantized(NodeImport& node, ValueId result, int codes, int scale, int axis = 0);

// The scale and zero point that DynamicQuantizeLinear gives for src; see QuantizationParamsAttrs.
Result<std::vector<ValueId>> emit_dynamic_params(NodeImport& node, ValueId src);
// What the codes that it gives for src stand for: activations of a layer with a dynamic range.
Result<ValueId> emit_dynamic_codes(NodeImport& node, const std::string& step, ValueId src);

}  // namespace octet
