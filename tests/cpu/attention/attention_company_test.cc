// Bit for bit the same attention of a sequence, whatever is computed with it: batch, heads,
// threads, order, masked keys.
#include <gtest/gtest.h>

#include <cstring>

#include "kernels/cpu/cpu_features.h"
#include "tests/cpu/attention/attention_cases.h"

namespace octet::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();

// FNV-1a of bytes.
uint64_t hash_bytes(const std::byte* data, size_t size) {
  uint64_t hash = 1469598103934665603u;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<uint64_t>(data[i])) * 1099511628211u;
  return hash;
}

struct Sequence {
  Tensor q, k, v;  // [1, H, S, D]
};

class AttentionCompany : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int64_t kHeads = 2, kLength = 20, kDepth = 24;

  void SetUp() override {
    if (bf16() && !cpu::has_bf16()) GTEST_SKIP() << "no AVX512-BF16 here";
  }
  static bool bf16() { return std::string_view(GetParam()) == "attention/bf16"; }

  static Tensor run(const Sequence& s, const Tensor& mask, RunOptions options = {}) {
    auto node = NodeUnderTest::create(AttentionAttrs{.scale = 0.7f}, {{s.q}, {s.k}, {s.v}, {mask}});
    EXPECT_TRUE(node.is_ok()) << node.status().message();
    auto result = run_kernel(find_row(cpu_kernels(), GetParam()), *node, options);
    EXPECT_TRUE(result.is_ok()) << result.status().message();
    return (*result)[0];
  }

  // A tensor [batch, H, length, D] whose first kLength tokens of batch `place` are those of
  // `token_seed`, the rest random.
  static Tensor padded(int64_t batch, int64_t place, int64_t length, uint64_t token_seed) {
    Tensor tensor = random_floats({batch, kHeads, length, kDepth}, token_seed + 1000, -3, 3);
    const Tensor tokens = random_floats({kHeads, kLength, kDepth}, token_seed, -3, 3);
    for (int64_t h = 0; h < kHeads; ++h)
      std::memcpy(tensor.bytes() + (place * kHeads + h) * length * kDepth * 4,
                  tokens.bytes() + h * kLength * kDepth * 4, kLength * kDepth * 4);
    return convert_floats(tensor, bf16() ? DType::kBF16 : DType::kF32);
  }
  static Sequence padded_sequence(int64_t batch, int64_t place, int64_t length) {
    return {padded(batch, place, length, 1), padded(batch, place, length, 2),
            padded(batch, place, length, 3)};
  }
  // [batch, 1, 1, length]: 0 for the sequence's own keys, `fill` for the others.
  static Tensor padding_mask(int64_t batch, int64_t length, float fill) {
    Tensor mask(DType::kF32, {batch, 1, 1, length});
    for (int64_t i = 0; i < batch * length; ++i)
      mask.elements<float>()[static_cast<size_t>(i)] = i % length < kLength ? 0 : fill;
    return mask;
  }
  // Of the first kLength rows of batch `place`: dst is [B, S, H, D].
  static uint64_t hash(const Tensor& dst, int64_t place, int64_t length) {
    return hash_bytes(dst.bytes() + place * length * kHeads * kDepth * 4,
                      static_cast<size_t>(kLength * kHeads * kDepth * 4));
  }
  static uint64_t alone() {
    return hash(run(padded_sequence(1, 0, kLength), padding_mask(1, kLength, 0)), 0, kLength);
  }
};

TEST_P(AttentionCompany, MaskedKeysChangeNoBit) {
  const uint64_t expected = alone();
  for (int64_t length : {21, 31, 32, 33, 64, 128, 500})
    for (float fill : {-kInfinity, -1e4f, -1e9f, kLowest})
      EXPECT_EQ(hash(run(padded_sequence(1, 0, length), padding_mask(1, length, fill)), 0, length),
                expected)
          << length << " keys, masked with " << fill;
}

TEST_P(AttentionCompany, NeitherDoesAMaskPerQuery) {
  const int64_t length = 70;
  Tensor mask(DType::kF32, {length, length});
  for (int64_t i = 0; i < length * length; ++i)
    mask.elements<float>()[static_cast<size_t>(i)] = i % length < kLength ? 0 : kLowest;
  EXPECT_EQ(hash(run(padded_sequence(1, 0, length), mask), 0, length), alone());
}

TEST_P(AttentionCompany, NoMaskIsAMaskOfZeros) {
  const Sequence s = padded_sequence(1, 0, kLength);
  EXPECT_EQ(hash(run(s, Tensor()), 0, kLength), alone());
}

TEST_P(AttentionCompany, NeitherBatchNorPlaceNorThreadsChangeABit) {
  const uint64_t expected = alone();
  for (int64_t batch : {1, 2, 5})
    for (int64_t place = 0; place < batch; ++place)
      for (int threads : {1, 2, 7, 64})
        EXPECT_EQ(hash(run(padded_sequence(batch, place, 32), padding_mask(batch, 32, -1e4f),
                           {.threads = threads, .reverse_tasks = place % 2 == 1}),
                       place, 32),
                  expected)
            << batch << " sequences, place " << place << ", " << threads << " threads";
}

TEST_P(AttentionCompany, DividedHeadsGiveTheSameBits) {
  const int64_t length = 500;  // cut into blocks of queries by 64 threads
  const Sequence s = padded_sequence(1, 0, length);
  const Tensor mask = padding_mask(1, length, 0.5f);
  const Tensor whole = run(s, mask), divided = run(s, mask, {.threads = 64});
  EXPECT_EQ(hash_bytes(whole.bytes(), whole.byte_count()),
            hash_bytes(divided.bytes(), divided.byte_count()));
}

// A test that hashes the same memory twice would pass for any kernel.
TEST_P(AttentionCompany, OtherKeysDoChangeBits) {
  EXPECT_NE(hash(run(padded_sequence(1, 0, 32), padding_mask(1, 32, -4.0f)), 0, 32), alone());
}

INSTANTIATE_TEST_SUITE_P(Cpu, AttentionCompany, testing::Values("attention/f32", "attention/bf16"),
                         [](const auto& info) {
                           return std::string(info.param).substr(sizeof "attention");
                         });

}  // namespace
}  // namespace octet::test
