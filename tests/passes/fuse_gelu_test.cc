// fuse_gelu: the spellings of exporters, and what only looks like them.
#include "runtime/passes/fuse_gelu.h"

#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

constexpr float kSqrtHalf = 0.70710678f;
constexpr float kSqrtTwoOverPi = 0.79788456f;

// Pieces of the formulas over one x [3, 40].
struct Formula {
  Graph graph;
  ValueId x;
  explicit Formula(SymbolicShape shape = {3, 40}) {
    x = add_input(graph, "x", DType::kF32, std::move(shape));
  }

  ValueId scaled(float factor, ValueId value) {
    return add_mul(graph, value, add_scalar(graph, factor));
  }
  ValueId divided(ValueId value, float divisor) {
    return add_binary(graph, BinaryFunction::kDiv, value, add_scalar(graph, divisor));
  }
  ValueId power(ValueId value, float exponent) {
    return add_binary(graph, BinaryFunction::kPow, value, add_scalar(graph, exponent));
  }
  ValueId plus_one(ValueId value) { return add_add(graph, value, add_scalar(graph, 1)); }
  ValueId erf_gate() {
    return plus_one(add_unary(graph, UnaryFunction::kErf, divided(x, 1.41421356f)));
  }
  ValueId tanh_gate(ValueId argument) {
    return plus_one(add_unary(graph, UnaryFunction::kTanh, argument));
  }
  ValueId inner(ValueId cube) { return add_add(graph, x, scaled(0.044715f, cube)); }
  ValueId mul(ValueId lhs, ValueId rhs) { return add_mul(graph, lhs, rhs); }
};

using Spelling = std::function<ValueId(Formula&)>;

void expect_fused(const std::vector<Spelling>& spellings, const std::string& label,
                  double tolerance) {
  for (size_t i = 0; i < spellings.size(); ++i) {
    SCOPED_TRACE(i);
    Formula formula;
    formula.graph.add_output(spellings[i](formula), "y");
    expect_same_results(formula.graph, fuse_gelu, tolerance);
    EXPECT_THAT(op_labels(formula.graph), ElementsAre(label));
    EXPECT_THAT(formula.graph.nodes()[0].inputs, ElementsAre(formula.x));
  }
}

void expect_left_alone(const std::vector<Spelling>& spellings) {
  for (size_t i = 0; i < spellings.size(); ++i) {
    Formula formula;
    formula.graph.add_output(spellings[i](formula), "y");
    ASSERT_TRUE(formula.graph.normalize().is_ok());
    const std::string before = to_string(formula.graph);
    labels_after(formula.graph, fuse_gelu);
    EXPECT_EQ(to_string(formula.graph), before) << i;
  }
}

TEST(FuseGelu, ErfInEveryNesting) {
  // The constants are rounded to 2^-24 relative and a few roundings differ: 1e-6 of |x| <= 3.
  expect_fused(
      {
          [](Formula& f) { return f.scaled(0.5f, f.mul(f.x, f.erf_gate())); },
          [](Formula& f) { return f.mul(f.scaled(0.5f, f.x), f.erf_gate()); },
          [](Formula& f) { return f.mul(f.erf_gate(), f.scaled(0.5f, f.x)); },
          [](Formula& f) { return f.mul(f.x, f.scaled(0.5f, f.erf_gate())); },
          [](Formula& f) { return f.mul(f.x, f.divided(f.erf_gate(), 2)); },
          [](Formula& f) { return f.mul(f.divided(f.x, 2), f.erf_gate()); },
          [](Formula& f) {
            const ValueId erf = add_unary(f.graph, UnaryFunction::kErf, f.scaled(kSqrtHalf, f.x));
            return f.scaled(0.5f, f.mul(add_add(f.graph, add_scalar(f.graph, 1), erf), f.x));
          },
      },
      "gelu", 4e-6);
}

TEST(FuseGelu, ErfWithConstantsOfFewDigits) {
  expect_fused(
      {[](Formula& f) {
        const ValueId erf = add_unary(f.graph, UnaryFunction::kErf, f.scaled(0.7071f, f.x));
        return f.mul(f.scaled(0.5f, f.x), f.plus_one(erf));
      }},
      "gelu", 3e-5);  // erf's slope of at most 1.13, times 3 * 1e-5 of the argument, times |x| / 2
}

TEST(FuseGelu, TanhInEveryNesting) {
  expect_fused(
      {
          [](Formula& f) {  // Pow
            return f.mul(f.scaled(0.5f, f.x),
                         f.tanh_gate(f.scaled(kSqrtTwoOverPi, f.inner(f.power(f.x, 3)))));
          },
          [](Formula& f) {  // x * x * x
            const ValueId cube = f.mul(f.mul(f.x, f.x), f.x);
            return f.scaled(0.5f, f.mul(f.x, f.tanh_gate(f.scaled(kSqrtTwoOverPi, f.inner(cube)))));
          },
          [](Formula& f) {  // 0.044715 * x * x * x from the left
            const ValueId cubic = f.mul(f.mul(f.scaled(0.044715f, f.x), f.x), f.x);
            const ValueId argument = f.scaled(kSqrtTwoOverPi, add_add(f.graph, cubic, f.x));
            return f.mul(f.scaled(0.5f, f.x), f.tanh_gate(argument));
          },
          [](Formula& f) {  // sqrt(2/pi) * x * (1 + 0.044715 * x^2)
            const ValueId sum = f.plus_one(f.scaled(0.044715f, f.power(f.x, 2)));
            return f.mul(f.scaled(0.5f, f.x),
                         f.tanh_gate(f.mul(f.scaled(kSqrtTwoOverPi, f.x), sum)));
          },
          [](Formula& f) {
            const ValueId sum = f.plus_one(f.mul(f.scaled(0.044715f, f.x), f.x));
            return f.mul(f.scaled(0.5f, f.x),
                         f.tanh_gate(f.scaled(kSqrtTwoOverPi, f.mul(f.x, sum))));
          },
      },
      "gelu_tanh", 4e-6);
}

