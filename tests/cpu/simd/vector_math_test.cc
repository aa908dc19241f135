// The vector functions against double arithmetic, over a sweep of all bit patterns of f32.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/cpu/elementwise/unary_f32.h"
#include "kernels/numerics/activations.h"

namespace octet {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Every 509th bit pattern (a prime, so that mantissas vary), and the special values: 8.4 million
// numbers.
std::vector<float> sweep() {
  std::vector<float> values;
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 509)
    values.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  for (float value : {0.0f, 1.0f, kInfinity, std::numeric_limits<float>::max(),
                      std::numeric_limits<float>::min(), std::numeric_limits<float>::quiet_NaN()})
    values.insert(values.end(), {value, -value});
  return values;
}

// The distance from `value` to the next f32 of larger magnitude; that of the smallest normal below
// it.
double ulp(double value) {
  const auto magnitude = std::max(std::abs(value), double{std::numeric_limits<float>::min()});
  return std::ldexp(1.0, std::ilogb(magnitude) - 23);
}

struct Case {
  UnaryFunction function;
  double (*truth)(double);
  // The error allowed for an input and its true result.
  double (*bound)(double x, double y);
};

void check(const Case& test) {
  const std::vector<float> src = sweep();
  std::vector<float> dst(src.size());
  cpu::unary_f32(test.function)(src.data(), dst.data(), static_cast<int64_t>(src.size()));
  double worst = 0;
  for (size_t i = 0; i < src.size(); ++i) {
    const double expected = test.truth(src[i]);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(dst[i])) << src[i] << " gives " << dst[i];
    } else if (const auto rounded = static_cast<float>(expected); std::isinf(rounded)) {
      ASSERT_EQ(dst[i], rounded) << src[i];
    } else {
      const double bound = test.bound(src[i], expected);
      const double error = std::abs(dst[i] - expected);
      ASSERT_LE(error, bound) << src[i] << " gives " << dst[i] << ", expected " << expected;
      if (bound > 0) worst = std::max(worst, error / bound);
    }
  }
  // A bound several times too wide would hide a defect.
  EXPECT_GT(worst, 0.3) << "the bound is too wide";
}

// Results below the smallest normal f32 may be flushed to 0.
constexpr double kFlush = std::numeric_limits<float>::min();

TEST(VectorMath, Exp) {
  check({UnaryFunction::kExp, [](double x) { return std::exp(x); },
         [](double, double y) { return y < kFlush ? kFlush : 1.01 * ulp(y); }});
}

TEST(VectorMath, ExpIsExactlyZeroWhereItUnderflows) {
  const std::vector<float> src = {-87.34f, -100, -1e4f, -3.4e38f, -kInfinity};
  std::vector<float> dst(src.size(), 1);
  cpu::unary_f32(UnaryFunction::kExp)(src.data(), dst.data(), static_cast<int64_t>(src.size()));
  for (float value : dst) EXPECT_EQ(std::bit_cast<uint32_t>(value), 0u);
}

TEST(VectorMath, Log) {
  // One rounding of n ln 2 + f, and that of a correction of at most a quarter of it.
  check({UnaryFunction::kLog, [](double x) { return std::log(x); },
         [](double, double y) { return 1.5 * ulp(y); }});
}

// A quotient of two polynomials whose roundings add up to less than 6 * 2^-24.
double rational_bound(double, double y) { return 6 * 0x1p-24 * std::abs(y) + 1e-44; }

TEST(VectorMath, Erf) {
  check({UnaryFunction::kErf, [](double x) { return std::erf(x); }, rational_bound});
}

TEST(VectorMath, Tanh) {
  check({UnaryFunction::kTanh, [](double x) { return std::tanh(x); }, rational_bound});
}

TEST(VectorMath, Sigmoid) {
  // e^-x within 1 ulp, a sum and a quotient; 0 from where e^-x overflows.
  check({UnaryFunction::kSigmoid, numerics::sigmoid,
         [](double x, double y) { return x < -87.3 ? kFlush : 5 * 0x1p-24 * y; }});
}

// -infinity is left out of the next three: there the formulas give -infinity * 0.
double except_lowest(double x, double y) {
  return x == -HUGE_VAL ? std::numeric_limits<double>::quiet_NaN() : y;
}

