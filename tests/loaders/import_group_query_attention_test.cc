// com.microsoft.GroupQueryAttention: shared heads, caches with room, windows, caps and sinks.
#include "tests/loaders/attention_formula.h"
#include "tests/loaders/imported_values.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Sums of at most 4 products of numbers up to 2, in float against double: far below this.
constexpr float kClose = 1e-5f;
constexpr auto kInt32 = pb::TensorProto::INT32;
constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr int kHeads = 4, kShared = 2, kSize = 2;

std::vector<float> some_floats(int count, uint64_t seed) {
  const Tensor tensor = random_floats(Shape{count}, seed, -2, 2);
  const auto values = tensor.elements<const float>();
  return {values.begin(), values.end()};
}

// One step: `tokens` new ones per sequence, behind those of a cache with room for `room`; room < 0:
// there is no cache.
struct Step {
  int batch, tokens, room, total;
  std::vector<int32_t> lengths;  // of each sequence, after the step

  int past(int b) const { return std::max(lengths[static_cast<size_t>(b)] - tokens, 0); }
  std::vector<float> q() const { return some_floats(batch * tokens * kHeads * kSize, 1); }
  std::vector<float> fresh(uint64_t seed) const {
    return some_floats(batch * tokens * kShared * kSize, seed);
  }
  std::vector<float> cache(uint64_t seed) const {
    return some_floats(batch * kShared * room * kSize, seed);
  }
};