TEST(FuseGelu, Silu) {
  expect_fused(
      {
          [](Formula& f) { return f.mul(f.x, add_unary(f.graph, UnaryFunction::kSigmoid, f.x)); },
          [](Formula& f) { return f.mul(add_unary(f.graph, UnaryFunction::kSigmoid, f.x), f.x); },
      },
      "silu", 1e-6);
}

TEST(FuseGelu, XMayItselfBeAProduct) {
  Formula formula;
  const ValueId input = formula.x;
  const ValueId gate = add_input(formula.graph, "gate", DType::kF32, {3, 40});
  formula.x = add_mul(formula.graph, input, gate);
  formula.graph.add_output(formula.scaled(0.5f, formula.mul(formula.x, formula.erf_gate())), "y");
  expect_same_results(formula.graph, fuse_gelu, 1e-5);  // |x| up to 9
  EXPECT_THAT(op_labels(formula.graph), ElementsAre("mul", "gelu"));
}

TEST(FuseGelu, WhatElseReadsAPieceKeepsIt) {
  Formula formula;
  const ValueId half = formula.scaled(0.5f, formula.x);
  formula.graph.add_output(formula.mul(half, formula.erf_gate()), "y");
  formula.graph.add_output(half, "half");
  expect_same_results(formula.graph, fuse_gelu, 4e-6);
  EXPECT_THAT(op_labels(formula.graph), ElementsAre("mul", "gelu"));
}

TEST(FuseGelu, LeavesNearMisses) {
  expect_left_alone({
      [](Formula& f) { return f.mul(f.x, f.erf_gate()); },                              // no half
      [](Formula& f) { return f.scaled(0.25f, f.mul(f.x, f.erf_gate())); },             // a quarter
      [](Formula& f) { return f.scaled(0.5f, f.erf_gate()); },                          // no x
      [](Formula& f) { return f.mul(f.mul(f.x, f.x), f.scaled(0.5f, f.erf_gate())); },  // x twice
      [](Formula& f) {                                                                  // erf(x)
        return f.mul(f.scaled(0.5f, f.x), f.plus_one(add_unary(f.graph, UnaryFunction::kErf, f.x)));
      },
      [](Formula& f) {  // 2 + erf
        const ValueId erf = add_unary(f.graph, UnaryFunction::kErf, f.scaled(kSqrtHalf, f.x));
        return f.mul(f.scaled(0.5f, f.x), add_add(f.graph, erf, add_scalar(f.graph, 2)));
      },
      [](Formula& f) {  // the gate of another value
        const ValueId other = add_input(f.graph, "other", DType::kF32, {3, 40});
        return f.mul(f.scaled(0.5f, other), f.erf_gate());
      },
      [](Formula& f) {  // sqrt 2 over x
        const ValueId argument =
            add_binary(f.graph, BinaryFunction::kDiv, add_scalar(f.graph, 1.41421356f), f.x);
        return f.mul(f.scaled(0.5f, f.x),
                     f.plus_one(add_unary(f.graph, UnaryFunction::kErf, argument)));
      },
      [](Formula& f) {  // x^2 where x^3 belongs
        return f.mul(f.scaled(0.5f, f.x),
                     f.tanh_gate(f.scaled(kSqrtTwoOverPi, f.inner(f.power(f.x, 2)))));
      },
      [](Formula& f) {  // another slope
        return f.mul(f.scaled(0.5f, f.x), f.tanh_gate(f.scaled(0.8f, f.inner(f.power(f.x, 3)))));
      },
      [](Formula& f) {  // quick GELU: x * sigmoid(1.702 x)
        return f.mul(f.x, add_unary(f.graph, UnaryFunction::kSigmoid, f.scaled(1.702f, f.x)));
      },
  });
}

TEST(FuseGelu, LeavesAGateThatOthersRead) {
  Formula formula;
  const ValueId gate = formula.erf_gate();
  formula.graph.add_output(formula.mul(formula.scaled(0.5f, formula.x), gate), "y");
  formula.graph.add_output(gate, "gate");
  labels_after(formula.graph, fuse_gelu);
  EXPECT_THAT(op_labels(formula.graph), Contains("erf"));
}

TEST(FuseGelu, LeavesBroadcastOperands) {
  Formula formula({3, 1});
  const ValueId wide = add_input(formula.graph, "wide", DType::kF32, {3, 40});
  const ValueId gated = formula.mul(formula.scaled(0.5f, formula.x), wide);
  formula.graph.add_output(formula.mul(gated, formula.erf_gate()), "y");
  labels_after(formula.graph, fuse_gelu);
  EXPECT_THAT(op_labels(formula.graph), Contains("erf"));
}

// A product may be as long as a model: it is not followed to its beginning for each of its readers.
TEST(FuseGelu, LongProductsHaveAnEnd) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, 4});
  ValueId value = x;
  for (int i = 0; i < 100'000; ++i) value = add_mul(graph, value, add_scalar(graph, 0.5f));
  graph.add_output(add_unary(graph, UnaryFunction::kTanh, value), "y");
  ASSERT_TRUE(fuse_gelu(graph, {}).is_ok());
  EXPECT_EQ(graph.nodes().size(), 100'001u);
}

}  // namespace
}  // namespace octet::test
