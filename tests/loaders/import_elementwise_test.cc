// Elementwise importers: functions, variadic ops, and the ops that become several.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One node over inputs x, y, z of shape [2, 3].
ModelBuilder one(const std::string& op, int inputs, int64_t opset = 17, int type = kFloat) {
  ModelBuilder model(opset);
  std::vector<std::string> names;
  for (int i = 0; i < inputs; ++i) {
    names.push_back(std::string(1, static_cast<char>('x' + i)));
    model.input(names.back(), {2, 3}, type);
  }
  model.node(op, names, {"out"}).named("n");
  return model.output("out");
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

TEST(ImportElementwise, UnaryFunctions) {
  for (const auto& [op, label] :
       std::initializer_list<std::pair<const char*, const char*>>{{"Abs", "abs"},
                                                                  {"Ceil", "ceil"},
                                                                  {"Cos", "cos"},
                                                                  {"Erf", "erf"},
                                                                  {"Exp", "exp"},
                                                                  {"Floor", "floor"},
                                                                  {"IsNaN", "is_nan"},
                                                                  {"Log", "log"},
                                                                  {"Neg", "neg"},
                                                                  {"Reciprocal", "reciprocal"},
                                                                  {"Relu", "relu"},
                                                                  {"Round", "round"},
                                                                  {"Sigmoid", "sigmoid"},
                                                                  {"Sign", "sign"},
                                                                  {"Sin", "sin"},
                                                                  {"Softplus", "softplus"},
                                                                  {"Softsign", "softsign"},
                                                                  {"Sqrt", "sqrt"},
                                                                  {"Tanh", "tanh"}})
    EXPECT_EQ(ops(loaded(one(op, 1))), label);
  EXPECT_EQ(ops(loaded(one("Not", 1, 17, kBoolean))), "not");
}

TEST(ImportElementwise, BinaryFunctionsKeepTheirOrder) {
  for (const auto& [op, label] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Add", "add"},
           {"Sub", "sub"},
           {"Mul", "mul"},
           {"Div", "div"},
           {"Pow", "pow"},
           {"Equal", "equal"},
           {"Less", "less"},
           {"LessOrEqual", "less_or_equal"},
           {"Greater", "greater"},
           {"GreaterOrEqual", "greater_or_equal"}}) {
    const Graph graph = loaded(one(op, 2));
    EXPECT_EQ(ops(graph), label);
    EXPECT_EQ(graph.nodes().at(0).inputs, graph.inputs());
  }
  for (const auto& [op, label] : std::initializer_list<std::pair<const char*, const char*>>{
           {"And", "and"}, {"Or", "or"}, {"Xor", "xor"}})
    EXPECT_EQ(ops(loaded(one(op, 2, 17, kBoolean))), label);
}

TEST(ImportElementwise, VariadicOpsAreChains) {
  EXPECT_EQ(ops(loaded(one("Max", 1))), "");
  EXPECT_EQ(ops(loaded(one("Max", 2))), "max");
  EXPECT_EQ(ops(loaded(one("Min", 3))), "min min");
  EXPECT_EQ(ops(loaded(one("Sum", 3))), "add add");
  const Graph mean = loaded(one("Mean", 3));
  EXPECT_EQ(ops(mean), "add add div");
  EXPECT_THAT(elements<float>(*mean.value(mean.nodes()[2].inputs[1]).constant), ElementsAre(3));
  ModelBuilder gap = one("Max", 3);
  gap.graph().mutable_node(0)->set_input(1, "");
  EXPECT_THAT(load_error(gap), HasSubstr("input 1 is missing"));
}

TEST(ImportElementwise, PowCastsTheOther) {
  ModelBuilder float_base(17);
  float_base.input("x", {2}).initializer<int64_t>("e", {}, {3}).output("y");
  float_base.node("Pow", {"x", "e"}, {"y"});
  EXPECT_EQ(ops(loaded(float_base)), "cast pow");
  EXPECT_EQ(output_text(loaded(float_base)), "float32[2]");
  ModelBuilder int_base(17);
  int_base.input("x", {100}, kInt64).initializer<float>("e", {}, {0.5f}).output("y");
  int_base.node("Pow", {"x", "e"}, {"y"});
  EXPECT_EQ(ops(loaded(int_base)), "cast pow cast");
  EXPECT_EQ(output_text(loaded(int_base)), "int64[100]");
}

