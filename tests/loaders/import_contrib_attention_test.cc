// com.microsoft.Attention and MultiHeadAttention: their projections, masks and pasts.
#include "tests/loaders/attention_formula.h"
#include "tests/loaders/imported_values.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Sums of at most 4 products of numbers up to 2, in float against double: far below this.
constexpr float kClose = 1e-5f;
constexpr auto kInt32 = pb::TensorProto::INT32;
constexpr int kBatch = 2, kTokens = 3, kHeads = 2, kSize = 2, kHidden = 4;

std::vector<float> some_floats(size_t count, uint64_t seed) {
  const Tensor tensor = random_floats(Shape{static_cast<int64_t>(count)}, seed, -2, 2);
  const auto values = tensor.elements<const float>();
  return {values.begin(), values.end()};
}

NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

// q, k and v apart, by MultiHeadAttention; `more` are the inputs from the bias on.
ModelBuilder multi_head(const std::vector<std::string>& more,
                        const std::vector<std::string>& outputs = {"y"}) {
  ModelBuilder model(17);
  model.import("com.microsoft", 1);
  for (const char* name : {"q", "k", "v"}) model.input(name, {kBatch, kTokens, kHidden});
  for (const std::string& name : outputs) model.output(name);
  std::vector<std::string> inputs = {"q", "k", "v"};
  inputs.insert(inputs.end(), more.begin(), more.end());
  model.node("MultiHeadAttention", inputs, outputs)
      .in_domain("com.microsoft")
      .named("n")
      .attr("num_heads", kHeads);
  return model;
}

std::vector<float> random_rows(uint64_t seed) {
  return some_floats(kBatch * kTokens * kHidden, seed);
}
AttentionProblem problem() {
  AttentionProblem p{kBatch, kHeads, kTokens, kTokens, kSize, {}, {}, {}};
  p.q = heads_of(random_rows(1), kBatch, kTokens, kHeads, kSize);
  p.k = heads_of(random_rows(2), kBatch, kTokens, kHeads, kSize);
  p.v = heads_of(random_rows(3), kBatch, kTokens, kHeads, kSize);
  p.scale = 1 / std::sqrt(2.0f);
  return p;
}
std::vector<Tensor> operands(const std::vector<Tensor>& more = {}) {
  std::vector<Tensor> inputs;
  for (uint64_t seed : {1, 2, 3})
    inputs.push_back(floats({kBatch, kTokens, kHidden}, random_rows(seed)));
  inputs.insert(inputs.end(), more.begin(), more.end());
  return inputs;
}
void expect_attention(const ModelBuilder& model, const std::vector<Tensor>& inputs,
                      const AttentionProblem& expected) {
  EXPECT_THAT(outputs_of<float>(model, inputs), Pointwise(FloatNear(kClose), attend(expected)));
}

TEST(ImportMultiHeadAttention, IsTheFormula) {
  expect_attention(multi_head({}), operands(), problem());
  EXPECT_EQ(ops(loaded(multi_head({}))),
            "reshape transpose reshape transpose reshape transpose attention reshape");
  ModelBuilder scaled = multi_head({});
  only_node(scaled).attr("scale", 0.25f);
  AttentionProblem expected = problem();
  expected.scale = 0.25f;
  expect_attention(scaled, operands(), expected);
}

TEST(ImportMultiHeadAttention, MasksOfEveryRank) {
  struct Case {
    std::vector<Extent> extents;
    std::vector<int32_t> values;
    std::function<bool(int b, int i, int j)> keep;
  };
  const Case cases[] = {
      {{kBatch}, {2, 3}, [](int b, int, int j) { return j < (b == 0 ? 2 : 3); }},
      {{2 * kBatch}, {3, 2, 1, 0}, [](int b, int, int j) { return b == 0 ? j >= 1 : j < 2; }},
      {{kBatch, kTokens},
       {1, 0, 1, 0, 0, 5},
       [](int b, int, int j) { return b == 0 ? j != 1 : j == 2; }},
      {{kBatch, kTokens, kTokens},
       {1, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1},
       [](int b, int i, int j) { return b == 0 ? j <= i : j >= 2 - i; }},
  };
  for (const Case& c : cases) {
    for (const bool low : {false, true}) {
      ModelBuilder model = multi_head({"", "mask"});
      model.input("mask", c.extents, kInt32);
      if (low) only_node(model).attr("mask_filter_value", -3.0f);
      AttentionProblem expected = problem();
      expected.mask = [&](int b, int, int i, int j) {
        return c.keep(b, i, j) ? 0.0 : low ? -3.0 : -10000.0;
      };
      Shape shape;
      std::vector<int64_t> dims;
      for (const Extent& extent : c.extents) dims.push_back(extent.value);
      expect_attention(model, operands({int32s(Shape(dims), c.values)}), expected);
    }
  }
}

