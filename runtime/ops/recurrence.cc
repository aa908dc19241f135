// Names, types and work of Recurrence.
#include "runtime/ops/recurrence.h"

#include "runtime/ops/infer.h"

namespace octet {

using namespace recurrence;

const char* recurrent_cell_name(RecurrentCell cell) {
  switch (cell) {
    case RecurrentCell::kRnn:
      return "rnn";
    case RecurrentCell::kLstm:
      return "lstm";
    case RecurrentCell::kGru:
      return "gru";
  }
  return "unknown";
}

const char* recurrent_function_name(RecurrentFunction function) {
  switch (function) {
    case RecurrentFunction::kAffine:
      return "affine";
    case RecurrentFunction::kElu:
      return "elu";
    case RecurrentFunction::kHardSigmoid:
      return "hard_sigmoid";
    case RecurrentFunction::kLeakyRelu:
      return "leaky_relu";
    case RecurrentFunction::kRelu:
      return "relu";
    case RecurrentFunction::kScaledTanh:
      return "scaled_tanh";
    case RecurrentFunction::kSigmoid:
      return "sigmoid";
    case RecurrentFunction::kSoftplus:
      return "softplus";
    case RecurrentFunction::kSoftsign:
      return "softsign";
    case RecurrentFunction::kTanh:
      return "tanh";
    case RecurrentFunction::kThresholdedRelu:
      return "thresholded_relu";
  }
  return "unknown";
}

namespace {

// That the input, where it is there, has these extents.
Status expect_extents(InputTypes inputs, int index, const SymbolicShape& expected,
                      TypeInfo& output) {
  if (optional_input(inputs, static_cast<size_t>(index)) == nullptr) return Status::ok();
  OCTET_RETURN_IF_ERROR(
      expect_rank(inputs, static_cast<size_t>(index), static_cast<int>(expected.size())));
  for (size_t axis = 0; axis < expected.size(); ++axis)
    OCTET_RETURN_IF_ERROR(
        require_extent(inputs, {index, static_cast<int>(axis)}, expected[axis], output));
  return Status::ok();
}

Status expect_types(InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, kGates));
  for (const int index : {kWeights, kCandidateBias, kHidden, kCell, kPeepholes})
    if (optional_input(inputs, static_cast<size_t>(index)) != nullptr)
      OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, static_cast<size_t>(index)));
  if (optional_input(inputs, kLengths) == nullptr) return Status::ok();
  return expect_dtype(inputs, kLengths, {DType::kI32});
}

Status expect_attributes(const RecurrenceAttrs& attrs) {
  if (attrs.hidden < 1)
    return invalid_model("hidden is " + std::to_string(attrs.hidden) + ", expected 1 or more");
  const size_t expected = activation_count(attrs.cell);
  if (attrs.activations.size() != expected)
    return invalid_model("there are " + std::to_string(attrs.activations.size()) +
                         " activations, expected " + std::to_string(expected));
  if (!(attrs.clip >= 0)) return invalid_model("clip is negative or NaN, expected 0 or more");
  return Status::ok();
}

}  // namespace

Result<OutputTypes> infer(const RecurrenceAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_attributes(attrs));
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 5));
  OCTET_RETURN_IF_ERROR(expect_types(inputs));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, kGates, 3));
  const bool is_lstm = attrs.cell == RecurrentCell::kLstm;
  const bool has_bias = attrs.cell == RecurrentCell::kGru && attrs.linear_before_reset;
  for (const int index : {kCell, kPeepholes})
    if (!is_lstm && optional_input(inputs, static_cast<size_t>(index)) != nullptr)
      return invalid_model("input " + std::to_string(index) + " is given, which only an LSTM has");
  if (!has_bias && optional_input(inputs, kCandidateBias) != nullptr)
    return invalid_model("input 2 is given, which only a GRU with linear_before_reset has");
  const Dim steps = inputs[kGates]->shape[0], batch = inputs[kGates]->shape[1];
  const Dim hidden = attrs.hidden, columns = Dim(gate_count(attrs.cell)) * hidden;
  const DType dtype = inputs[kGates]->dtype;
  OutputTypes outputs = one_output(dtype, {steps, batch, hidden});
  outputs.push_back(one_output(dtype, {batch, hidden})[0]);
  if (is_lstm) outputs.push_back(outputs[kLastState]);
  TypeInfo& checked = outputs[kStates];
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {kGates, 2}, columns, checked));
  OCTET_RETURN_IF_ERROR(expect_extents(inputs, kWeights, {columns, hidden}, checked));
  OCTET_RETURN_IF_ERROR(expect_extents(inputs, kCandidateBias, {hidden}, checked));
  OCTET_RETURN_IF_ERROR(expect_extents(inputs, kLengths, {batch}, checked));
  OCTET_RETURN_IF_ERROR(expect_extents(inputs, kHidden, {batch, hidden}, checked));
  OCTET_RETURN_IF_ERROR(expect_extents(inputs, kCell, {batch, hidden}, checked));
  OCTET_RETURN_IF_ERROR(expect_extents(inputs, kPeepholes, {Dim(3) * hidden}, checked));
  return outputs;
}

double extra_work(const RecurrenceAttrs& attrs, std::span<const Shape> inputs,
                  std::span<const Shape>) {
  return static_cast<double>(inputs[kGates].element_count()) * static_cast<double>(attrs.hidden);
}

Status check_sequence_length(int64_t row, int64_t length, int64_t steps) {
  if (length >= 0 && length <= steps) return Status::ok();
  return invalid_argument("sequence_lens[" + std::to_string(row) + "] is " +
                          std::to_string(length) + ", expected 0 to " + std::to_string(steps) +
                          ", the number of steps");
}

const RecurrenceAttrs* as_recurrence(const Attributes& attributes) {
  const auto* tail = std::get_if<LongTailAttrs>(&attributes);
  if (tail == nullptr || &tail->op() != &kLongTailOp<RecurrenceAttrs>) return nullptr;
  return static_cast<const RecurrenceAttrs*>(tail->attrs());
}

}  // namespace octet