ModelBuilder model_of(const Step& step, const std::vector<std::string>& more = {},
                      const std::vector<std::string>& outputs = {"y", "k2", "v2"}) {
  ModelBuilder model(17);
  model.import("com.microsoft", 1);
  model.input("q", {step.batch, step.tokens, kHeads * kSize});
  for (const char* name : {"k", "v"}) model.input(name, {step.batch, step.tokens, kShared * kSize});
  const bool has_cache = step.room >= 0;
  for (const char* name : {"pk", "pv"})
    if (has_cache) model.input(name, {step.batch, kShared, step.room, kSize});
  std::vector<int32_t> last = step.lengths;
  for (int32_t& length : last) --length;
  model.initializer<int32_t>("last", {step.batch}, last);
  model.initializer<int32_t>("total", {}, {step.total});
  for (const std::string& name : outputs) model.output(name);
  std::vector<std::string> inputs = {
      "q", "k", "v", has_cache ? "pk" : "", has_cache ? "pv" : "", "last", "total"};
  inputs.insert(inputs.end(), more.begin(), more.end());
  model.node("GroupQueryAttention", inputs, outputs)
      .in_domain("com.microsoft")
      .named("n")
      .attr("num_heads", kHeads)
      .attr("kv_num_heads", kShared);
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

std::vector<Tensor> inputs_of(const Step& step) {
  std::vector<Tensor> inputs = {floats({step.batch, step.tokens, kHeads * kSize}, step.q())};
  for (uint64_t seed : {2, 3})
    inputs.push_back(floats({step.batch, step.tokens, kShared * kSize}, step.fresh(seed)));
  if (step.room < 0) return inputs;
  for (uint64_t seed : {4, 5})
    inputs.push_back(floats({step.batch, kShared, step.room, kSize}, step.cache(seed)));
  return inputs;
}

// The keys or values that each query head sees, [batch, heads, total, size]; 0 behind a sequence.
std::vector<float> state_of(const Step& step, uint64_t fresh_seed, uint64_t cache_seed) {
  const std::vector<float> fresh = step.fresh(fresh_seed);
  const std::vector<float> cache = step.room < 0 ? std::vector<float>() : step.cache(cache_seed);
  std::vector<float> out;
  for (int b = 0; b < step.batch; ++b)
    for (int h = 0; h < kHeads; ++h)
      for (int t = 0; t < step.total; ++t)
        for (int d = 0; d < kSize; ++d) {
          const int shared = h / (kHeads / kShared), past = step.past(b);
          const int row = (b * kShared + shared) * step.room + t;
          const int token = b * step.tokens + t - past;
          float value = 0;
          if (t < past)
            value = cache[static_cast<size_t>(row * kSize + d)];
          else if (t < past + step.tokens)
            value = fresh[static_cast<size_t>((token * kShared + shared) * kSize + d)];
          out.push_back(value);
        }
  return out;
}

AttentionProblem problem_of(const Step& step) {
  AttentionProblem p{step.batch, kHeads, step.tokens, step.total, kSize, {}, {}, {}};
  p.q = heads_of(step.q(), step.batch, step.tokens, kHeads, kSize);
  p.k = state_of(step, 2, 4);
  p.v = state_of(step, 3, 5);
  p.scale = 1 / std::sqrt(2.0f);
  p.mask = [step](int b, int, int i, int j) { return j <= step.past(b) + i ? 0 : kNever; };
  return p;
}

void expect_attention(const ModelBuilder& model, const Step& step,
                      const AttentionProblem& expected) {
  const std::vector<float> wanted = attend(expected);
  std::vector<float> found = outputs_of<float>(model, inputs_of(step));
  ASSERT_GE(found.size(), wanted.size());
  found.resize(wanted.size());
  EXPECT_THAT(found, Pointwise(FloatNear(kClose), wanted));
}

const Step kPrompt{2, 3, -1, 3, {3, 3}};
const Step kGrowing{2, 1, 3, 4, {4, 3}};  // the second sequence is shorter
const Step kWithRoom{2, 1, 6, 4, {4, 2}};
const Step kChunk{1, 2, 2, 4, {4}};

TEST(ImportGroupQueryAttention, WithAndWithoutACache) {
  for (const Step& step : {kPrompt, kGrowing, kWithRoom, kChunk})
    expect_attention(model_of(step), step, problem_of(step));
}

TEST(ImportGroupQueryAttention, NewTokensGoBehindThoseOfTheirSequence) {
  const Graph graph = loaded(model_of(kWithRoom));
  EXPECT_EQ(output_text(graph, 1), "float32[2, 2, 6, 2]");
  const auto results = evaluate_graph(graph, inputs_of(kWithRoom));
  ASSERT_TRUE(results.is_ok()) << results.status().message();
  const auto found = (*results)[1].elements<const float>();
  const std::vector<float> wanted = state_of(kWithRoom, 2, 4);
  for (int b = 0; b < 2; ++b)
    for (int shared = 0; shared < kShared; ++shared)
      for (int i = 0; i < kWithRoom.lengths[static_cast<size_t>(b)] * kSize; ++i)
        EXPECT_EQ(found[static_cast<size_t>((b * kShared + shared) * 6 * kSize + i)],
                  wanted[static_cast<size_t>((b * kHeads + shared * 2) * 4 * kSize + i)]);
  EXPECT_EQ(output_text(loaded(model_of(kGrowing)), 1), "float32[2, 2, 4, 2]");
  EXPECT_EQ(output_text(loaded(model_of(kPrompt)), 1), "float32[2, 2, 3, 2]");
}

TEST(ImportGroupQueryAttention, Windows) {
  for (const Step& step : {kPrompt, kGrowing, kWithRoom}) {
    ModelBuilder model = model_of(step);
    only_node(model).attr("local_window_size", 2);
    AttentionProblem expected = problem_of(step);
    expected.mask = [step](int b, int, int i, int j) {
      const int query = step.past(b) + i;
      return j <= query && j > query - 2 ? 0 : kNever;
    };
    expect_attention(model, step, expected);
  }
}

TEST(ImportGroupQueryAttention, BothDirections) {
  ModelBuilder model = model_of(kPrompt);
  only_node(model).attr("causal", 0);
  AttentionProblem expected = problem_of(kPrompt);
  expected.mask = [](int, int, int, int) { return 0.0; };
  expect_attention(model, kPrompt, expected);
  only_node(model).attr("local_window_size", 2);
  EXPECT_THAT(load_error(model), HasSubstr("\"local_window_size\" is 2 where \"causal\" is 0"));
}

TEST(ImportGroupQueryAttention, CapsBiasesAndSinks) {
  ModelBuilder model = model_of(kGrowing, {"", "", "", "bias", "sink"});
  const std::vector<float> bias = some_floats(kHeads * 4, 6), sinks = some_floats(kHeads, 7);
  model.initializer<float>("bias", {1, kHeads, 1, 4}, bias);
  model.initializer<float>("sink", {kHeads}, sinks);
  only_node(model).attr("softcap", 2.0f).attr("scale", 0.5f);
  // The formula takes one sink: a head at a time.
  const std::vector<float> found = outputs_of<float>(model, inputs_of(kGrowing));
  AttentionProblem expected = problem_of(kGrowing);
  expected.scale = 0.5f;
  expected.shape_score = [](double score) { return 2 * std::tanh(score / 2); };
  expected.mask = [&](int b, int h, int i, int j) {
    if (j > kGrowing.past(b) + i) return kNever;
    return static_cast<double>(bias[static_cast<size_t>(h * 4 + j)]);
  };
  for (int h = 0; h < kHeads; ++h) {
    expected.sink = static_cast<double>(sinks[static_cast<size_t>(h)]);
    const std::vector<float> wanted = attend(expected);
    for (int b = 0; b < kGrowing.batch; ++b)
      for (int d = 0; d < kSize; ++d) {
        const auto place = static_cast<size_t>((b * kHeads + h) * kSize + d);
        EXPECT_NEAR(found[place], wanted[place], kClose) << h << " " << b;
      }
  }
}

TEST(ImportGroupQueryAttention, SmoothSoftmaxAndTheAttentionKernelWithoutIt) {
  ModelBuilder model = model_of(kPrompt);
  EXPECT_THAT(ops(loaded(model)), HasSubstr("attention"));
  only_node(model).attr("smooth_softmax", 1);
  EXPECT_THAT(ops(loaded(model)), HasSubstr("softmax"));
  AttentionProblem expected = problem_of(kPrompt);
  expected.sink = 0;
  expect_attention(model, kPrompt, expected);
}

// Turns of 90 degrees per position: with queries and keys equal at each position, a score depends
// on their distance alone.
TEST(ImportGroupQueryAttention, TurnsByPosition) {
  for (const Step& step : {kPrompt, kGrowing}) {
    ModelBuilder model = model_of(step, {"cos", "sin"});
    model.initializer<float>("cos", {4, 1}, {1, 0, -1, 0});
    model.initializer<float>("sin", {4, 1}, {0, 1, 0, -1});
    only_node(model).attr("do_rotary", 1);
    AttentionProblem expected = problem_of(step);
    const auto turn = [](float* pair, int position) {
      for (int i = 0; i < position; ++i) {
        std::swap(pair[0], pair[1]);
        pair[0] = -pair[0];
      }
    };
    for (int b = 0; b < step.batch; ++b)
      for (int h = 0; h < kHeads; ++h) {
        for (int t = 0; t < step.tokens; ++t)
          turn(&expected.q[static_cast<size_t>(((b * kHeads + h) * step.tokens + t) * kSize)],
               step.past(b) + t);
        for (int t = step.past(b); t < step.total; ++t)
          turn(&expected.k[static_cast<size_t>(((b * kHeads + h) * step.total + t) * kSize)], t);
      }
    expect_attention(model, step, expected);
  }
}

TEST(ImportGroupQueryAttention, PackedProjections) {
  ModelBuilder model(17);
  model.import("com.microsoft", 1).input("qkv", {2, 3, (kHeads + 2 * kShared) * kSize}).output("y");
  model.initializer<int32_t>("last", {2}, {2, 2}).initializer<int32_t>("total", {1}, {3});
  model.node("GroupQueryAttention", {"qkv", "", "", "", "", "last", "total"}, {"y"})
      .in_domain("com.microsoft")
      .attr("num_heads", kHeads)
      .attr("kv_num_heads", kShared);
  std::vector<float> packed;
  const std::vector<float> q = kPrompt.q(), k = kPrompt.fresh(2), v = kPrompt.fresh(3);
  for (size_t token = 0; token < 6; ++token) {
    const auto append = [&](const std::vector<float>& from, size_t width) {
      packed.insert(packed.end(), &from[token * width], &from[token * width] + width);
    };
    append(q, kHeads * kSize);
    append(k, kShared * kSize);
    append(v, kShared * kSize);
  }
  EXPECT_THAT(outputs_of<float>(model, {floats({2, 3, 16}, packed)}),
              Pointwise(FloatNear(kClose), attend(problem_of(kPrompt))));
}

TEST(ImportGroupQueryAttention, RefusesWithAReason) {
  const auto with = [](const Step& step, const char* attribute, auto value) {
    ModelBuilder model = model_of(step);
    auto& node = *model.graph().mutable_node(0);
    for (int i = 0; i < node.attribute_size(); ++i)
      if (node.attribute(i).name() == attribute) node.mutable_attribute()->DeleteSubrange(i--, 1);
    only_node(model).attr(attribute, value);
    return load_error(model);
  };
  EXPECT_THAT(with(kPrompt, "kv_num_heads", 3),
              HasSubstr("\"num_heads\" is 4, expected a multiple of \"kv_num_heads\", 3"));
  EXPECT_THAT(with(kGrowing, "sliding_window_cache", 1),
              HasSubstr("export with a cache of the whole sequence"));
  EXPECT_THAT(with(kGrowing, "k_quant_type", "PER_TENSOR"),
              HasSubstr("export with a float32 cache"));
  EXPECT_THAT(with(kPrompt, "do_rotary", 1), HasSubstr("without inputs 7 and 8, the caches"));
  EXPECT_THAT(with(kPrompt, "local_window_size", 0), HasSubstr("is 0, expected 1 or more, or -1"));
  EXPECT_THAT(load_error(model_of(kPrompt, {}, {"y", "k2", "v2", "scores"})),
              HasSubstr("output 3, the scores"));
  Step longer = kPrompt;
  longer.total = 4;
  EXPECT_THAT(load_error(model_of(longer)), HasSubstr("total_sequence_length, of a node without"));
  ModelBuilder half = model_of(kGrowing);
  half.graph().mutable_node(0)->set_input(4, "");
  EXPECT_THAT(load_error(half), HasSubstr("past key and value, belong together"));
}

}  // namespace
}  // namespace octet::test
