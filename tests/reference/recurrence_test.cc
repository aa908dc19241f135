// The reference of Recurrence against plain formulas, one sequence at a time.
#include "runtime/ops/recurrence.h"

#include <cmath>

#include "tests/reference/evaluate.h"
#include "tests/support/recurrence_problem.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;
using Vector = std::vector<double>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Vector elements_of(const Tensor& tensor) {
  return tensor.view().data == nullptr ? Vector() : to_doubles(tensor);
}

// The formulas with ONNX's default activations, gate by gate.
struct Plain {
  const RecurrenceProblem& problem;
  std::vector<Vector> inputs = {};
  Vector state = {}, cell = {};

  explicit Plain(const RecurrenceProblem& given) : problem(given) {
    for (const Tensor& input : recurrence_inputs(problem)) inputs.push_back(elements_of(input));
  }
  size_t hidden() const { return static_cast<size_t>(problem.attrs.hidden); }
  size_t batch() const { return static_cast<size_t>(problem.batch); }
  size_t steps() const { return static_cast<size_t>(problem.steps); }
  size_t gates() const { return static_cast<size_t>(gate_count(problem.attrs.cell)); }

  double x(size_t time, size_t row, size_t gate, size_t j) const {
    return inputs[0][((time * batch() + row) * gates() + gate) * hidden() + j];
  }
  double r(size_t gate, size_t j, const Vector& h) const {
    double sum = 0;
    for (size_t k = 0; k < hidden(); ++k)
      sum += inputs[1][(gate * hidden() + j) * hidden() + k] * h[k];
    return sum;
  }
  double p(size_t gate, size_t j) const {
    return inputs[6].empty() ? 0 : inputs[6][gate * hidden() + j];
  }
  double clip(double value) const {
    const double bound = problem.attrs.clip;
    return bound == 0 ? value : std::min(std::max(value, -bound), bound);
  }

  void step(size_t time, size_t row) {
    const Vector h = state, c = cell;
    Vector reset(hidden());
    const auto gate = [&](size_t g, size_t j) { return x(time, row, g, j) + r(g, j, h); };
    for (size_t j = 0; problem.attrs.cell == RecurrentCell::kGru && j < hidden(); ++j)
      reset[j] = sigmoid(clip(gate(1, j))) * h[j];
    for (size_t j = 0; j < hidden(); ++j) {
      if (problem.attrs.cell == RecurrentCell::kRnn) {
        state[j] = std::tanh(clip(gate(0, j)));
      } else if (problem.attrs.cell == RecurrentCell::kLstm) {
        const double i = sigmoid(clip(gate(0, j) + p(0, j) * c[j]));
        const double f =
            problem.attrs.input_forget ? 1 - i : sigmoid(clip(gate(2, j) + p(2, j) * c[j]));
        cell[j] = f * c[j] + i * std::tanh(clip(gate(3, j)));
        const double o = sigmoid(clip(gate(1, j) + p(1, j) * cell[j]));
        state[j] = o * std::tanh(cell[j]);
      } else {
        const double z = sigmoid(clip(gate(0, j)));
        const double inner = problem.attrs.linear_before_reset
                                 ? sigmoid(clip(gate(1, j))) * (r(2, j, h) + inputs[2][j])
                                 : r(2, j, reset);
        state[j] = (1 - z) * std::tanh(clip(x(time, row, 2, j) + inner)) + z * h[j];
      }
    }
  }

  // The outputs, in their order.
  std::vector<Vector> run() {
    std::vector<Vector> outputs(3);
    outputs[0].resize(steps() * batch() * hidden());
    for (size_t row = 0; row < batch(); ++row) {
      const size_t length =
          problem.lengths.empty() ? steps() : static_cast<size_t>(problem.lengths[row]);
      state = cell = Vector(hidden());
      for (size_t j = 0; j < hidden() && problem.initial && length > 0; ++j) {
        state[j] = inputs[4][row * hidden() + j];
        if (!inputs[5].empty()) cell[j] = inputs[5][row * hidden() + j];
      }
      for (size_t s = 0; s < length; ++s) {
        const size_t time = problem.attrs.reverse ? length - 1 - s : s;
        step(time, row);
        for (size_t j = 0; j < hidden(); ++j)
          outputs[0][(time * batch() + row) * hidden() + j] = state[j];
      }
      outputs[1].insert(outputs[1].end(), state.begin(), state.end());
      outputs[2].insert(outputs[2].end(), cell.begin(), cell.end());
    }
    if (problem.attrs.cell != RecurrentCell::kLstm) outputs.pop_back();
    return outputs;
  }
};

// The formulas above keep states in double, the reference rounds them to f32 at each step: an error
// of u for each of a few steps, which does not grow.
void check(const RecurrenceProblem& problem) {
  const std::vector<Tensor> found =
      evaluate_all(LongTailAttrs(problem.attrs), recurrence_inputs(problem));
  const std::vector<Vector> expected = Plain(problem).run();
  ASSERT_EQ(found.size(), expected.size());
  for (size_t output = 0; output < found.size(); ++output) {
    const Vector values = to_doubles(found[output]);
    ASSERT_EQ(values.size(), expected[output].size());
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_NEAR(values[i], expected[output][i], 32 * 0x1p-24)
          << "output " << output << ", element " << i;
  }
}

