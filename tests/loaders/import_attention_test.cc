// ONNX Attention in terms of the IR's.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

ModelBuilder heads_apart(int key_heads = 4) {
  ModelBuilder model(23);
  model.input("q", {"b", 4, "sq", 16})
      .input("k", {"b", key_heads, "sk", 16})
      .input("v", {"b", key_heads, "sk", 8});
  model.output("y").node("Attention", {"q", "k", "v"}, {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

TEST(ImportAttention, RankFour) {
  const Graph graph = loaded(heads_apart());
  EXPECT_EQ(ops(graph), "attention transpose");
  EXPECT_EQ(output_text(graph), "float32[b, 4, sq, 8]");
  EXPECT_EQ(first<AttentionAttrs>(graph).scale, 0.25f);
  EXPECT_TRUE(first<AttentionAttrs>(graph).empty_rows_are_zero);
  ModelBuilder scaled = heads_apart();
  only_node(scaled).attr("scale", 0.5f);
  EXPECT_EQ(first<AttentionAttrs>(loaded(scaled)).scale, 0.5f);
}

TEST(ImportAttention, RankThreeIsSplitIntoHeads) {
  ModelBuilder model(23);
  model.input("q", {"b", "sq", 64})
      .input("k", {"b", "sk", 64})
      .input("v", {"b", "sk", 64})
      .output("y");
  model.node("Attention", {"q", "k", "v"}, {"y"}).attr("q_num_heads", 4).attr("kv_num_heads", 4);
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph), "float32[b, sq, 64]");
  EXPECT_EQ(first<AttentionAttrs>(graph).scale, 0.25f);
  model.graph().mutable_node(0)->clear_attribute();
  EXPECT_THAT(load_error(model), HasSubstr("\"q_num_heads\" is missing"));
}

TEST(ImportAttention, GroupedHeadsAreRepeated) {
  const Graph graph = loaded(heads_apart(2));
  EXPECT_EQ(ops(graph), "reshape expand reshape reshape expand reshape attention transpose");
  EXPECT_EQ(output_text(graph), "float32[b, 4, sq, 8]");
  EXPECT_THAT(load_error(heads_apart(3)), HasSubstr("the query has 4 heads, the key 3"));
}

TEST(ImportAttention, Masks) {
  const auto with_mask = [](int type, bool causal) {
    ModelBuilder model = heads_apart();
    model.input("mask", {"b", 1, "sq", "sk"}, type).graph().mutable_node(0)->add_input("mask");
    only_node(model).attr("is_causal", causal ? 1 : 0);
    return ops(loaded(model));
  };
  EXPECT_EQ(with_mask(kFloat, false), "attention transpose");
  EXPECT_EQ(with_mask(kBoolean, false), "where attention transpose");
  EXPECT_EQ(with_mask(kFloat, true),
            "range reshape range greater_or_equal where add attention transpose");
}

TEST(ImportAttention, Windows) {
  const auto window = [](int left, int right, int causal) {
    ModelBuilder model = heads_apart();
    model.proto.mutable_opset_import(0)->set_version(25);
    only_node(model).attr("left_window_size", left).attr("right_window_size", right);
    only_node(model).attr("is_causal", causal);
    return loaded(model);
  };
  EXPECT_EQ(ops(window(-1, -1, 0)), "attention transpose");
  const Graph left = window(2, -1, 0);
  EXPECT_EQ(ops(left), "range reshape range greater_or_equal where attention transpose");
  EXPECT_EQ(left.nodes()[2].as<RangeAttrs>()->start, Dim(2));
  EXPECT_EQ(left.nodes()[3].inputs[0], left.nodes()[2].outputs[0]);
  // Causality is a right window of 0, whatever the right window says.
  EXPECT_EQ(first<RangeAttrs>(window(-1, 3, 0)).start, Dim(3));
  EXPECT_EQ(first<RangeAttrs>(window(-1, 3, 1)).start, Dim(0));
  EXPECT_EQ(ops(window(2, 1, 0)),
            "range reshape range greater_or_equal range reshape range greater_or_equal and where "
            "attention transpose");
}

TEST(ImportAttention, RefusesCaches) {
  ModelBuilder model = heads_apart();
  model.input("past", {"b", 4, "p", 16});
  for (const char* name : {"", "past"}) model.graph().mutable_node(0)->add_input(name);
  EXPECT_THAT(load_error(model), HasSubstr("input 4 (a key or value cache) is not supported"));
  ModelBuilder capped = heads_apart();
  only_node(capped).attr("softcap", 5.0f);
  EXPECT_THAT(load_error(capped), HasSubstr("softcap"));
}

}  // namespace
}  // namespace octet::test
