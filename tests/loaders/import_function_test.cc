// Ops that are imported as the body that the standard gives them. Expected values are those of
// ONNX's reference evaluator.
#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;

MATCHER(IsNear, "") { return std::abs(std::get<0>(arg) - std::get<1>(arg)) <= 2e-6f; }

const std::vector<float> kScores = {1, -2, 3, 0.5f, 0, -1};

// The loss of x float32[2, 3] with the labels 2 and 0, and weights where `weighted`.
ModelBuilder loss(const std::string& op, bool weighted, int64_t opset = 22) {
  ModelBuilder model(opset);
  model.input("x", {2, 3}).ints("labels", {2, 0}).output("y");
  std::vector<std::string> inputs = {"x", "labels"};
  if (weighted) {
    model.initializer<float>("weights", {3}, {1, 2, 0.5f});
    inputs.push_back("weights");
  }
  model.node(op, inputs, {"y"}).named("loss");
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }
std::vector<float> value(const ModelBuilder& model) {
  return outputs_of<float>(model, {floats({2, 3}, kScores)});
}

TEST(ImportLoss, OfAllReductions) {
  const std::string op = "NegativeLogLikelihoodLoss";
  EXPECT_THAT(value(loss(op, false)), ElementsAre(-1.75));
  EXPECT_THAT(value(loss(op, true)), Pointwise(IsNear(), {-4 / 3.0f}));
  ModelBuilder none = loss(op, false);
  only_node(none).attr("reduction", "none");
  EXPECT_THAT(value(none), ElementsAre(-3, -0.5));
  ModelBuilder ignoring = loss(op, true, 13);
  only_node(ignoring).attr("ignore_index", 0);
  EXPECT_THAT(value(ignoring), ElementsAre(-3));
}

TEST(ImportLoss, ChecksItsOperands) {
  const auto error = [](std::vector<Extent> x, std::vector<int64_t> labels) {
    ModelBuilder model(22);
    model.input("x", std::move(x)).ints("labels", std::move(labels)).output("y");
    model.node("NegativeLogLikelihoodLoss", {"x", "labels"}, {"y"}).attr("reduction", "sum");
    return load_error(model);
  };
  EXPECT_THAT(error({3, 4}, {0, 1}), HasSubstr("axis 0 is 2 in input 1 and 3 in input 0"));
  EXPECT_THAT(error({3, 4, 5}, {0, 1}), HasSubstr("expected [N, C, ..] and labels [N, ..]"));
  EXPECT_THAT(error({2}, {0, 1}), HasSubstr("expected [N, C, ..] and labels [N, ..]"));
  ModelBuilder weights = loss("NegativeLogLikelihoodLoss", true);
  weights.graph().mutable_initializer(1)->set_dims(0, 2);
  weights.graph().mutable_initializer(1)->set_raw_data(std::string(8, '\0'));
  EXPECT_THAT(load_error(weights), HasSubstr("axis 0 of input 2 is 2 and axis 1 of input 0 is 3"));
  ModelBuilder reduction = loss("NegativeLogLikelihoodLoss", false);
  only_node(reduction).attr("reduction", "max");
  EXPECT_THAT(load_error(reduction), HasSubstr("\"reduction\" is \"max\", expected \"none\""));
}

TEST(ImportFunction, EveryOpsetHasItsBody) {
  for (const int64_t opset : {12, 13, 17, 18, 22, 26}) {
    EXPECT_THAT(value(loss("NegativeLogLikelihoodLoss", true, opset)),
                Pointwise(IsNear(), {-4 / 3.0f}))
        << opset;
    EXPECT_THAT(value(loss("SoftmaxCrossEntropyLoss", true, opset)),
                Pointwise(IsNear(), {0.44703552f}))
        << opset;
  }
}

TEST(ImportFunction, BodiesHaveBodiesAndOptionalOutputs) {
  ModelBuilder model = loss("SoftmaxCrossEntropyLoss", true);
  model.output("log_prob").graph().mutable_node(0)->add_output("log_prob");
  EXPECT_THAT(value(model),
              Pointwise(IsNear(), {0.44703552f, -2.13284516f, -5.1328454f, -0.13284525f,
                                   -0.60413063f, -1.10413051f, -2.10413074f}));
  ModelBuilder only = loss("SoftmaxCrossEntropyLoss", false);
  only_node(only).attr("ignore_index", 0).attr("reduction", "sum");
  EXPECT_THAT(value(only), Pointwise(IsNear(), {0.13284525f}));
}

TEST(ImportFunction, NodesAreCalledAfterTheirStep) {
  const std::string text = to_string(loaded(loss("SoftmaxCrossEntropyLoss", false)));
  EXPECT_THAT(text, AllOf(HasSubstr("\"loss/X_LogSM\""), HasSubstr("\"loss/output/")));
}

TEST(ImportFunction, DefaultsOfAttributesAreFilledIn) {
  ModelBuilder model(28);
  model.input("x", {6}).input("gate", {6}).output("y").node("SwiGLU", {"x", "gate"}, {"y"});
  std::vector<float> gate;
  for (const float score : kScores) gate.push_back(score + 1);
  const std::vector<Tensor> inputs = {floats({6}, kScores), floats({6}, gate)};
  EXPECT_THAT(outputs_of<float>(model, inputs),
              Pointwise(IsNear(), {1.4621172f, 0.23840587f, 11.43088913f, 0.4668445f, 0.f, 0.f}));
  only_node(model).attr("alpha", 2.0f);
  EXPECT_THAT(outputs_of<float>(model, inputs),
              Pointwise(IsNear(), {1.76159406f, 0.03597242f, 11.97032928f, 0.54829395f, 0.f, 0.f}));
}

