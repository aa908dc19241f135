// LayerNormalization, the softmaxes, reductions and running sums.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One node of x float32[batch, 3, 4].
ModelBuilder one(const std::string& op, int64_t opset) {
  ModelBuilder model(opset);
  model.input("x", {"batch", 3, 4}).output("y");
  model.node(op, {"x"}, {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

ModelBuilder layer_norm(std::vector<int64_t> dims, int64_t axis,
                        std::vector<std::string> outputs = {"y"}) {
  ModelBuilder model;
  int64_t count = 1;
  for (int64_t dim : dims) count *= dim;
  const std::vector<float> ones(static_cast<size_t>(count), 1);
  model.input("x", {"batch", 3, 4})
      .initializer<float>("g", dims, ones)
      .initializer<float>("b", dims, ones);
  for (const auto& name : outputs) model.output(name);
  model.node("LayerNormalization", {"x", "g", "b"}, outputs)
      .attr("axis", axis)
      .attr("epsilon", 1e-12f);
  return model;
}

TEST(ImportLayerNormalization, LastAxis) {
  const Graph graph = loaded(layer_norm({4}, -1));
  EXPECT_EQ(ops(graph), "layer_norm");
  EXPECT_EQ(first<LayerNormAttrs>(graph).epsilon, 1e-12f);
  EXPECT_EQ(graph.nodes()[0].inputs.size(), 3u);
}

TEST(ImportLayerNormalization, SeveralAxesAreOne) {
  const Graph graph = loaded(layer_norm({3, 4}, 1));
  EXPECT_EQ(ops(graph), "reshape reshape reshape layer_norm reshape");
  EXPECT_EQ(output_text(graph), "float32[batch, 3, 4]");
  EXPECT_EQ(ops(loaded(layer_norm({1}, -1))), "expand reshape expand reshape layer_norm");
  EXPECT_EQ(ops(loaded(layer_norm({3, 4}, 2))), "expand layer_norm mul add");
  EXPECT_THAT(load_error(layer_norm({2, 4}, 2)),
              HasSubstr("input 1 is float32[2, 4], which does not broadcast to [batch, 3, 4]"));
  EXPECT_THAT(load_error(layer_norm({4, 3}, 1)), HasSubstr("input 1"));
  EXPECT_EQ(ops(loaded(layer_norm({1, 4}, -1))), "reshape reshape layer_norm");
}

TEST(ImportLayerNormalization, Statistics) {
  const Graph graph = loaded(layer_norm({4}, -1, {"y", "mean", "deviation"}));
  EXPECT_EQ(output_text(graph, 1), "float32[batch, 3, 1]");
  EXPECT_EQ(output_text(graph, 2), "float32[batch, 3, 1]");
  EXPECT_EQ(ops(graph), "reduce_mean sub mul reduce_mean add sqrt reciprocal layer_norm");
}

// Statistics are of the type that stash_type names, whatever the input is.
TEST(ImportLayerNormalization, StatisticsOfNarrowInputs) {
  for (const int stash : {1, 16}) {
    ModelBuilder model;
    model.input("x", {2, 4}, pb::TensorProto::FLOAT16).input("g", {4}, pb::TensorProto::FLOAT16);
    model.output("y").output("mean").output("deviation");
    model.node("LayerNormalization", {"x", "g"}, {"y", "mean", "deviation"})
        .attr("stash_type", stash);
    const Graph graph = loaded(model);
    EXPECT_EQ(output_text(graph), "float16[2, 4]");
    const std::string type = stash == 1 ? "float32" : "bfloat16";
    EXPECT_EQ(output_text(graph, 1), type + "[2, 1]");
    EXPECT_EQ(output_text(graph, 2), type + "[2, 1]");
  }
}

TEST(ImportSoftmax, FlattensBelowOpset13) {
  const Graph old = loaded(one("Softmax", 12));
  EXPECT_EQ(ops(old), "reshape softmax reshape");
  EXPECT_EQ(old.value(old.nodes()[0].outputs[0]).type.shape,
            (SymbolicShape{Dim::symbol("batch"), 12}));
  EXPECT_EQ(output_text(old), "float32[batch, 3, 4]");
  ModelBuilder last = one("Softmax", 12);
  only_node(last).attr("axis", 2);
  EXPECT_EQ(ops(loaded(last)), "softmax");
  const Graph now = loaded(one("Softmax", 13));
  EXPECT_EQ(ops(now), "softmax");
  EXPECT_EQ(first<SoftmaxAttrs>(now).axis, 2);
  EXPECT_TRUE(first<SoftmaxAttrs>(loaded(one("LogSoftmax", 13))).log);
  ModelBuilder middle = one("Softmax", 13);
  only_node(middle).attr("axis", -2);
  EXPECT_EQ(first<SoftmaxAttrs>(loaded(middle)).axis, 1);
}

TEST(ImportReduce, AxesMovedToAnInput) {
  const auto with_attribute = [](const char* op, int64_t opset) {
    ModelBuilder model = one(op, opset);
    only_node(model).ints("axes", {-1}).attr("keepdims", 0);
    return model;
  };
  const auto with_input = [](const char* op, int64_t opset) {
    ModelBuilder model = one(op, opset);
    model.ints("axes", {-1}).graph().mutable_node(0)->add_input("axes");
    only_node(model).attr("keepdims", 0);
    return model;
  };
  for (const ModelBuilder& model :
       {with_attribute("ReduceSum", 12), with_input("ReduceSum", 13),
        with_attribute("ReduceMean", 17), with_input("ReduceMean", 18)}) {
    const Graph graph = loaded(model);
    EXPECT_THAT(first<ReduceAttrs>(graph).axes, ElementsAre(2));
    EXPECT_EQ(output_text(graph), "float32[batch, 3]");
  }
}

TEST(ImportReduce, WithoutAxesReducesAllOrNothing) {
  EXPECT_EQ(output_text(loaded(one("ReduceL2", 17))), "float32[1, 1, 1]");
  ModelBuilder none = one("ReduceSum", 13);
  only_node(none).attr("noop_with_empty_axes", 1);
  EXPECT_TRUE(first<ReduceAttrs>(loaded(none)).axes.empty());
}

TEST(ImportReduce, Functions) {
  for (const auto& [op, label] : std::initializer_list<std::pair<const char*, const char*>>{
           {"ReduceL1", "reduce_l1"},
           {"ReduceL2", "reduce_l2"},
           {"ReduceLogSum", "reduce_log_sum"},
           {"ReduceLogSumExp", "reduce_log_sum_exp"},
           {"ReduceMax", "reduce_max"},
           {"ReduceMean", "reduce_mean"},
           {"ReduceMin", "reduce_min"},
           {"ReduceProd", "reduce_prod"},
           {"ReduceSum", "reduce_sum"},
           {"ReduceSumSquare", "reduce_sum_square"}})
    EXPECT_EQ(ops(loaded(one(op, 17))), label);
}

TEST(ImportCumSum, TakesItsAxisFromAnInput) {
  ModelBuilder model;
  model.input("x", {"n", 4}).scalar("axis", -1).output("y");
  model.node("CumSum", {"x", "axis"}, {"y"}).attr("exclusive", 1);
  const auto attrs = first<CumSumAttrs>(loaded(model));
  EXPECT_EQ(attrs.axis, 1);
  EXPECT_TRUE(attrs.exclusive);
  EXPECT_FALSE(attrs.reverse);
}

}  // namespace
}  // namespace octet::test