TEST(ImportMultiHeadAttention, CausalWithBiasAndMask) {
  ModelBuilder model = multi_head({"", "mask", "bias"});
  model.input("mask", {kBatch, kTokens}, kInt32).input("bias", {1, kHeads, kTokens, kTokens});
  only_node(model).attr("unidirectional", 1);
  const std::vector<float> bias = some_floats(kHeads * kTokens * kTokens, 4);
  AttentionProblem expected = problem();
  expected.mask = [&](int b, int h, int i, int j) {
    const double added =
        static_cast<double>(bias[static_cast<size_t>((h * kTokens + i) * kTokens + j)]);
    if (j > i) return -std::numeric_limits<double>::infinity();
    return added + (b == 1 && j == 0 ? -10000.0 : 0);
  };
  expect_attention(model,
                   operands({int32s({kBatch, kTokens}, {1, 1, 1, 0, 1, 1}),
                             floats({1, kHeads, kTokens, kTokens}, bias)}),
                   expected);
}

TEST(ImportMultiHeadAttention, BiasAndPast) {
  ModelBuilder model = multi_head({"b", "", "", "pk", "pv"}, {"y", "k2", "v2"});
  model.input("pk", {kBatch, kHeads, 1, kSize}).input("pv", {kBatch, kHeads, 1, kSize});
  const std::vector<float> bias = some_floats(3 * kHidden, 5);
  const std::vector<float> past = some_floats(kBatch * kHeads * kSize, 6);
  model.initializer<float>("b", {3 * kHidden}, bias);
  AttentionProblem expected = problem();
  expected.keys = kTokens + 1;
  std::vector<float>* const parts[] = {&expected.q, &expected.k, &expected.v};
  for (size_t part = 0; part < 3; ++part) {
    std::vector<float> rows = random_rows(part + 1);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] += bias[part * kHidden + i % kHidden];
    std::vector<float> fresh = heads_of(rows, kBatch, kTokens, kHeads, kSize);
    if (part == 0) {
      *parts[part] = fresh;
      continue;
    }
    parts[part]->clear();
    for (size_t head = 0; head < kBatch * kHeads; ++head) {
      parts[part]->insert(parts[part]->end(), &past[head * kSize], &past[head * kSize] + kSize);
      const float* from = &fresh[head * kTokens * kSize];
      parts[part]->insert(parts[part]->end(), from, from + kTokens * kSize);
    }
  }
  const Tensor past_tensor = floats({kBatch, kHeads, 1, kSize}, past);
  std::vector<float> all = attend(expected);
  all.insert(all.end(), expected.k.begin(), expected.k.end());
  all.insert(all.end(), expected.v.begin(), expected.v.end());
  EXPECT_THAT(outputs_of<float>(model, operands({past_tensor, past_tensor})),
              Pointwise(FloatNear(kClose), all));
}

TEST(ImportMultiHeadAttention, PackedOperands) {
  // [batch, tokens, heads, parts, size] with the parts that problem() has apart.
  const auto packed = [](std::vector<uint64_t> seeds) {
    std::vector<std::vector<float>> parts;
    for (const uint64_t seed : seeds) parts.push_back(random_rows(seed));
    std::vector<float> rows;
    for (size_t head = 0; head < kBatch * kTokens * kHeads; ++head)
      for (const auto& part : parts)
        rows.insert(rows.end(), &part[head * kSize], &part[head * kSize] + kSize);
    return floats({kBatch, kTokens, kHeads, static_cast<int64_t>(seeds.size()), kSize}, rows);
  };
  for (const bool all : {true, false}) {
    ModelBuilder model(17);
    model.import("com.microsoft", 1).output("y");
    std::vector<Tensor> inputs = {packed({1, 2, 3})};
    if (all) {
      model.input("qkv", {kBatch, kTokens, kHeads, 3, kSize});
    } else {
      model.input("q", {kBatch, kTokens, kHidden}).input("kv", {kBatch, kTokens, kHeads, 2, kSize});
      inputs = {floats({kBatch, kTokens, kHidden}, random_rows(1)), packed({2, 3})};
    }
    model
        .node("MultiHeadAttention",
              all ? std::vector<std::string>{"qkv"} : std::vector<std::string>{"q", "kv"}, {"y"})
        .in_domain("com.microsoft")
        .attr("num_heads", kHeads);
    expect_attention(model, inputs, problem());
  }
}

