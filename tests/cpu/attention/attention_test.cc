// The attention kernels against the reference, over shapes, masks, types and strides.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <ostream>

#include "kernels/cpu/cpu_features.h"
#include "tests/cpu/attention/attention_cases.h"

namespace octet::test {
namespace {

struct Implementation {
  const char* row;
  DType dtype;
  double weight_rounding;
};
constexpr Implementation kImplementations[] = {
    {"attention/f32", DType::kF32, kFloatWeightRounding},
    {"attention/f32", DType::kBF16, kFloatWeightRounding},
    {"attention/bf16", DType::kBF16, kBFloat16WeightRounding},
};

class Attention : public testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    if (std::string_view(GetParam().row) == "attention/bf16" && !cpu::has_bf16())
      GTEST_SKIP() << "no AVX512-BF16 here";
  }

  // Runs the case in all layouts; returns the largest error in units of its bound.
  double check(const AttentionCase& c, AttentionAttrs attrs = {}) {
    const Implementation& implementation = GetParam();
    attrs.scale = c.scale;
    std::vector<Tensor> operands = attention_operands(c, implementation.dtype, 7);
    if (c.mask.rank() > 0) operands.push_back(attention_mask(c.mask, 11));
    double worst = 0;
    std::vector<Tensor> first;
    for (bool strided : {false, true}) {
      std::vector<NodeInput> inputs;
      for (const Tensor& tensor : operands)
        inputs.push_back({strided ? strided_copy(tensor) : tensor});
      auto node = NodeUnderTest::create(attrs, std::move(inputs));
      EXPECT_TRUE(node.is_ok()) << node.status().message();
      const KernelRow& row = find_row(cpu_kernels(), implementation.row);
      auto found = run_kernel(row, *node, {.threads = 3, .reverse_tasks = strided});
      EXPECT_TRUE(found.is_ok()) << found.status().message();
      auto expected = run_kernel(reference_attention(), *node);
      EXPECT_TRUE(expected.is_ok()) << expected.status().message();
      worst = std::max(worst, compare(*node, (*found)[0], (*expected)[0]));
      // The layout of the inputs changes no bit.
      if (strided) {
        EXPECT_EQ(0, std::memcmp(first[0].bytes(), (*found)[0].bytes(), first[0].byte_count()));
      }
      first = std::move(*found);
    }
    return worst;
  }

 private:
  static double compare(const NodeUnderTest& node, const Tensor& found, const Tensor& expected) {
    const auto bounds = attention_bounds(node, GetParam().weight_rounding);
    const auto a = to_doubles(found), b = to_doubles(expected);
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      if (!within(a[i], b[i], bounds[i])) {
        ADD_FAILURE() << "output " << i << " is " << a[i] << ", expected " << b[i] << " +- "
                      << bounds[i];
        return worst;
      }
      if (std::isfinite(b[i])) worst = std::max(worst, std::abs(a[i] - b[i]) / bounds[i]);
    }
    return worst;
  }
};

TEST_P(Attention, AgreesWithTheReference) {
  const int64_t shapes[][6] = {
      {1, 2, 16, 16, 32, 32},  {2, 2, 128, 128, 32, 32}, {1, 1, 50, 128, 64, 64},
      {2, 3, 5, 7, 1, 1},      {1, 1, 1, 1, 1, 1},       {1, 2, 13, 33, 17, 19},
      {2, 2, 130, 48, 80, 40}, {1, 1, 3, 129, 31, 65},   {1, 1, 4, 6, 0, 5},
      {1, 1, 7, 300, 8, 100},  {1, 1, 9, 97, 24, 33},    {1, 2, 63, 80, 6, 112},
      {1, 1, 1, 1500, 12, 16}, {3, 1, 96, 1, 16, 48},    {1, 1, 11, 31, 2, 3},
  };
  double worst = 0;
  for (const auto& s : shapes) {
    const AttentionCase c{s[0], s[1], s[2], s[3], s[4], s[5], {}};
    SCOPED_TRACE(c.name());
    worst = std::max(worst, check(c));
  }
  EXPECT_GT(worst, 0.05) << "the bound is too wide";
}

