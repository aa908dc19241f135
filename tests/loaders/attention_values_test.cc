// ONNX Attention against its formula: caches, lengths, windows, masks, caps and what is wanted of
// the scores.
#include "tests/loaders/attention_formula.h"
#include "tests/loaders/imported_values.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::Each;
using ::testing::FloatNear;
using ::testing::Pointwise;

// Sums of at most 6 products of numbers up to 2, in float against double: far below this.
constexpr float kClose = 1e-5f;
constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr int kBatch = 2, kHeads = 4, kShared = 2, kQueries = 3, kKeys = 5, kSize = 2;

std::vector<float> some_floats(int count, uint64_t seed) {
  const Tensor tensor = random_floats(Shape{count}, seed, -2, 2);
  const auto values = tensor.elements<const float>();
  return {values.begin(), values.end()};
}

const std::vector<float>& query() {
  static const std::vector<float> values = some_floats(kBatch * kHeads * kQueries * kSize, 1);
  return values;
}
std::vector<float> shared(uint64_t seed) {
  return some_floats(kBatch * kShared * kKeys * kSize, seed);
}
// Each head of `values` for the query heads that share it.
std::vector<float> repeated(const std::vector<float>& values) {
  constexpr size_t head = kKeys * kSize, group = kHeads / kShared;
  std::vector<float> out;
  for (size_t first = 0; first < values.size(); first += head)
    for (size_t i = 0; i < group * head; ++i) out.push_back(values[first + i % head]);
  return out;
}
AttentionProblem problem() {
  AttentionProblem p{kBatch, kHeads, kQueries, kKeys, kSize, query(), {}, {}};
  p.k = repeated(shared(2));
  p.v = repeated(shared(3));
  p.scale = 1 / std::sqrt(2.0f);
  return p;
}
// [batch, heads, queries, size]
std::vector<float> wanted(const AttentionProblem& p) {
  return heads_of(attend(p), kBatch, kQueries, kHeads, kSize);
}

