// Recurrences for tests: attributes and inputs of one cell.
#pragma once

#include "runtime/ops/recurrence.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet::test {

struct RecurrenceProblem {
  RecurrenceAttrs attrs;
  int64_t steps = 5;
  int64_t batch = 3;
  std::vector<int32_t> lengths = {};  // empty: absent
  bool initial = true;                // states before the first step, and peepholes
};

// ONNX's defaults: sigmoid for gates, tanh for the rest.
inline std::vector<RecurrentActivation> default_activations(RecurrentCell cell) {
  using F = RecurrentFunction;
  if (cell == RecurrentCell::kRnn) return {{F::kTanh}};
  if (cell == RecurrentCell::kGru) return {{F::kSigmoid}, {F::kTanh}};
  return {{F::kSigmoid}, {F::kTanh}, {F::kTanh}};
}

inline RecurrenceProblem recurrence_problem(RecurrentCell cell, int64_t hidden) {
  RecurrenceProblem problem;
  problem.attrs.cell = cell;
  problem.attrs.hidden = hidden;
  problem.attrs.activations = default_activations(cell);
  return problem;
}

// In the order of recurrence::Input. |x| <= 1/2, and the magnitudes of a row of weights sum to 1/4
// at most, so that states stay small and errors do not grow by themselves.
inline std::vector<Tensor> recurrence_inputs(const RecurrenceProblem& problem) {
  const RecurrenceAttrs& attrs = problem.attrs;
  const int64_t hidden = attrs.hidden, columns = gate_count(attrs.cell) * hidden;
  const bool is_lstm = attrs.cell == RecurrentCell::kLstm;
  const float most = 0.25f / static_cast<float>(hidden);
  std::vector<Tensor> inputs(7);
  inputs[0] = random_floats({problem.steps, problem.batch, columns}, 1, -0.5f, 0.5f);
  inputs[1] = random_floats({columns, hidden}, 2, -most, most);
  if (attrs.linear_before_reset) inputs[2] = random_floats({hidden}, 3, -0.5f, 0.5f);
  if (!problem.lengths.empty())
    inputs[3] = Tensor::from<int32_t>(problem.lengths, Shape{problem.batch});
  if (problem.initial) {
    inputs[4] = random_floats({problem.batch, hidden}, 4);
    if (is_lstm) inputs[5] = random_floats({problem.batch, hidden}, 5);
    if (is_lstm) inputs[6] = random_floats({3 * hidden}, 6, -0.25f, 0.25f);
  }
  return inputs;
}

// With the weights as a constant.
inline Result<NodeUnderTest> recurrence_node(const RecurrenceProblem& problem) {
  std::vector<NodeInput> inputs;
  for (const Tensor& input : recurrence_inputs(problem)) inputs.push_back({input});
  inputs[1].constant = true;
  return NodeUnderTest::create(LongTailAttrs(problem.attrs), std::move(inputs));
}

}  // namespace octet::test
