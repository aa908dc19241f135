// DimTable: evaluation of extents and its errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <map>

#include "runtime/ops/dim_table.h"

namespace octet {
namespace {

using ::testing::HasSubstr;

// Evaluates `dim` with each symbol set to its value in `symbols`.
Result<int64_t> evaluate(const Dim& dim, const std::map<std::string, int64_t>& symbols) {
  DimTable table;
  const int index = table.add(dim);
  std::vector<int64_t> inputs, values;
  for (const Symbol& symbol : table.symbols()) inputs.push_back(symbols.at(symbol.name));
  OCTET_RETURN_IF_ERROR(table.evaluate(inputs, values));
  return values[static_cast<size_t>(index)];
}

int64_t value_of(const Dim& dim, const std::map<std::string, int64_t>& symbols) {
  auto value = evaluate(dim, symbols);
  EXPECT_TRUE(value.is_ok()) << value.status().message();
  return value.is_ok() ? *value : -1;
}

std::string error_of(const Dim& dim, const std::map<std::string, int64_t>& symbols) {
  auto value = evaluate(dim, symbols);
  return value.is_ok() ? "no error" : value.status().message();
}

const Dim a = Dim::symbol("a");
const Dim b = Dim::symbol("b");

TEST(DimTable, EvaluatesEveryOperation) {
  EXPECT_EQ(value_of(Dim(3) * a * b + Dim(1), {{"a", 2}, {"b", 5}}), 31);
  EXPECT_EQ(value_of(Dim(7), {}), 7);
  EXPECT_EQ(value_of(Dim(0), {}), 0);
  for (int64_t x : {-7, -1, 0, 6, 7}) {
    for (int64_t y : {-3, -1, 2, 3}) {
      const std::map<std::string, int64_t> symbols{{"a", x}, {"b", y}};
      const auto floor =
          static_cast<int64_t>(std::floor(static_cast<double>(x) / static_cast<double>(y)));
      EXPECT_EQ(value_of(Dim::floor_div(a, b), symbols), floor) << x << " " << y;
      EXPECT_EQ(value_of(Dim::mod(a, b), symbols), x - y * floor) << x << " " << y;
      EXPECT_EQ(value_of(Dim::max(a, b), symbols), std::max(x, y));
      EXPECT_EQ(value_of(Dim::min(a, b), symbols), std::min(x, y));
    }
  }
}

TEST(DimTable, BroadcastTakesEqualExtentsOrOnes) {
  EXPECT_EQ(value_of(Dim::broadcast(a, b), {{"a", 1}, {"b", 5}}), 5);
  EXPECT_EQ(value_of(Dim::broadcast(a, b), {{"a", 5}, {"b", 1}}), 5);
  EXPECT_EQ(value_of(Dim::broadcast(a, b), {{"a", 0}, {"b", 1}}), 0);
  EXPECT_EQ(value_of(Dim::broadcast(a, b), {{"a", 4}, {"b", 4}}), 4);
}

TEST(DimTable, DivisionByZeroGivesZero) {
  EXPECT_EQ(value_of(Dim::floor_div(a, b), {{"a", 1}, {"b", 0}}), 0);
  EXPECT_EQ(value_of(Dim::mod(a, b), {{"a", 1}, {"b", 0}}), 0);
}

TEST(DimTable, ReportsOverflowAndWhoseItIs) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(error_of(Dim::floor_div(a, b), {{"a", -kMax - 1}, {"b", -1}}),
              HasSubstr("too large"));
  EXPECT_THAT(error_of(a * b, {{"a", kMax}, {"b", 2}}), HasSubstr("too large"));
  EXPECT_THAT(error_of(a + b, {{"a", kMax}, {"b", 2}}), HasSubstr("too large"));
  EXPECT_THAT(error_of(Dim(kMax) * Dim(3), {}), HasSubstr("too large"));

  DimTable table;
  table.add(a);
  table.set_owner("node \"first\" (Mul)");
  table.add(a * Dim(2));
  table.set_owner("node \"second\" (Mul)");
  table.add(a * Dim(4));
  std::vector<int64_t> values;
  const Status status = table.evaluate(std::vector<int64_t>{kMax / 2}, values);
  EXPECT_EQ(status.message(),
            "node \"second\" (Mul): an extent is too large for these input shapes; use smaller "
            "inputs");
}

TEST(DimTable, SharesEqualDimsAndKeepsTheOrderOfSymbols) {
  DimTable table;
  const int first = table.add(b * Dim(2));
  const int second = table.add(a + b);
  EXPECT_EQ(table.add(Dim(2) * b), first);
  EXPECT_EQ(table.symbols()[0].name, "b");
  EXPECT_EQ(table.symbols()[1].name, "a");
  std::vector<int64_t> values;
  ASSERT_TRUE(table.evaluate(std::vector<int64_t>{10, 1}, values).is_ok());
  EXPECT_EQ(values[static_cast<size_t>(first)], 20);
  EXPECT_EQ(values[static_cast<size_t>(second)], 11);
}

TEST(DimTable, ANameThatReadsAsASumIsItsOwnSymbol) {
  DimTable table;
  const int sum = table.add(a + b);
  const int named = table.add(Dim::symbol("a + b"));
  std::vector<int64_t> values;
  ASSERT_EQ(table.symbols().size(), 3u);
  EXPECT_EQ(table.symbols()[2].name, "a + b");
  ASSERT_TRUE(table.evaluate(std::vector<int64_t>{1, 2, 50}, values).is_ok());
  EXPECT_EQ(values[static_cast<size_t>(sum)], 3);
  EXPECT_EQ(values[static_cast<size_t>(named)], 50);
}

}  // namespace
}  // namespace octet
