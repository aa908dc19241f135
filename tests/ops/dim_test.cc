// Dim: the canonical form of extents.
#include "runtime/ops/dim_table.h"

#include <gtest/gtest.h>

#include <limits>

namespace octet {
namespace {

const Dim batch = Dim::symbol("batch");
const Dim seq = Dim::symbol("seq");
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(Dim, EqualExtentsHaveOneForm) {
  EXPECT_EQ(batch * seq, seq * batch);
  EXPECT_EQ((batch + seq) * (batch - seq), batch * batch - seq * seq);
  EXPECT_EQ(batch + seq - batch, seq);
  EXPECT_EQ(batch - batch, Dim(0));
  EXPECT_TRUE((batch - batch).is_constant());
  EXPECT_EQ((Dim(2) * batch * seq + Dim(1)).str(), "1 + 2*batch*seq");
  EXPECT_FALSE(batch == seq);
  EXPECT_FALSE(batch * Dim(2) == batch);
  EXPECT_FALSE(batch * batch == batch);
}

TEST(Dim, DividesExactlyWhereItShows) {
  EXPECT_EQ(Dim::floor_div(batch * seq * Dim(384), 384), batch * seq);
  EXPECT_EQ(Dim::floor_div(batch * seq * Dim(384), batch * seq), Dim(384));
  EXPECT_EQ(Dim::floor_div(Dim(12) * seq + Dim(24), 12), seq + Dim(2));
  EXPECT_EQ(Dim::floor_div(batch + seq, batch + seq), Dim(1));
  EXPECT_EQ(Dim::floor_div(seq + Dim(1), 2).str(), "floor_div(1 + seq, 2)");
  EXPECT_EQ(Dim::mod(seq * Dim(6), 3), Dim(0));
  EXPECT_EQ(Dim::mod(seq, 3).str(), "mod(seq, 3)");
}

TEST(Dim, QuotientsByConstantsHaveOneForm) {
  // (height - 16) / 16 + 1 windows of 16 in steps of 16 are height / 16.
  EXPECT_EQ(Dim::floor_div(seq - Dim(16), 16) + Dim(1), Dim::floor_div(seq, 16));
  EXPECT_EQ(Dim::floor_div(Dim(5) * seq + batch - Dim(3), 2).str(),
            "-2 + floor_div(1 + batch + seq, 2) + 2*seq");
  EXPECT_EQ(Dim::floor_div(Dim(-1) * seq, 2).str(), "floor_div(seq, 2) + -1*seq");
  EXPECT_EQ(Dim::floor_div(Dim(4) * seq + Dim(3), 4), seq);
  // Two strided windows after each other.
  EXPECT_EQ(Dim::floor_div(Dim::floor_div(seq + Dim(1), 2) + Dim(1), 2).str(),
            "floor_div(3 + seq, 4)");
  EXPECT_EQ(Dim::floor_div(Dim::floor_div(seq, kMax), 2).str(),
            "floor_div(floor_div(seq, 9223372036854775807), 2)");
  EXPECT_EQ(Dim::mod(Dim(5) * seq - Dim(1), 4).str(), "mod(3 + seq, 4)");
  EXPECT_EQ(Dim::mod(Dim(4) * seq + Dim(7), 4), Dim(3));
}

// The canonical form against the arithmetic that it stands for, over both signs.
TEST(Dim, CanonicalQuotientsKeepTheirValue) {
  const Dim x = Dim::symbol(element_symbol("x", 0));  // may be negative
  for (int64_t factor : {-5, -1, 1, 3, 8})
    for (int64_t shift : {-17, -1, 0, 2, 9})
      for (int64_t divisor : {1, 2, 3, 8}) {
        const Dim inner = Dim::floor_div(Dim(factor) * x + Dim(shift), divisor);
        DimTable table;
        const int once = table.add(inner),
                  rest = table.add(Dim::mod(Dim(factor) * x + Dim(shift), divisor));
        const int twice = table.add(Dim::floor_div(inner + Dim(shift), 3));
        for (int64_t value = -20; value <= 20; ++value) {
          std::vector<int64_t> values;
          const std::vector<int64_t> symbols(table.symbols().size(), value);
          ASSERT_TRUE(table.evaluate(symbols, values).is_ok());
          const auto floor = [](int64_t a, int64_t b) { return (a - ((a % b + b) % b)) / b; };
          const int64_t a = factor * value + shift, quotient = floor(a, divisor);
          ASSERT_EQ(values[static_cast<size_t>(once)], quotient) << inner.str() << " at " << value;
          ASSERT_EQ(values[static_cast<size_t>(rest)], a - quotient * divisor);
          ASSERT_EQ(values[static_cast<size_t>(twice)], floor(quotient + shift, 3));
        }
      }
}

TEST(Dim, QuotientsHaveLowerBounds) {
  EXPECT_EQ(Dim::floor_div(seq + Dim(7), 4).lower_bound(), 1);
  EXPECT_EQ((batch * Dim::floor_div(seq, 4)).lower_bound(), 0);
  EXPECT_EQ(Dim::mod(seq, 4).lower_bound(), 0);
  EXPECT_EQ(Dim::floor_div(seq - Dim(9), 4).lower_bound(), -3);  // -3 + (seq + 3) / 4
  EXPECT_EQ(Dim::floor_div(Dim::symbol(element_symbol("x", 0)), 4).lower_bound(), std::nullopt);
}

TEST(Dim, FloorsLikePython) {
  EXPECT_EQ(Dim::floor_div(-7, 2), Dim(-4));
  EXPECT_EQ(Dim::floor_div(7, -2), Dim(-4));
  EXPECT_EQ(Dim::mod(-7, 3), Dim(2));
  EXPECT_EQ(Dim::mod(7, -3), Dim(-2));
  // Found by fuzz_model_bytes: the multiple of 7 below is no int64.
  EXPECT_EQ(Dim::mod(INT64_MIN, 7), Dim(6));
  EXPECT_EQ(Dim::mod(Dim(INT64_MIN) + Dim(7) * Dim::symbol("seq"), 7), Dim(6));
}

TEST(Dim, DividingByZeroGivesZero) {
  EXPECT_EQ(Dim::floor_div(4, 0), Dim(0));
  EXPECT_EQ(Dim::mod(4, 0), Dim(0));
}

TEST(Dim, MaxAndMinDecideWhereTheDifferenceHasASign) {
  EXPECT_EQ(Dim::max(seq, 0), seq);
  EXPECT_EQ(Dim::max(seq + Dim(1), 1), seq + Dim(1));
  EXPECT_FALSE(Dim::max(seq, 1) == seq);  // an axis may be empty
  EXPECT_EQ(Dim::max(seq + batch, seq), seq + batch);
  EXPECT_EQ(Dim::min(seq, seq + Dim(3)), seq);
  EXPECT_EQ(Dim::min(512, seq), Dim::min(seq, 512));
  EXPECT_EQ(Dim::min(Dim::min(seq, 512), 512), Dim::min(seq, 512));
  EXPECT_EQ(Dim::max(seq, Dim::max(seq, batch)), Dim::max(batch, seq));
}

TEST(Dim, BroadcastOfOneIsNothing) {
  EXPECT_EQ(Dim::broadcast(seq, 1), seq);
  EXPECT_EQ(Dim::broadcast(1, seq), seq);
  EXPECT_EQ(Dim::broadcast(seq, seq), seq);
  EXPECT_EQ(Dim::broadcast(seq, batch), Dim::broadcast(batch, seq));
  EXPECT_EQ(Dim::broadcast(Dim::broadcast(seq, batch), seq), Dim::broadcast(seq, batch));
  EXPECT_FALSE(Dim::broadcast(seq, batch) == seq);
}

TEST(Dim, LowerBoundCountsEveryExtentAsEmpty) {
  EXPECT_EQ((Dim(3) * seq * batch - Dim(1)).lower_bound(), -1);
  EXPECT_EQ(Dim(-5).lower_bound(), -5);
  EXPECT_EQ((Dim(5) - seq).lower_bound(), std::nullopt);
  EXPECT_EQ(Dim::floor_div(seq, batch).lower_bound(), 0);
  const Dim first = Dim::min(seq, 1);
  EXPECT_EQ(first.lower_bound(), 0);
  EXPECT_EQ(first.upper_bound(), 1);
  EXPECT_EQ(Dim::min(seq, 512).upper_bound(), 512);
  EXPECT_EQ((seq - Dim(2) * Dim::floor_div(seq, 2)).lower_bound(), 0);
}

// What exporters write around an axis that may be empty.
TEST(Dim, SlicesOfAnAxisThatMayBeEmptyHaveOneForm) {
  const Dim first = Dim::min(seq, 1), last = seq - Dim::max(seq - Dim(1), 0);
  EXPECT_EQ(first, last);
  EXPECT_FALSE(first.is_constant());
  EXPECT_EQ(Dim::greater(seq, 0), first);
  EXPECT_EQ(Dim::equal(seq, 0), Dim(1) - first);
  EXPECT_EQ(Dim::equal(first, 1), first);
  EXPECT_EQ(Dim::equal(seq, -1), Dim(0));
  EXPECT_EQ(Dim::broadcast(seq, first), seq);
  EXPECT_EQ(Dim::broadcast(Dim::min(seq, 512), seq), seq);
  EXPECT_EQ(Dim::min(seq, 512).text(), "min(512, seq)");
  EXPECT_EQ(Dim::max(seq - Dim(1), 0).text(), "max(0, -1 + seq)");
  EXPECT_EQ(first.text(), "min(1, seq)");
  EXPECT_EQ(Dim::max(batch * seq, batch), batch * Dim::max(seq, 1));
  EXPECT_EQ(Dim::positive(Dim::positive(seq - Dim(1)) - Dim(1)), Dim::positive(seq - Dim(2)));
}

TEST(Dim, APositiveCountTellsMoreOfOthers) {
  const Dim rest = Dim::positive(seq - Dim(1));  // of x[1:]
  EXPECT_EQ((seq - Dim(1) - rest).where_positive(rest).lower_bound(), 0);
  EXPECT_EQ((seq - Dim(1)).where_positive(seq).lower_bound(), 0);
  EXPECT_EQ((seq - Dim(1)).lower_bound(), -1);
}

TEST(Dim, AnElementOfAnInputMayBeNegative) {
  const Dim element = Dim::symbol(element_symbol("shape", 0));
  EXPECT_EQ(element.lower_bound(), std::nullopt);
  EXPECT_FALSE(Dim::max(element, 0) == element);
  EXPECT_EQ(Dim::symbol("shape[0]").lower_bound(), 0);  // an axis of that name
  EXPECT_FALSE(Dim::symbol("shape[0]") == element);
}

TEST(Dim, ANameThatReadsAsAnExpressionStaysASymbol) {
  const Dim named_sum = Dim::symbol("past + 1");
  EXPECT_FALSE(named_sum == Dim::symbol("past") + Dim(1));
  EXPECT_NE(named_sum.str(), (Dim::symbol("past") + Dim(1)).str());
  EXPECT_NE(Dim::symbol("2").str(), Dim(2).str());
  EXPECT_NE(Dim::symbol("batch*seq").str(), (batch * seq).str());
  ASSERT_NE(named_sum.as_symbol(), nullptr);
  EXPECT_EQ(named_sum.as_symbol()->name, "past + 1");
}

TEST(Dim, OverflowIsAnExpressionThatCannotBeEvaluated) {
  for (const Dim& dim : {Dim(kMax) + Dim(1), Dim(kMax) * Dim(2), Dim(kMin) - Dim(1),
                         Dim(0) - Dim(kMin), Dim::floor_div(kMin, -1), Dim(kMax) * seq * Dim(2)}) {
    EXPECT_FALSE(dim.is_constant()) << dim.str();
    EXPECT_EQ(dim.lower_bound(), std::nullopt) << dim.str();
  }
  EXPECT_EQ(Dim::mod(kMin, -1), Dim(0));
}

TEST(Dim, SliceEndsAtTheLargestIntegerAreHarmless) {
  EXPECT_EQ(Dim::min(5, kMax), Dim(5));
  EXPECT_FALSE(Dim::min(seq, kMax).is_constant());
  EXPECT_EQ(Dim::max(Dim(5), Dim(kMin)), Dim(5));
}

TEST(Dim, NamesItsSymbolsOnce) {
  const Dim dim = batch * seq + Dim::floor_div(seq, Dim::symbol("heads"));
  ASSERT_EQ(dim.symbols().size(), 3u);
  EXPECT_EQ(dim.symbols()[0].name, "batch");
}

TEST(SymbolicShape, ConvertsAndPrints) {
  EXPECT_EQ(to_string(SymbolicShape{batch, seq, 384}), "[batch, seq, 384]");
  EXPECT_EQ(to_string(SymbolicShape{}), "[]");
  EXPECT_EQ(to_constant({batch, 2}), std::nullopt);
  EXPECT_EQ(to_constant({Dim(3), Dim(2)}), (Shape{3, 2}));
  EXPECT_EQ(element_count({batch, 2, seq}), Dim(2) * batch * seq);
}

}  // namespace
}  // namespace octet