constexpr RecurrentCell kCells[] = {RecurrentCell::kRnn, RecurrentCell::kLstm, RecurrentCell::kGru};

TEST(Recurrence, EqualsTheFormulas) {
  for (const RecurrentCell cell : kCells) {
    for (const bool initial : {false, true}) {
      RecurrenceProblem problem = recurrence_problem(cell, 4);
      problem.initial = initial;
      check(problem);
      problem.attrs.clip = 0.25f;
      check(problem);
      problem.attrs.reverse = true;
      problem.attrs.linear_before_reset = cell == RecurrentCell::kGru;
      problem.attrs.input_forget = cell == RecurrentCell::kLstm;
      check(problem);
    }
  }
}

TEST(Recurrence, SequencesEndWithTheirLengths) {
  for (const RecurrentCell cell : kCells) {
    RecurrenceProblem problem = recurrence_problem(cell, 3);
    problem.batch = 4;
    problem.lengths = {5, 0, 2, 1};
    check(problem);
    problem.attrs.reverse = true;
    check(problem);
  }
}

TEST(Recurrence, NoSequencesAndNoSteps) {
  for (const RecurrentCell cell : kCells) {
    RecurrenceProblem problem = recurrence_problem(cell, 3);
    problem.batch = 0;
    check(problem);
    problem.batch = 2;
    problem.steps = 0;
    check(problem);
  }
}

TEST(Recurrence, RefusesLengthsThatAreNone) {
  for (const int32_t length : {-1, 6}) {
    RecurrenceProblem problem = recurrence_problem(RecurrentCell::kRnn, 2);
    problem.lengths = {5, length, 5};
    const auto found = evaluate_reference(LongTailAttrs(problem.attrs), recurrence_inputs(problem));
    ASSERT_FALSE(found.is_ok());
    EXPECT_THAT(found.status().message(),
                HasSubstr("sequence_lens[1] is " + std::to_string(length) + ", expected 0 to 5"));
  }
}

// One step of one unit from x alone: its activation.
TEST(Recurrence, Activations) {
  using F = RecurrentFunction;
  const auto activate = [](RecurrentActivation activation, float x) {
    RecurrenceAttrs attrs;
    attrs.activations = {activation};
    return to_doubles(evaluate(LongTailAttrs(attrs), {make_tensor<float>({1, 1, 1}, {x}),
                                                      make_tensor<float>({1, 1}, {0})}))[0];
  };
  const auto expect = [&](RecurrentActivation activation, double below, double above) {
    EXPECT_NEAR(activate(activation, -2), below, 1e-6) << static_cast<int>(activation.function);
    EXPECT_NEAR(activate(activation, 1.5f), above, 1e-6) << static_cast<int>(activation.function);
  };
  expect({F::kAffine, 2, 0.5f}, -3.5, 3.5);
  expect({F::kElu, 2, 0}, 2 * (std::exp(-2) - 1), 1.5);
  expect({F::kHardSigmoid, 0.2f, 0.5f}, 0.1, 0.8);
  expect({F::kLeakyRelu, 0.5f, 0}, -1, 1.5);
  expect({F::kRelu}, 0, 1.5);
  expect({F::kScaledTanh, 2, 0.5f}, 2 * std::tanh(-1), 2 * std::tanh(0.75));
  expect({F::kSigmoid}, sigmoid(-2), sigmoid(1.5));
  expect({F::kSoftplus}, std::log(1 + std::exp(-2)), std::log(1 + std::exp(1.5)));
  expect({F::kSoftsign}, -2.0 / 3, 0.6);
  expect({F::kTanh}, std::tanh(-2), std::tanh(1.5));
  expect({F::kThresholdedRelu, 1, 0}, 0, 1.5);
  expect({F::kThresholdedRelu, 1.6f, 0}, 0, 0);
}

TEST(Recurrence, OfOtherFloatTypes) {
  RecurrenceProblem problem = recurrence_problem(RecurrentCell::kLstm, 3);
  const std::vector<Tensor> inputs = recurrence_inputs(problem);
  const std::vector<double> expected = values(LongTailAttrs(problem.attrs), inputs);
  for (const DType type : {DType::kF16, DType::kBF16, DType::kF64}) {
    std::vector<Tensor> converted;
    for (const Tensor& input : inputs)
      converted.push_back(input.view().data == nullptr ? Tensor() : convert_floats(input, type));
    const Tensor found = evaluate(LongTailAttrs(problem.attrs), converted);
    EXPECT_EQ(found.dtype(), type);
    const std::vector<double> states = to_doubles(found);
    ASSERT_EQ(states.size(), expected.size());
    for (size_t i = 0; i < states.size(); ++i) ASSERT_NEAR(states[i], expected[i], 0.03);
  }
}

}  // namespace
}  // namespace octet::test
