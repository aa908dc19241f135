// Dim against plain arithmetic: random expressions, evaluated both ways over small values.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "runtime/ops/dim_table.h"

namespace octet {
namespace {

constexpr int kSymbols = 3;  // the last may be negative
const Dim kNamed[kSymbols] = {Dim::symbol("batch"), Dim::symbol("seq"),
                              Dim::symbol(element_symbol("x", 0))};

using Values = std::array<int64_t, kSymbols>;
using Plain = std::function<int64_t(const Values&)>;

struct Expression {
  Dim dim;
  Plain plain;
};

int64_t floor_of(int64_t a, int64_t b) {
  if (b == 0) return 0;
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

  Expression make(int depth) {
    if (depth == 0 || pick(6) == 0) {
      if (pick(2) == 0) {
        const int64_t constant = pick(9) - 3;
        return {constant, [constant](const Values&) { return constant; }};
      }
      const auto symbol = static_cast<size_t>(pick(kSymbols));
      return {kNamed[symbol], [symbol](const Values& values) { return values[symbol]; }};
    }
    const Expression a = make(depth - 1), b = make(depth - 1);
    const Plain x = a.plain, y = b.plain;
    switch (pick(11)) {
      case 0:
        return {a.dim + b.dim, [=](const Values& v) { return x(v) + y(v); }};
      case 1:
        return {a.dim - b.dim, [=](const Values& v) { return x(v) - y(v); }};
      case 2:
        return {a.dim * b.dim, [=](const Values& v) { return x(v) * y(v); }};
      case 3:
        return {Dim::max(a.dim, b.dim), [=](const Values& v) { return std::max(x(v), y(v)); }};
      case 4:
        return {Dim::min(a.dim, b.dim), [=](const Values& v) { return std::min(x(v), y(v)); }};
      case 5:
        return {Dim::greater(a.dim, b.dim), [=](const Values& v) { return int64_t{x(v) > y(v)}; }};
      case 6:
        return {Dim::equal(a.dim, b.dim), [=](const Values& v) { return int64_t{x(v) == y(v)}; }};
      case 7: {
        const Dim condition = Dim::greater(a.dim, 1);
        return {Dim::select(condition, a.dim, b.dim),
                [=](const Values& v) { return x(v) > 1 ? x(v) : y(v); }};
      }
      case 8: {
        const int64_t divisor = pick(4) + 1;
        return {Dim::floor_div(a.dim, divisor),
                [=](const Values& v) { return floor_of(x(v), divisor); }};
      }
      case 9: {
        const int64_t divisor = pick(4) + 1;
        return {Dim::mod(a.dim, divisor),
                [=](const Values& v) { return x(v) - divisor * floor_of(x(v), divisor); }};
      }
      default: {
        const int64_t divisor = pick(2) == 0 ? pick(3) + 1 : -2;
        return {Dim::truncated_div(a.dim, divisor),
                [=](const Values& v) { return x(v) / divisor; }};
      }
    }
  }

 private:
  std::mt19937 random_;
};

template <class F>
void for_small_values(F&& call) {
  for (int64_t batch = 0; batch < 4; ++batch)
    for (int64_t seq = 0; seq < 5; ++seq)
      for (int64_t element = -4; element <= 4; ++element) call(Values{batch, seq, element});
}

int64_t value_of(const DimTable& table, int index, const Values& values) {
  std::vector<int64_t> inputs, results;
  for (const Symbol& symbol : table.symbols())
    for (size_t i = 0; i < kSymbols; ++i)
      if (kNamed[i].as_symbol()->id == symbol.id) inputs.push_back(values[i]);
  EXPECT_TRUE(table.evaluate(inputs, results).is_ok());
  return results[static_cast<size_t>(index)];
}

TEST(DimArithmetic, EveryFormKeepsItsValueAndItsBounds) {
  Generator generator(1);
  int compared = 0;
  for (int round = 0; round < 800; ++round) {
    const Expression expression = generator.make(1 + round % 4);
    if (expression.dim.is_too_complex()) continue;
    DimTable table;
    const int index = table.add(expression.dim);
    const auto low = expression.dim.lower_bound(), high = expression.dim.upper_bound();
    for_small_values([&](const Values& values) {
      const int64_t expected = expression.plain(values);
      ASSERT_EQ(value_of(table, index, values), expected)
          << expression.dim.str() << " at " << values[0] << " " << values[1] << " " << values[2];
      if (low) {
        ASSERT_LE(*low, expected) << expression.dim.str();
      }
      if (high) {
        ASSERT_GE(*high, expected) << expression.dim.str();
      }
      ++compared;
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared, 100000);
}

// A bound under the assumption that a count is positive holds wherever it is.
TEST(DimArithmetic, WhatFollowsFromAPositiveCountHolds) {
  Generator generator(2);
  int proved = 0;
  for (int round = 0; round < 800; ++round) {
    const Expression count = generator.make(1 + round % 3), other = generator.make(1 + round % 3);
    const auto low = other.dim.where_positive(count.dim).lower_bound();
    if (!low) continue;
    ++proved;
    for_small_values([&](const Values& values) {
      if (count.plain(values) < 1) return;
      ASSERT_LE(*low, other.plain(values)) << other.dim.str() << " where " << count.dim.str();
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(proved, 100);
}

}  // namespace
}  // namespace octet
