// FlexAttention of ai.onnx.preview. Expected values are those of ONNX's reference evaluator.
#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Pointwise;

MATCHER(IsNear, "") { return std::abs(std::get<0>(arg) - std::get<1>(arg)) <= 2e-6f; }

ModelBuilder flex() {
  ModelBuilder model(24);
  model.import("ai.onnx.preview", 1);
  model.input("q", {1, 2, 2, 2}).input("k", {1, 1, 2, 2}).input("v", {1, 1, 2, 2}).output("y");
  model.node("FlexAttention", {"q", "k", "v"}, {"y"}).named("attn").in_domain("ai.onnx.preview");
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

const std::vector<Tensor>& inputs() {
  static const std::vector<Tensor> all = {
      floats({1, 2, 2, 2}, {0.5f, 1, 1.5f, 2, 0, 0.5f, 0.5f, 0}),
      floats({1, 1, 2, 2}, {0.5f, 1, 1.5f, 2}), floats({1, 1, 2, 2}, {1, 1.5f, 1.5f, 1})};
  return all;
}

// out = op(in, `other`), where `other` is of the graph around it.
pb::GraphProto modifier(const char* op, const char* other) {
  pb::GraphProto graph;
  graph.set_name("modifier");
  graph.add_input()->set_name("in");
  graph.add_output()->set_name("out");
  auto& node = *graph.add_node();
  node.set_op_type(op);
  node.add_input("in");
  node.add_input(other);
  node.add_output("out");
  return graph;
}

TEST(ImportFlexAttention, SharesHeadsOfKeysAndValues) {
  EXPECT_THAT(outputs_of<float>(flex(), inputs()),
              Pointwise(IsNear(), {1.37140834f, 1.12859166f, 1.46118081f, 1.03881931f, 1.29373956f,
                                   1.20626044f, 1.29373956f, 1.20626044f}));
  ModelBuilder scaled = flex();
  only_node(scaled).attr("scale", 2.0f);
  EXPECT_THAT(outputs_of<float>(scaled, inputs()),
              Pointwise(IsNear(), {1.47628713f, 1.02371299f, 1.4995445f, 1.00045562f, 1.3655293f,
                                   1.1344707f, 1.3655293f, 1.1344707f}));
}

// A mask that leaves the second key out, and probabilities doubled.
TEST(ImportFlexAttention, GraphsSeeWhatIsAroundTheNode) {
  ModelBuilder model = flex();
  model.initializer<float>("Score", {2}, {0, -std::numeric_limits<float>::infinity()});
  model.initializer<float>("two", {}, {2});
  only_node(model).graph("score_mod", modifier("Add", "Score"));
  only_node(model).graph("prob_mod", modifier("Mul", "two"));
  EXPECT_THAT(outputs_of<float>(model, inputs()),
              Pointwise(IsNear(), {2.f, 3.f, 2.f, 3.f, 2.f, 3.f, 2.f, 3.f}));
  EXPECT_THAT(to_string(loaded(model)), HasSubstr("\"attn/score_mod/out\""));
}

TEST(ImportFlexAttention, RefusesWithAReason) {
  ModelBuilder missing = flex();
  only_node(missing).graph("score_mod", modifier("Add", "nobody"));
  EXPECT_THAT(load_error(missing), HasSubstr("input \"nobody\" is not made by"));
  ModelBuilder wider = flex();
  wider.initializer<float>("bias", {1, 1, 1, 1, 1}, {0});
  only_node(wider).graph("score_mod", modifier("Add", "bias"));
  EXPECT_THAT(load_error(wider), HasSubstr("it must keep the type"));
  ModelBuilder bools = flex();
  only_node(bools).graph("prob_mod", modifier("Equal", "in"));
  EXPECT_THAT(load_error(bools), AllOf(HasSubstr("\"prob_mod\" makes bool[1, 2, 2, 2]"),
                                       HasSubstr("it must keep the type")));
  ModelBuilder precise = flex();
  only_node(precise).attr("softmax_precision", int{kInt64});
  EXPECT_THAT(load_error(precise), HasSubstr("\"softmax_precision\" is int64, expected a float"));
  ModelBuilder flat(24);
  flat.import("ai.onnx.preview", 1).input("q", {2, 2}).output("y");
  flat.node("FlexAttention", {"q", "q", "q"}, {"y"}).in_domain("ai.onnx.preview");
  EXPECT_THAT(load_error(flat), HasSubstr("expected floats of rank 4"));
}

}  // namespace
}  // namespace octet::test