TEST(ImportElementwise, ModHasTwoSigns) {
  EXPECT_EQ(ops(loaded(one("Mod", 2, 13, kInt64))), "mod");
  ModelBuilder fmod = one("Mod", 2);
  EXPECT_EQ(ops(loaded(fmod)), "mod");
  only_node(fmod).attr("fmod", 1);
  EXPECT_EQ(ops(loaded(fmod)), "sign abs abs mod mul");
}

TEST(ImportElementwise, IsInfOfOneSign) {
  EXPECT_EQ(ops(loaded(one("IsInf", 1))), "is_inf");
  ModelBuilder positive = one("IsInf", 1);
  only_node(positive).attr("detect_negative", 0);
  const Graph graph = loaded(positive);
  EXPECT_EQ(ops(graph), "is_inf greater and");
  EXPECT_EQ(graph.nodes()[1].inputs[0], graph.inputs()[0]);
  ModelBuilder negative = one("IsInf", 1);
  only_node(negative).attr("detect_positive", 0);
  EXPECT_EQ(loaded(negative).nodes().at(1).inputs[1], loaded(negative).inputs()[0]);
}

TEST(ImportElementwise, GeluAndSwish) {
  EXPECT_EQ(ops(loaded(one("Gelu", 1, 20))), "gelu");
  ModelBuilder tanh = one("Gelu", 1, 20);
  only_node(tanh).attr("approximate", "tanh");
  EXPECT_EQ(ops(loaded(tanh)), "gelu_tanh");
  ModelBuilder wrong = one("Gelu", 1, 20);
  only_node(wrong).attr("approximate", "fast");
  EXPECT_THAT(load_error(wrong), HasSubstr("\"approximate\" is \"fast\""));
  EXPECT_EQ(ops(loaded(one("Swish", 1, 24))), "silu");
  ModelBuilder alpha = one("Swish", 1, 24);
  only_node(alpha).attr("alpha", 1.702f);
  EXPECT_EQ(ops(loaded(alpha)), "mul sigmoid mul");
}

TEST(ImportSelect, ClipTakesAttributesBelowOpset11) {
  ModelBuilder attributes = one("Clip", 1, 10);
  only_node(attributes).attr("min", 0.0f).attr("max", 6.0f);
  Graph graph = loaded(attributes);
  EXPECT_EQ(ops(graph), "clip");
  EXPECT_THAT(constant_input<float>(graph, 1), ElementsAre(0));
  EXPECT_THAT(constant_input<float>(graph, 2), ElementsAre(6));

  ModelBuilder upper(17);
  upper.input("x", {2}).initializer<float>("high", {}, {6}).output("y");
  upper.node("Clip", {"x", "", "high"}, {"y"});
  graph = loaded(upper);
  EXPECT_EQ(graph.nodes().at(0).inputs[1], kNoValue);
  EXPECT_THAT(constant_input<float>(graph, 2), ElementsAre(6));
  EXPECT_EQ(ops(loaded(one("Clip", 1))), "");
}

TEST(ImportSelect, WhereAndCasts) {
  ModelBuilder where;
  where.input("c", {2}, kBoolean).input("x", {2}).input("y", {2}).output("z");
  where.node("Where", {"c", "x", "y"}, {"z"});
  EXPECT_EQ(loaded(where).nodes().at(0).inputs, loaded(where).inputs());

  ModelBuilder cast = one("Cast", 1);
  EXPECT_THAT(load_error(cast), HasSubstr("\"to\" is missing"));
  only_node(cast).attr("to", kInt64);
  EXPECT_EQ(output_text(loaded(cast)), "int64[2, 3]");
  ModelBuilder same = one("Cast", 1);
  only_node(same).attr("to", kFloat);
  EXPECT_EQ(ops(loaded(same)), "");
  ModelBuilder text = one("Cast", 1);
  only_node(text).attr("to", pb::TensorProto::STRING);
  EXPECT_THAT(load_error(text), HasSubstr("cannot cast to element type string"));
  ModelBuilder like;
  like.input("x", {2}).input("t", {5}, kInt64).output("y");
  like.node("CastLike", {"x", "t"}, {"y"});
  EXPECT_EQ(output_text(loaded(like)), "int64[2]");
}

}  // namespace
}  // namespace octet::test
