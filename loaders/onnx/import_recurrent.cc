// RNN, LSTM and GRU. For each direction one linear layer makes the inputs of the gates for all
// steps at once, and a Recurrence does the steps.
#include "loaders/onnx/importers.h"
#include "loaders/onnx/recurrent_parts.h"

namespace octet {
namespace {

using namespace recurrent;

// src . W^T + bias, for all steps: a layer where W is a constant.
Result<ValueId> input_gates(NodeImport& node, const Recurrent& recurrent, int64_t direction,
                            ValueId src, ValueId bias) {
  const std::string prefix = recurrent.prefix(direction), step = prefix + "input";
  OCTET_ASSIGN_OR_RETURN(const ValueId weights, emit_part(node, recurrent, direction, kW, "W"));
  const bool is_layer = node.constant(kW) && node.type(kX).dtype == DType::kF32;
  if (is_layer) {
    LinearAttrs linear{.weights_transposed = true, .epilogue = {}, .layer = {}};
    linear.layer = {node.name() + "/" + step, {node.value_name(kW)}, 0, recurrent.columns()};
    if (bias == kNoValue) return node.emit(step, std::move(linear), {src, weights});
    if (node.constant(kB)) {
      linear.layer.aliases.push_back(node.value_name(kB));
      return node.emit(step, std::move(linear), {src, weights, bias});
    }
    OCTET_ASSIGN_OR_RETURN(const ValueId product,
                           node.emit(step, std::move(linear), {src, weights}));
    return node.emit(prefix + "gates", BinaryAttrs{BinaryFunction::kAdd}, {product, bias});
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId turned,
                         node.emit(prefix + "W^T", TransposeAttrs{{1, 0}}, {weights}));
  OCTET_ASSIGN_OR_RETURN(const ValueId product, node.emit(step, MatMulAttrs{}, {src, turned}));
  if (bias == kNoValue) return product;
  return node.emit(prefix + "gates", BinaryAttrs{BinaryFunction::kAdd}, {product, bias});
}

}  // namespace

Status import_recurrent(NodeImport& node, RecurrentCell cell) {
  OCTET_ASSIGN_OR_RETURN(const Recurrent recurrent, read_recurrent(node, cell, 2));
  const Dim directions = recurrent.directions, columns = recurrent.columns(),
            hidden = recurrent.hidden;
  OCTET_RETURN_IF_ERROR(expect_type_of_src(node, {kW, kR}));
  OCTET_RETURN_IF_ERROR(expect_input(node, kW, "W", {directions, columns, recurrent.features}));
  OCTET_RETURN_IF_ERROR(expect_input(node, kR, "R", {directions, columns, hidden}));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_steps_first(node, recurrent));
  return finish_recurrent(
      node, recurrent,
      {[&](int64_t direction, ValueId bias) {
         return input_gates(node, recurrent, direction, src, bias);
       },
       [&](int64_t direction) { return emit_part(node, recurrent, direction, kR, "R"); }});
}

}  // namespace octet
