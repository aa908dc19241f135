// A sequence gives the same bits whatever it is computed with: batch size, position in the batch,
// padding, thread count.
#include <cstring>

#include "kernels/cpu/table.h"
#include "tests/models/model_runs.h"

namespace octet::test {
namespace {

// FNV-1a over the bits of the values.
uint64_t hash_of(std::span<const float> values) {
  uint64_t hash = 14695981039346656037u;
  for (float value : values) {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int byte = 0; byte < 4; ++byte) {
      hash ^= bits >> (8 * byte) & 0xff;
      hash *= 1099511628211u;
    }
  }
  return hash;
}

constexpr uint32_t kSeed = 4321;
constexpr int64_t kLength = 19;

// The hash of the sequence kSeed as row `row` of a batch, its neighbours being other sequences.
uint64_t hash_in_company(Session& session, int64_t batch, int64_t row, int64_t columns) {
  BertInputs inputs = make_batch(batch, columns);
  put_sequence(inputs, row, kSeed, kLength);
  const auto output = run_bert(session, inputs);
  const auto start = static_cast<size_t>(row * columns * kBertHidden);
  return hash_of(output.subspan(start, static_cast<size_t>(kLength * kBertHidden)));
}

class SameBits : public testing::TestWithParam<QuantizationScheme> {
 protected:
  void SetUp() override {
    const Support fast = cpu_backend().features.bf16_linear;
    if (GetParam() == QuantizationScheme::bf16() && !fast.is_yes()) GTEST_SKIP() << fast.reason();
  }
  std::unique_ptr<Session> session(int threads) const {
    LoadOptions options;
    options.quantization.standard = GetParam();
    return load_bert(threads, options)->make_session();
  }
};

TEST_P(SameBits, WhateverTheBatch) {
  const auto one = session(1);
  const uint64_t alone = hash_in_company(*one, 1, 0, kLength);
  for (int64_t batch : {2, 3, 8, 17})
    for (int64_t row : {int64_t{0}, batch / 2, batch - 1})
      EXPECT_EQ(hash_in_company(*one, batch, row, kLength), alone)
          << "batch " << batch << ", row " << row;
}

TEST_P(SameBits, WhateverTheNumberOfThreads) {
  const uint64_t alone = hash_in_company(*session(1), 1, 0, kLength);
  for (int threads : {2, 3, 5}) {
    const auto many = session(threads);
    for (int64_t batch : {1, 4, 13})
      EXPECT_EQ(hash_in_company(*many, batch, batch - 1, kLength), alone)
          << threads << " threads, batch " << batch;
  }
}

TEST_P(SameBits, WhateverThePadding) {
  const auto two = session(2);
  const uint64_t alone = hash_in_company(*two, 1, 0, kLength);
  for (int64_t columns : {20, 24, 33, 64})
    EXPECT_EQ(hash_in_company(*two, 2, 1, columns), alone) << "padded to " << columns;
}

// The hash sees what it should: other tokens, other bits.
TEST_P(SameBits, OtherSequencesDiffer) {
  const auto one = session(1);
  BertInputs inputs(2, kLength);
  put_sequence(inputs, 0, kSeed, kLength);
  put_sequence(inputs, 1, kSeed + 1, kLength);
  const auto output = run_bert(*one, inputs);
  const auto half = static_cast<size_t>(kLength * kBertHidden);
  EXPECT_NE(hash_of(output.first(half)), hash_of(output.subspan(half)));
}

INSTANTIATE_TEST_SUITE_P(Schemes, SameBits,
                         testing::Values(QuantizationScheme::none(), QuantizationScheme::w8a8(),
                                         QuantizationScheme::w8(), QuantizationScheme::bf16()),
                         [](const auto& info) { return info.param.name(); });

}  // namespace
}  // namespace octet::test
