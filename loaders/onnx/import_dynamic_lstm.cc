// com.microsoft.DynamicQuantizeLSTM: an LSTM whose W and R are codes, [directions, K, 4 hidden].
//
// ONNX Runtime quantizes X once, over all of its elements, and the hidden states before each step.
// Here the product of X and W is a quantized layer of that kind, and the steps run in float over
// the dequantized R, so that the hidden states are not rounded to codes: nearer to the LSTM that
// was quantized. Source: ONNX Runtime's docs/ContribOperators.md; its dynamic_quantize_lstm.cc and
// uni_directional_lstm.cc for what is quantized when.
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/recurrent_parts.h"

namespace octet {
namespace {

using namespace recurrent;

constexpr CodeInputs kInputWeights{kW, 8, 9}, kStateWeights{kR, 10, 11};

// A scale and a zero point for each direction, or for each column of each.
Status expect_codes(NodeImport& node, const Recurrent& recurrent, const CodeInputs& inputs,
                    const std::string& name, const Dim& rows) {
  const Dim directions = recurrent.directions, columns = recurrent.columns();
  const DType codes = node.type(inputs.codes).dtype;
  if (codes != DType::kI8 && codes != DType::kU8)
    return invalid_model("input " + std::to_string(inputs.codes) + ", " + name + ", is " +
                         dtype_name(codes) + ", expected int8 or uint8");
  OCTET_RETURN_IF_ERROR(
      expect_input(node, inputs.codes, name.c_str(), {directions, rows, columns}));
  OCTET_RETURN_IF_ERROR(expect_present(node, {inputs.scale}));
  SymbolicShape shape = {directions};
  if (node.rank(inputs.scale) == 2) shape.push_back(columns);
  OCTET_RETURN_IF_ERROR(expect_type_of_src(node, {inputs.scale}));
  OCTET_RETURN_IF_ERROR(expect_input(node, inputs.scale, (name + "_scale").c_str(), shape));
  return expect_input(node, inputs.zero_point, (name + "_zero_point").c_str(), shape);
}

// A matrix of codes with its axes exchanged.
Constant turned(const Constant& codes) {
  const int64_t rows = codes.shape()[0], columns = codes.shape()[1];
  const auto compute = [codes, rows, columns]() -> Result<Tensor> {
    OCTET_ASSIGN_OR_RETURN(const Tensor from, codes.load());
    Tensor to(codes.dtype(), Shape{columns, rows});
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        to.bytes()[column * rows + row] = from.bytes()[row * columns + column];
    return to;
  };
  return {codes.dtype(), Shape{columns, rows}, compute, codes.key().with("turned"),
          codes.depth() + 1};
}

// What `codes` of one direction stand for; their columns lie along `axis`.
Result<ValueId> dequantized(NodeImport& node, const Recurrent& recurrent, int64_t direction,
                            const CodeInputs& inputs, const std::string& name, ValueId codes,
                            int axis) {
  const bool has_columns = node.rank(inputs.scale) == 2;
  const auto part = [&](int index, const char* what) {
    return emit_part(node, recurrent, direction, index, (name + what).c_str());
  };
  OCTET_ASSIGN_OR_RETURN(const ValueId scale, part(inputs.scale, "_scale"));
  OCTET_ASSIGN_OR_RETURN(const ValueId zero_point, part(inputs.zero_point, "_zero_point"));
  return node.emit(recurrent.prefix(direction) + name + "/dequantized",
                   DequantizeAttrs{DType::kF32, {has_columns ? axis : 0, 0}},
                   {codes, scale, zero_point});
}

Result<ValueId> input_gates(NodeImport& node, const Recurrent& recurrent, int64_t direction,
                            ValueId src, ValueId bias) {
  const std::string prefix = recurrent.prefix(direction);
  OCTET_ASSIGN_OR_RETURN(const ValueId codes, emit_part(node, recurrent, direction, kW, "W"));
  OCTET_ASSIGN_OR_RETURN(const ValueId weights,
                         dequantized(node, recurrent, direction, kInputWeights, "W", codes, 1));
  OCTET_ASSIGN_OR_RETURN(const ValueId product,
                         node.emit(prefix + "input", MatMulAttrs{}, {src, weights}));
  if (bias == kNoValue) return product;
  return node.emit(prefix + "gates", BinaryAttrs{BinaryFunction::kAdd}, {product, bias});
}

// Turned as codes, which a constant's are when they are read.
Result<ValueId> state_weights(NodeImport& node, const Recurrent& recurrent, int64_t direction) {
  OCTET_ASSIGN_OR_RETURN(ValueId codes, emit_part(node, recurrent, direction, kR, "R"));
  if (const auto constant = node.constant_of(codes)) {
    OCTET_ASSIGN_OR_RETURN(codes, node.add_part(kR, turned(*constant)));
  } else {
    OCTET_ASSIGN_OR_RETURN(
        codes, node.emit(recurrent.prefix(direction) + "R^T", TransposeAttrs{{1, 0}}, {codes}));
  }
  return dequantized(node, recurrent, direction, kStateWeights, "R", codes, 0);
}

}  // namespace

Status import_dynamic_quantize_lstm(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const Recurrent recurrent, read_recurrent(node, RecurrentCell::kLstm, 1));
  if (node.type(kX).dtype != DType::kF32)
    return invalid_model("input 0 is " + to_string(node.type(kX)) + ", expected float32");
  OCTET_RETURN_IF_ERROR(expect_codes(node, recurrent, kInputWeights, "W", recurrent.features));
  OCTET_RETURN_IF_ERROR(expect_codes(node, recurrent, kStateWeights, "R", recurrent.hidden));
  OCTET_ASSIGN_OR_RETURN(const ValueId numbers, emit_steps_first(node, recurrent));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_dynamic_codes(node, "X", numbers));
  return finish_recurrent(
      node, recurrent,
      {[&](int64_t direction, ValueId bias) {
         return input_gates(node, recurrent, direction, src, bias);
       },
       [&](int64_t direction) { return state_weights(node, recurrent, direction); }});
}

}  // namespace octet