TEST(ImportMultiHeadAttention, RefusesWithAReason) {
  const auto with = [](std::vector<std::string> more, std::vector<std::string> outputs = {"y"}) {
    ModelBuilder model = multi_head(more, outputs);
    model.input("past", {kBatch, kHeads, 1, kSize}).input("n", {1}, kInt32);
    model.input("mask", {3 * kBatch + 2}, kInt32);
    return load_error(model);
  };
  EXPECT_THAT(with({"", "mask"}), HasSubstr("running sums of packed sequences; export with a mask "
                                            "of [batch, keys]"));
  EXPECT_THAT(with({"", "", "", "past"}), HasSubstr("past key and value, belong together"));
  EXPECT_THAT(with({"", "", "", "past", "past", "n"}),
              HasSubstr("inputs 8 and 9, of a past that shares its buffer"));
  EXPECT_THAT(with({}, {"y", "k2", "v2", "scores"}), HasSubstr("output 3, the scores"));
  ModelBuilder heads = multi_head({});
  only_node(heads).proto().clear_attribute();
  EXPECT_THAT(load_error(heads), HasSubstr("\"num_heads\" is missing or not positive"));
  only_node(heads).attr("num_heads", 3);
  EXPECT_THAT(load_error(heads), HasSubstr("input 0 cannot be split into 3 heads"));
  ModelBuilder half(17);
  half.import("com.microsoft", 1).input("x", {1, 2, 6}).output("y");
  half.node("MultiHeadAttention", {"x"}, {"y"}).in_domain("com.microsoft").attr("num_heads", 1);
  EXPECT_THAT(load_error(half), HasSubstr("expected packed [batch, sequence, 1, 3, head size]"));
}

// q, k and v as the columns of one product of x with the identity beside itself.
ModelBuilder merged(bool constant, const std::vector<std::string>& more = {},
                    const std::vector<std::string>& outputs = {"y"}) {
  ModelBuilder model(17);
  model.import("com.microsoft", 1).input("x", {kBatch, kTokens, kHidden});
  std::vector<float> weights(kHidden * 3 * kHidden);
  for (size_t row = 0; row < kHidden; ++row)
    for (size_t part = 0; part < 3; ++part)
      weights[row * 3 * kHidden + part * kHidden + row] = static_cast<float>(part + 1);
  if (constant) {
    model.initializer<float>("w", {kHidden, 3 * kHidden}, weights);
  } else {
    model.initializer<float>("w0", {kHidden, 3 * kHidden}, weights);
    model.node("Sqrt", {"w0"}, {"w1"});
    model.node("Mul", {"w1", "w1"}, {"w"});
  }
  model.initializer<float>("b", {3 * kHidden}, std::vector<float>(3 * kHidden, 0.5f));
  for (const std::string& name : outputs) model.output(name);
  std::vector<std::string> inputs = {"x", "w", "b"};
  inputs.insert(inputs.end(), more.begin(), more.end());
  model.node("Attention", inputs, outputs)
      .in_domain("com.microsoft")
      .named("n")
      .attr("num_heads", kHeads);
  return model;
}
AttentionProblem merged_problem() {
  AttentionProblem p = problem();
  std::vector<float>* const parts[] = {&p.q, &p.k, &p.v};
  for (int part = 0; part < 3; ++part) {
    std::vector<float> rows = random_rows(1);
    for (float& value : rows) value = value * static_cast<float>(part + 1) + 0.5f;
    *parts[part] = heads_of(rows, kBatch, kTokens, kHeads, kSize);
  }
  return p;
}

