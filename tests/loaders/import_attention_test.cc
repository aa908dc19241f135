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

// The kernels read shared heads where they lie; steps need them apart.
TEST(ImportAttention, SharedHeads) {
  const Graph graph = loaded(heads_apart(2));
  EXPECT_EQ(ops(graph), "attention transpose");
  EXPECT_EQ(output_text(graph), "float32[b, 4, sq, 8]");
  EXPECT_THAT(load_error(heads_apart(3)), HasSubstr("the query has 4 heads, the key 3"));
  ModelBuilder capped = heads_apart(2);
  only_node(capped).attr("softcap", 5.0f);
  EXPECT_THAT(ops(loaded(capped)), HasSubstr("reshape expand reshape reshape expand reshape"));
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

// Conditions are joined before they become one mask.
TEST(ImportAttention, ABoolMaskAndCausalityAreOneCondition) {
  ModelBuilder model = heads_apart();
  model.input("mask", {"sq", "sk"}, kBoolean).graph().mutable_node(0)->add_input("mask");
  only_node(model).attr("is_causal", 1);
  EXPECT_EQ(ops(loaded(model)),
            "range reshape range greater_or_equal and where attention transpose");
}

// A cache in front of the keys moves the queries.
TEST(ImportAttention, CachesGrow) {
  ModelBuilder model = heads_apart();
  model.input("pk", {"b", 4, "p", 16}).input("pv", {"b", 4, "p", 8}).output("k2").output("v2");
  pb::NodeProto& node = *model.graph().mutable_node(0);
  for (const char* name : {"", "pk", "pv"}) node.add_input(name);
  for (const char* name : {"k2", "v2"}) node.add_output(name);
  only_node(model).attr("is_causal", 1);
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph),
            "concat concat range reshape range greater_or_equal where attention transpose");
  EXPECT_EQ(first<RangeAttrs>(graph).start, Dim::symbol("p"));
  EXPECT_EQ(output_text(graph, 1), "float32[b, 4, p + sk, 16]");
  EXPECT_EQ(output_text(graph, 2), "float32[b, 4, p + sk, 8]");
  node.set_input(5, "");
  EXPECT_THAT(load_error(model), HasSubstr("past_key and past_value, belong together"));
  node.set_input(5, "pv");
  node.add_input("lengths");
  model.input("lengths", {"b"}, kInt64);
  EXPECT_THAT(load_error(model), HasSubstr("past_key and nonpad_kv_seqlen, exclude each other"));
}

// From opset 24 on keys behind the mask are excluded.
TEST(ImportAttention, ShortMasks) {
  const auto with_mask = [](int64_t opset, int length, int type) {
    ModelBuilder model(opset);
    model.input("q", {1, 2, 3, 16}).input("k", {1, 2, 5, 16}).input("v", {1, 2, 5, 16});
    model.input("mask", {3, length}, type).output("y");
    model.node("Attention", {"q", "k", "v", "mask"}, {"y"});
    return model;
  };
  EXPECT_EQ(ops(loaded(with_mask(24, 4, kFloat))), "pad attention transpose");
  EXPECT_EQ(ops(loaded(with_mask(24, 4, kBoolean))), "pad where attention transpose");
  EXPECT_EQ(ops(loaded(with_mask(24, 5, kFloat))), "attention transpose");
  EXPECT_EQ(ops(loaded(with_mask(23, 1, kFloat))), "attention transpose");
  EXPECT_THAT(load_error(with_mask(23, 4, kFloat)), HasSubstr("input 3"));
  EXPECT_THAT(load_error(with_mask(24, 6, kFloat)),
              HasSubstr("attn_mask, is float32[3, 6], but there are 5 keys"));
}

TEST(ImportAttention, OtherTypesAreComputedInF32OrF64) {
  const auto of = [](int type, int precision) {
    ModelBuilder model(23);
    for (const char* name : {"q", "k", "v"}) model.input(name, {1, 2, 3, 4}, type);
    model.output("y").node("Attention", {"q", "k", "v"}, {"y"});
    if (precision > 0) only_node(model).attr("softmax_precision", precision);
    return model;
  };
  const std::string steps = "transpose matmul mul softmax matmul";
  EXPECT_EQ(ops(loaded(of(pb::TensorProto::FLOAT16, 0))),
            "cast cast cast attention cast transpose");
  EXPECT_EQ(ops(loaded(of(pb::TensorProto::BFLOAT16, 1))),
            "cast cast cast attention cast transpose");
  EXPECT_EQ(ops(loaded(of(pb::TensorProto::DOUBLE, 0))), steps);
  EXPECT_EQ(ops(loaded(of(pb::TensorProto::FLOAT, 11))), "cast cast cast " + steps + " cast");
  EXPECT_EQ(output_text(loaded(of(pb::TensorProto::FLOAT16, 0))), "float16[1, 2, 3, 4]");
  EXPECT_THAT(load_error(of(pb::TensorProto::FLOAT, 7)), HasSubstr("\"softmax_precision\" is 7"));
  EXPECT_THAT(load_error(of(pb::TensorProto::INT32, 0)), HasSubstr("floating-point"));
}

TEST(ImportAttention, Errors) {
  ModelBuilder model = heads_apart();
  model.graph().mutable_node(0)->add_output("");
  model.graph().mutable_node(0)->add_output("");
  model.graph().mutable_node(0)->add_output("scores");
  only_node(model).attr("qk_matmul_output_mode", 4);
  EXPECT_THAT(load_error(model), HasSubstr("\"qk_matmul_output_mode\" is 4, expected 0 to 3"));
  ModelBuilder ranks(24);
  ranks.input("q", {2, 3, 8}).input("k", {2, 1, 3, 8}).input("v", {2, 1, 3, 8}).output("y");
  ranks.node("Attention", {"q", "k", "v"}, {"y"});
  EXPECT_THAT(load_error(ranks), HasSubstr("query, key and value have different ranks"));
  ModelBuilder lengths = heads_apart();
  lengths.proto.mutable_opset_import(0)->set_version(24);
  lengths.input("n", {"b", 1}, kInt64);
  for (const char* name : {"", "", "", "n"}) lengths.graph().mutable_node(0)->add_input(name);
  EXPECT_THAT(load_error(lengths), HasSubstr("nonpad_kv_seqlen, is int64[b, 1]"));
}

}  // namespace
}  // namespace octet::test