TEST_P(Attention, TakesEveryBroadcastOfTheMask) {
  constexpr int64_t kBatch = 2, kHeads = 3, kQueries = 21, kKeys = 37;
  for (const Shape& mask :
       {Shape{kBatch, 1, 1, kKeys}, Shape{kBatch, 1, kQueries, kKeys}, Shape{1, 1, kQueries, kKeys},
        Shape{1, kHeads, kQueries, kKeys}, Shape{kBatch, kHeads, kQueries, kKeys},
        Shape{kBatch, kHeads, 1, kKeys}, Shape{1, 1, 1, kKeys}, Shape{kHeads, kQueries, kKeys},
        Shape{kQueries, kKeys}, Shape{kKeys}, Shape{kBatch, 1, kQueries, 1}, Shape{1}}) {
    const AttentionCase c{kBatch, kHeads, kQueries, kKeys, 16, 32, mask};
    SCOPED_TRACE(c.name());
    check(c);
  }
}

TEST_P(Attention, TakesAMaskPerQueryOverSeveralBlocks) {
  check({1, 2, 200, 200, 32, 32, {1, 1, 200, 200}});
}

TEST_P(Attention, MayHaveNothingToDo) {
  for (const auto& [queries, keys, depth] : {std::array<int64_t, 3>{0, 4, 4}, {4, 4, 0}}) {
    const AttentionCase c{2, 2, queries, keys, 8, depth, {}};
    SCOPED_TRACE(c.name());
    check(c);
  }
  check({0, 2, 4, 4, 8, 8, {}});
}

TEST_P(Attention, WithoutKeysGivesZeros) {
  check({2, 2, 4, 0, 8, 8, {}});
  check({2, 2, 4, 0, 8, 8, {2, 1, 1, 0}}, {.empty_rows_are_zero = true});
}

TEST_P(Attention, EmptyRowsAreZeroOnDemand) {
  // About one row in 64 of two keys has none left.
  check({1, 4, 256, 2, 8, 8, {1, 4, 256, 2}});
  check({1, 4, 256, 2, 8, 8, {1, 4, 256, 2}}, {.empty_rows_are_zero = true});
}

// [2, G, ..] with each head three times.
Tensor repeated_heads(const Tensor& shared) {
  const Shape& shape = shared.shape();
  Tensor all(shared.dtype(), Shape{shape[0], 3 * shape[1], shape[2], shape[3]});
  const size_t head = shared.byte_count() / static_cast<size_t>(shape[0] * shape[1]);
  for (int64_t i = 0; i < shape[0] * shape[1] * 3; ++i)
    std::memcpy(all.bytes() + static_cast<size_t>(i) * head,
                shared.bytes() + static_cast<size_t>(i / 3) * head, head);
  return all;
}

TEST_P(Attention, SharedHeadsAreReadWhereTheyLie) {
  const DType dtype = GetParam().dtype;
  const Tensor q = convert_floats(random_floats({2, 6, 9, 20}, 1), dtype),
               k = convert_floats(random_floats({2, 2, 33, 20}, 2), dtype),
               v = convert_floats(random_floats({2, 2, 33, 17}, 3), dtype),
               mask = attention_mask({2, 6, 9, 33}, 4);
  std::vector<Tensor> results;
  for (const KernelRow& row : {find_row(cpu_kernels(), GetParam().row), reference_attention()})
    for (const bool repeats : {false, true}) {
      auto node = NodeUnderTest::create(
          AttentionAttrs{.scale = 0.3f},
          {{q}, {repeats ? repeated_heads(k) : k}, {repeats ? repeated_heads(v) : v}, {mask}});
      ASSERT_TRUE(node.is_ok()) << node.status().message();
      auto found = run_kernel(row, *node, {.threads = 3});
      ASSERT_TRUE(found.is_ok()) << found.status().message();
      results.push_back(std::move((*found)[0]));
    }
  for (const size_t i : {size_t{0}, size_t{2}})
    EXPECT_EQ(0, std::memcmp(results[i].bytes(), results[i + 1].bytes(), results[i].byte_count()));
}

TEST_P(Attention, NegativeAndLargeScales) {
  check({1, 1, 20, 40, 16, 16, {}, -0.5f});
  check({1, 1, 20, 40, 16, 16, {1, 1, 20, 40}, 40.0f});
  check({1, 1, 20, 40, 16, 16, {}, 0.0f});
}

void PrintTo(const Implementation& implementation, std::ostream* os) {
  *os << implementation.row << " of " << dtype_name(implementation.dtype);
}

std::string implementation_name(const testing::TestParamInfo<Implementation>& info) {
  std::string name = std::string(info.param.row) + "_of_" + dtype_name(info.param.dtype);
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Cpu, Attention, testing::ValuesIn(kImplementations), implementation_name);

}  // namespace
}  // namespace octet::test