// q, k and v are inputs; `more` are those of the node behind them.
ModelBuilder model_of(int64_t opset, const std::vector<std::string>& more = {},
                      const std::vector<std::string>& outputs = {"y"}) {
  ModelBuilder model(opset);
  model.input("q", {kBatch, kHeads, kQueries, kSize});
  for (const char* name : {"k", "v"}) model.input(name, {kBatch, kShared, kKeys, kSize});
  std::vector<std::string> inputs = {"q", "k", "v"};
  inputs.insert(inputs.end(), more.begin(), more.end());
  for (const std::string& name : outputs)
    if (!name.empty()) model.output(name);
  model.node("Attention", inputs, outputs).named("n");
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

std::vector<float> results(const ModelBuilder& model) {
  const Shape keys{kBatch, kShared, kKeys, kSize};
  return outputs_of<float>(model, {floats({kBatch, kHeads, kQueries, kSize}, query()),
                                   floats(keys, shared(2)), floats(keys, shared(3))});
}
void expect_values(const ModelBuilder& model, const AttentionProblem& expected) {
  EXPECT_THAT(results(model), Pointwise(FloatNear(kClose), wanted(expected)));
}

TEST(AttentionValues, SharedHeads) { expect_values(model_of(23), problem()); }

// Lengths of 4 and 2: the queries of a sequence are its last tokens, and the second sequence has
// one that is before its first token.
TEST(AttentionValues, LengthsOfSequences) {
  const std::vector<std::string> inputs = {"", "", "", "lengths"};
  const int lengths[] = {4, 2};
  for (const bool causal : {false, true}) {
    ModelBuilder model = model_of(24, inputs);
    model.ints("lengths", {4, 2});
    only_node(model).attr("is_causal", causal ? 1 : 0);
    AttentionProblem expected = problem();
    expected.mask = [&](int b, int, int i, int j) {
      const bool sees = j < lengths[b] && (!causal || j <= i + lengths[b] - kQueries);
      return sees ? 0 : kNever;
    };
    std::vector<float> values = wanted(expected);
    if (causal)  // by the standard 0, by the formula no number
      for (int h = 0; h < kHeads; ++h)
        for (int d = 0; d < kSize; ++d)
          values[static_cast<size_t>(((kHeads + h) * kQueries) * kSize + d)] = 0;
    EXPECT_THAT(results(model), Pointwise(FloatNear(kClose), values));
  }
}

// Windows of lengths, with a bool mask of the heads, which is one key short.
TEST(AttentionValues, WindowsAndAShortMask) {
  ModelBuilder model = model_of(25, {"mask", "", "", "lengths"});
  model.ints("lengths", {5, 4});
  std::vector<uint8_t> keep(kHeads * kQueries * 4, 1);
  for (size_t i = 0; i < keep.size(); i += 3) keep[i] = 0;
  pb::TensorProto mask = raw_tensor<uint8_t>("mask", {kHeads, kQueries, 4}, keep);
  mask.set_data_type(kBoolean);
  *model.graph().add_initializer() = mask;
  only_node(model).attr("left_window_size", 2).attr("right_window_size", 1);
  AttentionProblem expected = problem();
  expected.mask = [&](int b, int h, int i, int j) {
    const int length = 5 - b, position = i + length - kQueries;
    const bool is_kept =
        j < 4 && keep[static_cast<size_t>((h * kQueries + i) * 4 + j)] != 0 && j < length;
    return is_kept && j >= position - 2 && j <= position + 1 ? 0 : kNever;
  };
  expect_values(model, expected);
}

// The first two keys are a cache.
TEST(AttentionValues, CachesInRankThree) {
  constexpr int kPast = 2, kFresh = kKeys - kPast;
  ModelBuilder model(23);
  model.input("q", {kBatch, kQueries, kHeads * kSize});
  for (const char* name : {"k", "v"}) model.input(name, {kBatch, kFresh, kShared * kSize});
  for (const char* name : {"pk", "pv"}) model.input(name, {kBatch, kShared, kPast, kSize});
  for (const char* name : {"y", "k2", "v2"}) model.output(name);
  model.node("Attention", {"q", "k", "v", "", "pk", "pv"}, {"y", "k2", "v2"})
      .attr("q_num_heads", kHeads)
      .attr("kv_num_heads", kShared)
      .attr("is_causal", 1);
  AttentionProblem expected = problem();
  expected.mask = [](int, int, int i, int j) { return j <= i + kPast ? 0 : kNever; };
  // [batch, tokens, heads * size] of [batch, heads, first.., size]
  const auto rows = [](const std::vector<float>& heads, int count, int tokens, int first, int end) {
    std::vector<float> out;
    for (int b = 0; b < kBatch; ++b)
      for (int t = first; t < end; ++t)
        for (int h = 0; h < count; ++h)
          for (int d = 0; d < kSize; ++d)
            out.push_back(heads[static_cast<size_t>(((b * count + h) * tokens + t) * kSize + d)]);
    return out;
  };
  const auto past = [](const std::vector<float>& heads) {
    std::vector<float> out;
    for (int head = 0; head < kBatch * kShared; ++head)
      for (int i = 0; i < kPast * kSize; ++i)
        out.push_back(heads[static_cast<size_t>(head * kKeys * kSize + i)]);
    return out;
  };
  std::vector<Tensor> inputs = {
      floats({kBatch, kQueries, kHeads * kSize}, rows(query(), kHeads, kQueries, 0, kQueries))};
  for (uint64_t seed : {2, 3})
    inputs.push_back(floats({kBatch, kFresh, kShared * kSize},
                            rows(shared(seed), kShared, kKeys, kPast, kKeys)));
  for (uint64_t seed : {2, 3})
    inputs.push_back(floats({kBatch, kShared, kPast, kSize}, past(shared(seed))));
  std::vector<float> values = attend(expected);
  for (uint64_t seed : {2, 3})
    for (const float value : shared(seed)) values.push_back(value);
  EXPECT_THAT(outputs_of<float>(model, inputs), Pointwise(FloatNear(kClose), values));
}

TEST(AttentionValues, ScoresOfEachMode) {
  const std::vector<float> bias = some_floats(kQueries * kKeys, 4);
  for (const int mode : {0, 1, 2, 3}) {
    ModelBuilder model = model_of(24, {"mask"}, {"y", "", "", "scores"});
    model.initializer<float>("mask", {kQueries, kKeys}, bias);
    only_node(model).attr("softcap", 1.5f).attr("qk_matmul_output_mode", mode);
    AttentionProblem expected = problem();
    expected.shape_score = [](double score) { return 1.5 * std::tanh(score / 1.5); };
    expected.mask = [&](int, int, int i, int j) {
      return static_cast<double>(bias[static_cast<size_t>(i * kKeys + j)]);
    };
    const std::vector<float> found = results(model), context = wanted(expected);
    ASSERT_EQ(found.size(), context.size() + kBatch * kHeads * kQueries * kKeys);
    for (size_t i = 0; i < context.size(); ++i) EXPECT_NEAR(found[i], context[i], kClose);
    const float* scores = found.data() + context.size();
    for (int row = 0; row < kBatch * kHeads * kQueries; ++row) {
      std::vector<double> values;
      double sum = 0;
      for (int j = 0; j < kKeys; ++j) {
        double score = 0;
        for (int d = 0; d < kSize; ++d)
          score += static_cast<double>(expected.q[static_cast<size_t>(row * kSize + d)]) *
                   static_cast<double>(
                       expected.k[static_cast<size_t>((row / kQueries * kKeys + j) * kSize + d)]);
        score *= static_cast<double>(expected.scale);
        if (mode >= 1) score = expected.shape_score(score);
        if (mode >= 2) score += expected.mask(0, 0, row % kQueries, j);
        sum += std::exp(score);
        values.push_back(mode == 3 ? std::exp(score) : score);
      }
      for (int j = 0; j < kKeys; ++j)
        EXPECT_NEAR(scores[row * kKeys + j], values[static_cast<size_t>(j)] / (mode == 3 ? sum : 1),
                    kClose)
            << "mode " << mode;
    }
  }
}

// A query that sees nothing gives 0, and weights of 0, whatever its scores are.
TEST(AttentionValues, RowsWithoutKeys) {
  for (const bool wants_scores : {false, true}) {
    ModelBuilder model =
        wants_scores ? model_of(23, {"mask"}, {"y", "", "", "scores"}) : model_of(23, {"mask"});
    model.initializer<float>("mask", {}, {-std::numeric_limits<float>::infinity()});
    only_node(model).attr("qk_matmul_output_mode", 3);
    EXPECT_THAT(results(model), Each(0.0f));
  }
}

}  // namespace
}  // namespace octet::test
