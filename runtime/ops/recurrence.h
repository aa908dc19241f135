// Recurrence: the steps of an RNN, LSTM or GRU in one direction, after the product of the inputs.
// An op of the long-tail lane.
#pragma once

#include "runtime/ops/op.h"

namespace octet {

enum class RecurrentCell { kRnn, kLstm, kGru };
const char* recurrent_cell_name(RecurrentCell cell);

// The functions that ONNX allows in a cell; alpha and beta are parameters.
enum class RecurrentFunction {
  kAffine,           // alpha x + beta
  kElu,              // x < 0 ? alpha (exp(x) - 1) : x
  kHardSigmoid,      // max(0, min(1, alpha x + beta))
  kLeakyRelu,        // x < 0 ? alpha x : x
  kRelu,             // max(0, x)
  kScaledTanh,       // alpha tanh(beta x)
  kSigmoid,          // 1 / (1 + exp(-x))
  kSoftplus,         // log(1 + exp(x))
  kSoftsign,         // x / (1 + |x|)
  kTanh,             // tanh(x)
  kThresholdedRelu,  // x > alpha ? x : 0
};
const char* recurrent_function_name(RecurrentFunction function);

struct RecurrentActivation {
  RecurrentFunction function = RecurrentFunction::kTanh;
  float alpha = 0;
  float beta = 0;
};
auto fields(Is<RecurrentActivation> auto& activation, auto&& visit) {
  return visit(identity("function", activation.function, recurrent_function_name),
               identity("alpha", activation.alpha), identity("beta", activation.beta));
}

// With H hidden units, G gates, T steps and B sequences; each row below is that of one sequence.
//
// Inputs:
//   0 gates [T, B, G H]     what the inputs and biases give to each gate, in ONNX's order
//   1 weights [G H, H]      R, of the hidden state
//   2 candidate_bias [H]    of a GRU with linear_before_reset alone
//   3 lengths [B], i32      steps of each sequence, 0 to T; absent: T each
//   4 hidden [B, H]         the state before the first step; absent: 0
//   5 cell [B, H]           of an LSTM, the same
//   6 peepholes [3 H]       of an LSTM: P of the gates i, o, f; absent: 0
// Outputs: states [T, B, H], after each step, at the place of the step's input; the last state
// [B, H]; of an LSTM its last cell [B, H]. Floats of one type, but for the lengths.
//
// A sequence ends with its length: `states` are 0 beyond it, and where it is 0 so are the last
// state and cell, whatever they began with, as in ONNX Runtime. `reverse` begins with a sequence's
// own last step.
//
// One step, with h and c before it, x_g the gates' inputs, and clip() to [-clip, clip] where clip
// is not 0; f, g, h are activations[0..]:
//   RNN   h' = f(clip(x + R h))
//   LSTM  i = f(clip(x_i + R_i h + P_i c))           gates i, o, f, c
//         q = input_forget ? 1 - i : f(clip(x_f + R_f h + P_f c))
//         c' = q c + i g(clip(x_c + R_c h))
//         h' = f(clip(x_o + R_o h + P_o c')) h(c'), unclipped as in ONNX Runtime
//   GRU   z = f(clip(x_z + R_z h)), r likewise       gates z, r, h
//         n = g(clip(x_h + R_h (r h))), or with linear_before_reset
//             g(clip(x_h + r (R_h h + candidate_bias)))
//         h' = (1 - z) n + z h
// Source: ONNX's Operators.md, RNN, LSTM and GRU.
struct RecurrenceAttrs {
  static constexpr const char* kName = "recurrence";
  RecurrentCell cell = RecurrentCell::kRnn;
  int64_t hidden = 1;
  bool reverse = false;
  std::vector<RecurrentActivation> activations = {};  // RNN 1, GRU 2, LSTM 3
  float clip = 0;
  bool linear_before_reset = false;
  bool input_forget = false;
  LayerPart layer = {};  // who the weights are
};
auto fields(Is<RecurrenceAttrs> auto& attrs, auto&& visit) {
  return visit(identity("cell", attrs.cell, recurrent_cell_name), identity("hidden", attrs.hidden),
               identity("reverse", attrs.reverse), identity("activations", attrs.activations),
               identity("clip", attrs.clip),
               identity("linear_before_reset", attrs.linear_before_reset),
               identity("input_forget", attrs.input_forget), label("layer", attrs.layer));
}
Result<OutputTypes> infer(const RecurrenceAttrs& attrs, InputTypes inputs);
// Multiply-adds of all steps.
double extra_work(const RecurrenceAttrs& attrs, std::span<const Shape> inputs,
                  std::span<const Shape> outputs);

// Error: kInvalidArgument where the length of sequence `row` is not in [0, steps].
Status check_sequence_length(int64_t row, int64_t length, int64_t steps);

namespace recurrence {
enum Input { kGates, kWeights, kCandidateBias, kLengths, kHidden, kCell, kPeepholes };
enum Output { kStates, kLastState, kLastCell };
enum LstmGate { kLstmInput, kLstmOutput, kLstmForget, kLstmCell };
enum GruGate { kGruUpdate, kGruReset, kGruCandidate };
}  // namespace recurrence

constexpr int64_t gate_count(RecurrentCell cell) {
  return cell == RecurrentCell::kLstm ? 4 : cell == RecurrentCell::kGru ? 3 : 1;
}
constexpr size_t activation_count(RecurrentCell cell) {
  return cell == RecurrentCell::kLstm ? 3 : cell == RecurrentCell::kGru ? 2 : 1;
}

// Those of a recurrence, else nullptr.
const RecurrenceAttrs* as_recurrence(const Attributes& attributes);

}  // namespace octet