TEST(VectorMath, Silu) {
  check({UnaryFunction::kSilu, [](double x) { return except_lowest(x, numerics::silu(x)); },
         [](double x, double y) {
           return x < -87.3 ? -x * kFlush : 6 * 0x1p-24 * std::abs(y) + 1e-44;
         }});
}

TEST(VectorMath, Gelu) {
  // The error of erf, or of the table of its halves, times |x|/2 or |x|, and one rounding.
  check({UnaryFunction::kGelu, [](double x) { return except_lowest(x, numerics::gelu(x)); },
         [](double x, double y) {
           return std::abs(x) < 6 ? 4 * 0x1p-24 * std::abs(x) + ulp(y) / 2
                                  : 0x1p-24 * std::abs(y) + 1e-8;
         }});
}

TEST(VectorMath, GeluTanh) {
  check({UnaryFunction::kGeluTanh,
         [](double x) { return except_lowest(x, numerics::gelu_tanh(x)); },
         [](double x, double y) {
           return std::abs(x) < 6 ? 5 * 0x1p-24 * std::abs(x) + ulp(y) / 2
                                  : 0x1p-24 * std::abs(y) + 1e-8;
         }});
}

TEST(VectorMath, Softplus) {
  check({UnaryFunction::kSoftplus, numerics::softplus,
         [](double, double y) { return 2.5 * 0x1p-24 * std::max(1.0, y); }});
}

// These have one right answer in f32.
TEST(VectorMath, ExactFunctions) {
  const std::vector<float> src = sweep();
  std::vector<float> dst(src.size());
  const auto expect = [&](UnaryFunction function, const std::function<float(float)>& truth) {
    cpu::unary_f32(function)(src.data(), dst.data(), static_cast<int64_t>(src.size()));
    for (size_t i = 0; i < src.size(); ++i) {
      const float expected = truth(src[i]);
      if (std::isnan(expected))
        ASSERT_TRUE(std::isnan(dst[i])) << unary_name(function) << " " << src[i];
      else
        ASSERT_EQ(dst[i], expected) << unary_name(function) << " " << src[i];
    }
  };
  expect(UnaryFunction::kAbs, [](float x) { return std::abs(x); });
  expect(UnaryFunction::kCeil, [](float x) { return std::ceil(x); });
  expect(UnaryFunction::kFloor, [](float x) { return std::floor(x); });
  expect(UnaryFunction::kNeg, [](float x) { return -x; });
  expect(UnaryFunction::kReciprocal, [](float x) { return 1 / x; });
  expect(UnaryFunction::kRelu, [](float x) { return x < 0 ? 0 : x; });
  expect(UnaryFunction::kRound, [](float x) { return std::nearbyint(x); });
  expect(UnaryFunction::kSign, [](float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : x; });
  expect(UnaryFunction::kSqrt, [](float x) { return std::sqrt(x); });
  expect(UnaryFunction::kCos, [](float x) { return std::cos(x); });
  expect(UnaryFunction::kSin, [](float x) { return std::sin(x); });
}

// A loop that is cut elsewhere, or done in place, gives the same bits: tails compute what vectors
// compute.
TEST(VectorMath, TailsEqualVectors) {
  for (UnaryFunction function :
       {UnaryFunction::kExp, UnaryFunction::kLog, UnaryFunction::kErf, UnaryFunction::kGelu,
        UnaryFunction::kGeluTanh, UnaryFunction::kTanh, UnaryFunction::kSigmoid,
        UnaryFunction::kSilu}) {
    std::vector<float> src(200);
    for (size_t i = 0; i < src.size(); ++i) src[i] = 0.07f * static_cast<float>(i) - 6.9f;
    std::vector<float> whole(src.size());
    cpu::unary_f32(function)(src.data(), whole.data(), 200);
    for (int64_t count : {0, 1, 3, 15, 17, 31, 33, 63, 100}) {
      std::vector<float> part = src;
      cpu::unary_f32(function)(part.data() + 5, part.data() + 5, count);
      for (int64_t i = 0; i < 200; ++i) {
        const auto at = static_cast<size_t>(i);
        const bool computed = i >= 5 && i < 5 + count;
        const float expected = computed ? whole[at] : src[at];
        ASSERT_EQ(std::bit_cast<uint32_t>(part[at]), std::bit_cast<uint32_t>(expected))
            << unary_name(function) << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace octet
