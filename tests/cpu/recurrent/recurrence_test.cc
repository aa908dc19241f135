// The packed kernel of recurrences against the reference.
#include "tests/cpu/kernel_checks.h"
#include "tests/support/float_bounds.h"
#include "tests/support/recurrence_problem.h"

namespace octet::test {
namespace {

constexpr const char* kName = "recurrence/highway";
constexpr RecurrentCell kCells[] = {RecurrentCell::kRnn, RecurrentCell::kLstm, RecurrentCell::kGru};

// What states and cells may differ by after `steps` steps. The slope of a sigmoid is at most 1/4,
// that of every other activation 1; gates are at most 1, states 1 (of an RNN with softplus 3), the
// cell 1 more after each step. A row of weights sums to 1/2 at most, and x, peepholes and biases
// are no larger (recurrence_problem.h).
double error_after(const RecurrenceProblem& problem) {
  constexpr double kActivation = 5e-7 * 3;  // vector_math-inl.h
  const double products = gamma(problem.attrs.hidden + 4);
  double state = 0, cell = 0;
  for (int64_t step = 0; step < problem.steps; ++step) {
    const double most = static_cast<double>(step) + 1;  // of the cell before
    const double sum = products * (0.5 + 0.75 + 0.25 * most) + 0.25 * state + 0.25 * cell;
    const double gate = sum / 4 + kActivation;
    switch (problem.attrs.cell) {
      case RecurrentCell::kRnn:
        state = sum + kActivation;
        break;
      case RecurrentCell::kLstm:
        cell += most * gate + gate + sum + kActivation + 3 * kFloatRounding * (most + 1);
        // The output gate sees the new cell.
        state = (sum + 0.25 * cell) / 4 + kActivation + cell + kActivation;
        break;
      case RecurrentCell::kGru: {
        const double candidate = sum + 0.5 * gate + kActivation;
        state += 2 * gate + candidate + 4 * kFloatRounding;
        break;
      }
    }
  }
  return state + cell;
}

void check(const RecurrenceProblem& problem) {
  const NodeUnderTest node = recurrence_node(problem).value();
  ASSERT_TRUE(cpu_support(kName, node).is_yes()) << cpu_support(kName, node).reason();
  const std::vector<Tensor> found = cpu_outputs(kName, node), expected = reference_outputs(node);
  ASSERT_EQ(found.size(), expected.size());
  const double bound = error_after(problem);
  ASSERT_LT(bound, 0.01);
  for (size_t i = 0; i < found.size(); ++i)
    expect_close(found[i], expected[i], [&](size_t, double) { return bound; });
}

// Sizes below, at and above blocks and passes of units; the larger ones run in phases.
TEST(Recurrence, EqualsTheReference) {
  for (const RecurrentCell cell : kCells) {
    for (const int64_t hidden : {1, 7, 16, 17, 64, 70, 200}) {
      RecurrenceProblem problem = recurrence_problem(cell, hidden);
      problem.initial = hidden % 2 == 0;
      problem.attrs.reverse = hidden % 3 == 0;
      check(problem);
      problem.attrs.clip = 0.3f;
      problem.attrs.linear_before_reset = cell == RecurrentCell::kGru;
      problem.attrs.input_forget = cell == RecurrentCell::kLstm;
      check(problem);
    }
  }
}

TEST(Recurrence, ManyRows) {
  for (const RecurrentCell cell : kCells) {
    for (const int64_t batch : {1, 2, 6, 11, 24, 25, 70}) {
      RecurrenceProblem problem = recurrence_problem(cell, 40);
      problem.batch = batch;
      problem.steps = 3;
      check(problem);
    }
    // Fewer units than threads, and enough work for phases.
    RecurrenceProblem many = recurrence_problem(cell, 260);
    many.batch = 30;
    many.steps = 2;
    check(many);
  }
}

TEST(Recurrence, LengthsAndEmptyExtents) {
  for (const RecurrentCell cell : kCells) {
    for (const int64_t hidden : {5, 256}) {
      RecurrenceProblem problem = recurrence_problem(cell, hidden);
      problem.batch = 6;
      problem.lengths = {2, 5, 0, 1, 5, 3};
      check(problem);
      problem.attrs.reverse = true;
      check(problem);
      problem.lengths = {};
      problem.steps = 0;
      check(problem);
      problem.batch = 0;
      check(problem);
    }
  }
}

TEST(Recurrence, EveryActivation) {
  for (int function = 0; function <= static_cast<int>(RecurrentFunction::kThresholdedRelu);
       ++function) {
    RecurrenceProblem problem = recurrence_problem(RecurrentCell::kRnn, 20);
    // A step of ThresholdedRelu is where no value lies, or its error would have no bound.
    problem.attrs.activations = {{static_cast<RecurrentFunction>(function), 1, 0.5f}};
    check(problem);
  }
}

// A row's result does not depend on the others.
TEST(Recurrence, SameBitsInAnyCompany) {
  for (const RecurrentCell cell : kCells) {
    RecurrenceProblem problem = recurrence_problem(cell, 130);
    problem.batch = 70;
    problem.steps = 3;
    std::vector<Tensor> inputs = recurrence_inputs(problem);
    const Tensor together = cpu_outputs(kName, recurrence_node(problem).value())[0];
    for (const int64_t row : {0, 13, 69}) {
      std::vector<NodeInput> alone;
      for (const Tensor& input : inputs) alone.push_back({input});
      const auto cut = [&](size_t index, int axis) {
        if (!alone[index].present()) return;
        TensorView view = alone[index].tensor.view();
        view.data += row * view.strides[axis] * static_cast<int64_t>(sizeof(float));
        view.shape[axis] = 1;
        alone[index].tensor = contiguous_copy(Tensor(nullptr, view));
      };
      cut(0, 1);
      cut(4, 0);
      cut(5, 0);
      alone[1].constant = true;
      const NodeUnderTest node = make_node(LongTailAttrs(problem.attrs), std::move(alone));
      const Tensor found = cpu_outputs(kName, node)[0];
      const std::vector<double> one = to_doubles(found), all = to_doubles(together);
      for (size_t step = 0; step < 3; ++step)
        for (size_t j = 0; j < 130; ++j)
          ASSERT_EQ(one[step * 130 + j], all[(step * 70 + static_cast<size_t>(row)) * 130 + j]);
    }
  }
}

TEST(Recurrence, RefusesLengthsThatAreNone) {
  for (const int64_t hidden : {4, 256}) {
    RecurrenceProblem problem = recurrence_problem(RecurrentCell::kLstm, hidden);
    problem.lengths = {5, 5, 6};
    const NodeUnderTest node = recurrence_node(problem).value();
    const auto found = run_kernel(find_row(cpu_kernels(), kName), node);
    ASSERT_FALSE(found.is_ok());
    EXPECT_EQ(found.status().message(),
              "sequence_lens[2] is 6, expected 0 to 5, the number of steps");
  }
}

TEST(Recurrence, DeclinesWithAReason) {
  const RecurrenceProblem problem = recurrence_problem(RecurrentCell::kRnn, 4);
  std::vector<NodeInput> computed;
  for (const Tensor& input : recurrence_inputs(problem)) computed.push_back({input});
  EXPECT_EQ(
      cpu_support(kName, make_node(LongTailAttrs(problem.attrs), std::move(computed))).reason(),
      "the weights of the state are computed, and cannot be packed");
}

}  // namespace
}  // namespace octet::test
