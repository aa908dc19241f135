// Questions asked of any op, answered by the op's own file.
#include "runtime/ops/op.h"

#include "runtime/ops/infer.h"

namespace octet {
namespace {

// Every output must be a shape that the rest of Octet can hold.
Status check_output(const TypeInfo& type) {
  if (type.rank() > kMaxRank)
    return unsupported("output would be " + to_string(type) + "; at most " +
                       std::to_string(kMaxRank) + " dimensions are supported");
  int64_t bytes = static_cast<int64_t>(dtype_size(type.dtype));
  for (const Dim& dim : type.shape) {
    if (!dim.is_constant()) continue;
    if (dim.value() < 0)
      return invalid_model("output would be " + to_string(type) + "; extents are never negative");
    if (dim.value() != 0 && __builtin_mul_overflow(bytes, dim.value(), &bytes))
      return invalid_model("output would be " + to_string(type) +
                           ", more bytes than 64 bits can count");
  }
  return Status::ok();
}

std::string with_activation(const char* name, Activation activation) {
  if (activation == Activation::kNone) return name;
  return std::string(name) + "+" + activation_name(activation);
}

}  // namespace

OpKind op_kind(const Attributes& attributes) {
  return std::visit([](const auto& attrs) { return attrs.kKind; }, attributes);
}

const char* op_kind_name(OpKind kind) {
  switch (kind) {
    case OpKind::kArgReduce:
      return "arg_reduce";
    case OpKind::kAttention:
      return "attention";
    case OpKind::kBinary:
      return "binary";
    case OpKind::kCast:
      return "cast";
    case OpKind::kClip:
      return "clip";
    case OpKind::kConcat:
      return "concat";
    case OpKind::kControl:
      return "control";
    case OpKind::kConv:
      return "conv";
    case OpKind::kConvTranspose:
      return "conv_transpose";
    case OpKind::kCumSum:
      return "cumsum";
    case OpKind::kDequantize:
      return "dequantize";
    case OpKind::kExpand:
      return "expand";
    case OpKind::kGather:
      return "gather";
    case OpKind::kGatherElements:
      return "gather_elements";
    case OpKind::kGatherND:
      return "gather_nd";
    case OpKind::kLayerNorm:
      return "layer_norm";
    case OpKind::kLinear:
      return "linear";
    case OpKind::kLongTail:
      return "long_tail";
    case OpKind::kMatMul:
      return "matmul";
    case OpKind::kObserve:
      return "observe";
    case OpKind::kPad:
      return "pad";
    case OpKind::kPool:
      return "pool";
    case OpKind::kQuantize:
      return "quantize";
    case OpKind::kQuantizeRows:
      return "quantize_rows";
    case OpKind::kQuantizedLinear:
      return "quantized_linear";
    case OpKind::kRange:
      return "range";
    case OpKind::kReduce:
      return "reduce";
    case OpKind::kReshape:
      return "reshape";
    case OpKind::kResize:
      return "resize";
    case OpKind::kSequence:
      return "sequence";
    case OpKind::kShapeValues:
      return "shape_values";
    case OpKind::kSlice:
      return "slice";
    case OpKind::kSoftmax:
      return "softmax";
    case OpKind::kTranspose:
      return "transpose";
    case OpKind::kUnary:
      return "unary";
    case OpKind::kWhere:
      return "where";
  }
  return "unknown";
}

Result<OutputTypes> infer_types(const Attributes& attributes, InputTypes inputs) {
  if (!runs_in_session(op_kind(attributes)))
    for (size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] != nullptr && !inputs[i]->is_tensor())
        return input_error(inputs, i, "a tensor");
  auto outputs = std::visit([&](const auto& attrs) { return infer(attrs, inputs); }, attributes);
  if (!outputs.is_ok()) return outputs;
  for (const TypeInfo& type : *outputs) OCTET_RETURN_IF_ERROR(check_output(type));
  return outputs;
}

RowAccesses row_access(const Attributes& attributes, InputTypes inputs,
                       const OutputTypes& outputs) {
  return std::visit(
      [&](const auto& attrs) -> RowAccesses {
        // Picked by the attributes' own type: Attributes itself converts from any of them.
        if constexpr (requires(RowAccesses(*rule)(decltype(attrs), InputTypes,
                                                  const OutputTypes&)) { rule = &row_access; })
          return static_cast<RowAccesses (*)(decltype(attrs), InputTypes, const OutputTypes&)>(
              &row_access)(attrs, inputs, outputs);
        else
          return std::nullopt;
      },
      attributes);
}

std::string op_label(const Attributes& attributes) {
  if (const auto* unary = std::get_if<UnaryAttrs>(&attributes)) return unary_name(unary->function);
  if (const auto* binary = std::get_if<BinaryAttrs>(&attributes))
    return binary_name(binary->function);
  if (const auto* reduce = std::get_if<ReduceAttrs>(&attributes))
    return reduce_name(reduce->function);
  if (const auto* arg = std::get_if<ArgReduceAttrs>(&attributes))
    return arg->largest ? "arg_max" : "arg_min";
  if (const auto* pool = std::get_if<PoolAttrs>(&attributes)) return pool_name(pool->function);
  if (const auto* conv = std::get_if<ConvAttrs>(&attributes))
    return with_activation("conv", conv->activation);
  if (const auto* linear = std::get_if<LinearAttrs>(&attributes))
    return with_activation("linear", linear->epilogue.activation);
  if (const auto* linear = std::get_if<QuantizedLinearAttrs>(&attributes))
    return with_activation("quantized_linear", linear->epilogue.activation);
  if (const auto* control = std::get_if<ControlAttrs>(&attributes))
    return control_name(control->kind);
  if (const auto* sequence = std::get_if<SequenceAttrs>(&attributes))
    return sequence_name(sequence->function);
  if (const auto* tail = std::get_if<LongTailAttrs>(&attributes)) return tail->op().name;
  return op_kind_name(op_kind(attributes));
}

std::vector<Symbol> made_symbols(const Attributes& attributes) {
  const std::vector<Dim>* made = nullptr;
  if (const auto* observe = std::get_if<ObserveAttrs>(&attributes)) made = &observe->elements;
  if (const auto* control = std::get_if<ControlAttrs>(&attributes)) made = &control->made;
  if (const auto* sequence = std::get_if<SequenceAttrs>(&attributes)) made = &sequence->made;
  std::vector<Symbol> symbols;
  if (made != nullptr)
    for (const Dim& dim : *made) symbols.push_back(*dim.as_symbol());
  return symbols;
}

std::vector<FieldText> describe(const Attributes& attributes) {
  return std::visit([](const auto& attrs) { return describe_fields(attrs); }, attributes);
}

}  // namespace octet
