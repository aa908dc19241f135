// Which layer gets which scheme, and what becomes of it.
#include "runtime/passes/quantize/quantization_plan.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kernels/numerics/quantize_weights.h"
#include "runtime/passes/quantize/float_products.h"
#include "runtime/passes/quantize/quantize_linear.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(MatchesPattern, StarsAndQuestionMarks) {
  struct Case {
    const char *pattern, *name;
    bool matches;
  };
  for (const Case& c : {Case{"fc", "fc", true},
                        {"fc", "fc1", false},
                        {"fc?", "fc1", true},
                        {"fc?", "fc", false},
                        {"*", "", true},
                        {"", "", true},
                        {"", "a", false},
                        {"*/dense", "/layer.0/output/dense", true},
                        {"*dense", "dense/bias", false},
                        {"a*b*c", "axxbxxbc", true},
                        {"a*b*c", "axxcxxb", false},
                        {"**", "abc", true},
                        {"[a]", "a", false},
                        {"*ab", "aab", true}})
    EXPECT_EQ(matches_pattern(c.pattern, c.name), c.matches) << c.pattern << " " << c.name;
}

// Patterns from a stranger: no time in the power of the stars.
TEST(MatchesPattern, ManyStars) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(20000, 'a')));
}

TEST(QuantizationPlan, TheLastRuleThatNamesALayerDecides) {
  QuantizationPlan plan;
  plan.standard = QuantizationScheme::w8a8();
  plan.rules = {{"*", QuantizationScheme::w8()},
                {"head*", QuantizationScheme::none()},
                {"*.weight", QuantizationScheme::bf16()}};
  const auto scheme = [&](const char* name, std::vector<std::string> aliases = {}) {
    const LayerRule* rule = plan.rule_of({name, std::move(aliases), 0, 0});
    return (rule == nullptr ? plan.standard : rule->scheme).name();
  };
  EXPECT_EQ(scheme("fc"), "w8");
  EXPECT_EQ(scheme("head"), "none");
  EXPECT_EQ(scheme("head", {"head.weight"}), "bf16");
  plan.rules.clear();
  EXPECT_EQ(scheme("head"), "w8a8");
}

TEST(QuantizationPlan, QuantizesWhereAnyLayerMayBeOtherThanFloat) {
  QuantizationPlan plan;
  EXPECT_FALSE(plan.quantizes());
  plan.rules = {{"a", QuantizationScheme::none()}};
  EXPECT_FALSE(plan.quantizes());
  plan.rules.push_back({"b", QuantizationScheme::w8()});
  EXPECT_TRUE(plan.quantizes());
}

class ThreeLayers : public testing::Test {
 protected:
  ThreeLayers() {
    options.quantize_weights = [](const Tensor& weights, const WeightScheme&,
                                  const float* smoothing) {
      return numerics::quantize_weights_per_channel(weights, smoothing);
    };
    options.warn = [this](const std::string& text) { warnings.push_back(text); };
    ValueId value = add_input(graph, "src", DType::kF32, {2, 3, 8});
    for (const char* name : {"first", "second", "third"}) {
      LinearAttrs attrs;
      attrs.weights_transposed = true;
      attrs.layer = {name, {std::string(name) + ".weight"}, 0, 8};
      value = add_node(
          graph, name, attrs,
          {value, add_floats(graph, std::string(name) + ".weight", random_floats({8, 8}, 7))});
    }
    graph.add_output(value, "y");
  }
  Status quantize() {
    Status status = graph.normalize();
    if (status.is_ok()) status = quantize_linear(graph, options);
    if (status.is_ok()) status = graph.normalize();
    return status.is_ok() ? verify(graph) : status;
  }
  // Of each layer, in the order of the graph.
  std::vector<std::string> schemes() const {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes()) {
      if (const auto* linear = node.as<LinearAttrs>()) names.push_back(linear->scheme.name());
      if (const auto* quantized = node.as<QuantizedLinearAttrs>())
        names.push_back(quantized->scheme.name());
    }
    return names;
  }

  Graph graph;
  PassOptions options;
  std::vector<std::string> warnings;
};

TEST_F(ThreeLayers, ThreeSchemesInOneModel) {
  options.features.bf16_linear = Support::yes();
  options.quantization.standard = QuantizationScheme::w8a8();
  options.quantization.rules = {{"second", QuantizationScheme::w8()},
                                {"third.weight", QuantizationScheme::bf16()}};
  const Status status = quantize();
  ASSERT_TRUE(status.is_ok()) << status.message();
  EXPECT_THAT(schemes(), ElementsAre("w8a8", "w8", "bf16"));
  EXPECT_EQ(count_nodes(graph, OpKind::kQuantizeRows), 1);
  EXPECT_THAT(warnings, SizeIs(0));
}

TEST_F(ThreeLayers, ProductsFollowFromTheCpu) {
  options.quantization.standard = QuantizationScheme::w8();
  for (const bool fast : {true, false}) {
    options.features.bf16_linear = fast ? Support::yes() : Support::no("slow");
    Graph copy = graph;
    Status status = copy.normalize();
    if (status.is_ok()) status = quantize_linear(copy, options);
    ASSERT_TRUE(status.is_ok()) << status.message();
    for (const Node& node : copy.nodes()) {
      const auto* quantized = node.as<QuantizedLinearAttrs>();
      if (quantized == nullptr) continue;
      EXPECT_EQ(quantized->scheme.products, fast ? Products::kBF16 : Products::kF32);
    }
  }
}

TEST_F(ThreeLayers, Bf16IsRefusedWhereTheCpuIsSlowAtIt) {
  options.quantization.rules = {{"second", QuantizationScheme::bf16()}};
  const Status status = quantize();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("\"second\""));
  EXPECT_THAT(status.message(), HasSubstr("no fast bf16 products"));
}

TEST_F(ThreeLayers, FloatLayersKnowWhy) {
  options.quantization.rules = {{"first", QuantizationScheme::w8()},
                                {"second", QuantizationScheme::none()},
                                {"fourth", QuantizationScheme::w8()}};
  const Status status = quantize();
  ASSERT_TRUE(status.is_ok()) << status.message();
  std::vector<std::string> reasons;
  for (const Node& node : graph.nodes())
    if (const auto* linear = node.as<LinearAttrs>()) reasons.push_back(linear->why_float);
  EXPECT_THAT(reasons,
              ElementsAre("the pattern \"second\" asks for none", "no scheme was asked for"));
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr("from the pattern \"fourth\""));
}

TEST(FloatProducts, NamesWhatIsNoLayer) {
  Graph graph;
  const ValueId src = add_input(graph, "src", DType::kF32, {2, 3, 8});
  const auto product = [&](const char* name, ValueId lhs, ValueId rhs) {
    graph.add_output(add_node(graph, name, MatMulAttrs{}, {lhs, rhs}), name);
  };
  product("heads", src, add_floats(graph, "w", random_floats({2, 8, 5}, 1)));
  product("scores", src, add_input(graph, "other", DType::kF32, {2, 8, 3}));
  product("left", add_floats(graph, "l", random_floats({4, 3}, 2)), src);
  std::vector<std::string> texts;
  for (const FloatProduct& found : float_products(graph))
    texts.push_back(found.name + ": " + found.why);
  EXPECT_THAT(
      texts,
      ElementsAre("heads: the weight is float32[2, 8, 5], many matrices, expected one, [K, N]",
                  "scores: neither operand is a constant weight",
                  "left: the weight is float32[4, 3] and stands on the left, expected src . "
                  "weights"));
}

}  // namespace
}  // namespace octet::test