ModelBuilder causal_conv(bool bias, bool past, Extent batch = 1) {
  ModelBuilder model(27);
  model.input("x", {batch, 2, 4}).output("y").output("state");
  model.initializer<float>("w", {2, 1, 3}, {1, 2, 3, -1, 0, 1});
  if (bias) model.initializer<float>("bias", {2}, {0.5f, -0.5f});
  if (past) model.initializer<float>("past", {1, 2, 2}, {1, 2, 3, 4});
  model.node("CausalConvWithState", {"x", "w", bias ? "bias" : "", past ? "past" : ""},
             {"y", "state"});
  return model;
}

// An input that the node leaves out is absent in the body, whatever the model calls so.
TEST(ImportFunction, OptionalInputsMayBeAbsent) {
  const Tensor x = floats({1, 2, 4}, {0, 0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f, 1.75f});
  ModelBuilder silu = causal_conv(true, false);
  only_node(silu).attr("activation", "silu");
  silu.initializer<float>("past_state", {1, 2, 2}, {9, 9, 9, 9});
  EXPECT_THAT(outputs_of<float>(silu, {x}),
              Pointwise(IsNear(), {0.31122968f, 0.97162485f, 2.31035447f, 3.92805505f, 0.31122968f,
                                   0.50938404f, 0.f, 0.f, 0.5f, 0.75f, 1.5f, 1.75f}));
  EXPECT_THAT(outputs_of<float>(causal_conv(false, true), {x}),
              ElementsAre(5, 2.75, 2, 3.5, -2, -2.75, 0.5, 0.5, 0.5, 0.75, 1.5, 1.75));
  EXPECT_EQ(output_text(loaded(causal_conv(true, false, "n"))), "float32[n, 2, 4]");
}

TEST(ImportFunction, BodiesMayHoldGraphs) {
  ModelBuilder model(27);
  model.input("q", {1, 3, 2}).input("k", {1, 3, 2}).input("v", {1, 3, 2});
  model.input("past", {1, 1, 2, 2}).input("decay", {1, 3, 1}).input("beta", {1, 3, 1});
  model.output("y").output("state");
  model.node("LinearAttention", {"q", "k", "v", "past", "decay", "beta"}, {"y", "state"})
      .attr("q_num_heads", 1)
      .attr("kv_num_heads", 1);
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph, 0), "float32[1, 3, 2]");
  EXPECT_EQ(output_text(graph, 1), "float32[1, 1, 2, 2]");
  EXPECT_THAT(ops(graph), HasSubstr("scan"));
}

TEST(ImportFunction, StandsInGraphsOfNodes) {
  pb::GraphProto body;
  body.set_name("then");
  auto& node = *body.add_node();
  node.set_op_type("SwiGLU");
  for (const char* name : {"x", "x"}) node.add_input(name);
  node.add_output("inner");
  body.add_output()->set_name("inner");
  ModelBuilder model(28);
  model.input("on", {}, kBoolean).input("x", {4}).output("y");
  model.node("If", {"on"}, {"y"}).graph("then_branch", body).graph("else_branch", body);
  EXPECT_EQ(output_text(loaded(model)), "float32[4]");
}

TEST(ImportFunction, RefusesWithAReason) {
  ModelBuilder one = loss("SoftmaxCrossEntropyLoss", false);
  only_node(one).proto().mutable_input()->RemoveLast();
  EXPECT_THAT(load_error(one), AllOf(HasSubstr("node \"loss\" (SoftmaxCrossEntropyLoss): "),
                                     HasSubstr("input size 1 not in range [min=2, max=3]")));
  ModelBuilder unknown = loss("SoftmaxCrossEntropyLoss", false);
  only_node(unknown).attr("axis", 1);
  EXPECT_THAT(load_error(unknown), HasSubstr("Unrecognized attribute: axis"));
  ModelBuilder typed = loss("SoftmaxCrossEntropyLoss", false);
  only_node(typed).attr("reduction", 1);
  EXPECT_THAT(load_error(typed), HasSubstr("Mismatched attribute type"));
  ModelBuilder activation = causal_conv(true, false);
  only_node(activation).attr("activation", "tanh");
  EXPECT_THAT(load_error(activation),
              HasSubstr("does not define it for these inputs and attributes; inputs: "
                        "float32[1, 2, 4], float32[2, 1, 3], float32[2]"));
  ModelBuilder early = loss("SoftmaxCrossEntropyLoss", false, 11);
  EXPECT_THAT(load_error(early), HasSubstr("1 op type is not supported: SoftmaxCrossEntropyLoss"));
}

// An error in a body names the step.
TEST(ImportFunction, ErrorsNameTheNodeOfTheBody) {
  ModelBuilder model(22);
  model.input("x", {2, 3}, pb::TensorProto::INT32).ints("labels", {2, 0}).output("y");
  model.node("SoftmaxCrossEntropyLoss", {"x", "labels"}, {"y"}).named("loss");
  EXPECT_THAT(load_error(model), HasSubstr("node \"loss\" (SoftmaxCrossEntropyLoss): node "
                                           "\"loss/X_LogSM\" (LogSoftmax): "));
}

TEST(ImportFunction, NodesOfBodiesCount) {
  Limits limits;
  limits.max_nodes = 6;
  EXPECT_THAT(loss("SoftmaxCrossEntropyLoss", false).load(limits).status().message(),
              HasSubstr("of functions come to more than 6 nodes"));
}

}  // namespace
}  // namespace octet::test