TEST(ImportContribAttention, ProjectsByOneLayer) {
  const std::vector<Tensor> inputs = {floats({kBatch, kTokens, kHidden}, random_rows(1))};
  expect_attention(merged(true), inputs, merged_problem());
  expect_attention(merged(false), inputs, merged_problem());
  const Graph graph = loaded(merged(true));
  EXPECT_EQ(ops(graph),
            "linear slice reshape transpose slice reshape transpose slice reshape transpose "
            "attention reshape");
  EXPECT_EQ(first<LinearAttrs>(graph).layer.name, "n");
  EXPECT_THAT(first<LinearAttrs>(graph).layer.aliases, ElementsAre("w", "b"));
}

TEST(ImportContribAttention, PastAndPresent) {
  ModelBuilder model = merged(true, {"", "past"}, {"y", "present"});
  model.input("past", {2, kBatch, kHeads, 1, kSize});
  only_node(model).attr("unidirectional", 1);
  const std::vector<float> past = some_floats(2 * kBatch * kHeads * kSize, 7);
  AttentionProblem expected = merged_problem();
  expected.keys = kTokens + 1;
  std::vector<float>* const states[] = {&expected.k, &expected.v};
  for (size_t state = 0; state < 2; ++state) {
    const std::vector<float> fresh = *states[state];
    states[state]->clear();
    for (size_t head = 0; head < kBatch * kHeads; ++head) {
      const float* old = &past[(state * kBatch * kHeads + head) * kSize];
      states[state]->insert(states[state]->end(), old, old + kSize);
      const float* from = &fresh[head * kTokens * kSize];
      states[state]->insert(states[state]->end(), from, from + kTokens * kSize);
    }
  }
  expected.mask = [](int, int, int i, int j) {
    return j > i + 1 ? -std::numeric_limits<double>::infinity() : 0.0;
  };
  std::vector<float> all = attend(expected);
  all.insert(all.end(), expected.k.begin(), expected.k.end());
  all.insert(all.end(), expected.v.begin(), expected.v.end());
  EXPECT_THAT(outputs_of<float>(model, {floats({kBatch, kTokens, kHidden}, random_rows(1)),
                                        floats({2, kBatch, kHeads, 1, kSize}, past)}),
              Pointwise(FloatNear(kClose), all));
}

// Megatron's: rows and columns of a mask for the longest sequence.
TEST(ImportContribAttention, MaskOfRankFour) {
  ModelBuilder model = merged(true, {"mask"});
  model.input("mask", {kBatch, 1, 5, 5}, kInt32);
  std::vector<int32_t> mask;
  for (int i = 0; i < kBatch * 25; ++i) mask.push_back(i % 5 <= i / 5 % 5);
  AttentionProblem expected = merged_problem();
  expected.mask = [](int, int, int i, int j) { return j <= i ? 0.0 : -10000.0; };
  expect_attention(
      model, {floats({kBatch, kTokens, kHidden}, random_rows(1)), int32s({kBatch, 1, 5, 5}, mask)},
      expected);
}

TEST(ImportContribAttention, RefusesWithAReason) {
  const auto with = [](const char* attribute, int value) {
    ModelBuilder model = merged(true);
    only_node(model).attr(attribute, value);
    return load_error(model);
  };
  EXPECT_THAT(with("past_present_share_buffer", 1),
              HasSubstr("past and present share a buffer (attribute"));
  EXPECT_THAT(with("do_rotary", 1), HasSubstr("\"do_rotary\" is 1; export with rotary embedding"));
  ModelBuilder sizes = merged(true);
  only_node(sizes).ints("qkv_hidden_sizes", {4, 4, 6});
  EXPECT_THAT(load_error(sizes), HasSubstr("adds up to 14, but the weights have 12 columns"));
  ModelBuilder uneven = merged(true);
  only_node(uneven).ints("qkv_hidden_sizes", {4, 2, 6});
  EXPECT_THAT(load_error(uneven), HasSubstr("needs three sizes, the first two equal"));
  ModelBuilder doubles(17);
  doubles.import("com.microsoft", 1).output("y").input("x", {1, 2, 2}, pb::TensorProto::DOUBLE);
  doubles.initializer<double>("w", {2, 6}, std::vector<double>(12));
  doubles.node("Attention", {"x", "w"}, {"y"}).in_domain("com.microsoft").attr("num_heads", 1);
  EXPECT_THAT(load_error(doubles), HasSubstr("input 0 is float64[1, 2, 2], expected float32"));
}

}  // namespace
}  // namespace octet::test
