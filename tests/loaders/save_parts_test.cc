// The parts of saving: data back into messages byte for byte, newer opsets.
#include "loaders/onnx/save/expand_raw.h"

#include "loaders/onnx/save/raise_opset.h"
#include "loaders/onnx/wire_scan.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

std::string stripped_and_expanded(const std::string& bytes) {
  const ByteSource source(std::as_bytes(std::span(bytes)), nullptr);
  const auto stripped = strip_raw_data(source, WireMessage::kModel, Limits(), WireKeep::kAll);
  EXPECT_TRUE(stripped.is_ok()) << stripped.status().message();
  if (!stripped.is_ok()) return "";
  std::vector<TensorData> data;
  for (const RawData& raw : stripped->raw)
    data.push_back(data_of_source(source, raw.offset, raw.size));
  const auto expanded = expand_raw_data(stripped->bytes, data);
  EXPECT_TRUE(expanded.is_ok()) << expanded.status().message();
  if (!expanded.is_ok()) return "";
  std::string result;
  const auto sink = [&](std::span<const std::byte> piece) {
    result.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return Status::ok();
  };
  for (const MessagePiece& piece : expanded->pieces) {
    result += piece.bytes;
    if (piece.data == nullptr) continue;
    EXPECT_TRUE(piece.data->write(sink).is_ok());
  }
  EXPECT_EQ(result.size(), expanded->size);
  return result;
}

TEST(ExpandRaw, GivesTheModelBackAsItWas) {
  ModelBuilder inner;
  inner.initializer<float>("inside", {300}, std::vector<float>(300, 2));
  inner.node("Constant", {}, {"c"}).attr("value", raw_tensor<float>("", {2}, {3, 4}));
  inner.output("c");
  ModelBuilder model;
  model.input("x", {"n", 4});
  model.initializer<float>("w", {4, 4}, std::vector<float>(16, 1));
  model.initializer<float>("empty", {0}, {});
  model.node("If", {"condition"}, {"y"}).graph("then_branch", inner.graph());
  model.node("MatMul", {"x", "w"}, {"z"});
  model.proto.set_doc_string("text");
  model.proto.mutable_graph()->mutable_node(1)->set_doc_string(std::string(200, 'd'));
  auto& entry = *model.proto.add_metadata_props();
  entry.set_key("a");
  entry.set_value("b");
  const std::string bytes = model.bytes();
  EXPECT_EQ(stripped_and_expanded(bytes), bytes);
}

TEST(ExpandRaw, LeavesOutWhatIsThereForTraining) {
  ModelBuilder model;
  const std::string bytes = model.bytes();
  auto& training = *model.proto.add_training_info();
  *training.mutable_algorithm()->add_initializer() = raw_tensor<float>("w", {1}, {1});
  EXPECT_EQ(stripped_and_expanded(model.bytes()), bytes);
}

TEST(ExpandRaw, RefusesIndicesOfNothing) {
  ModelBuilder model;
  model.initializer<int64_t>("w", {1}, {7});  // 8 bytes, like an index
  EXPECT_EQ(expand_raw_data(model.bytes(), {}).status().code(), StatusCode::kInternal);
  EXPECT_EQ(expand_raw_data("\xff", {}).status().code(), StatusCode::kInternal);
}

TEST(RaiseOpset, TakesInputsFromAttributes) {
  ModelBuilder model(11);
  model.node("ReduceMean", {"x"}, {"a"}).ints("axes", {1, 2});
  model.node("ReduceSum", {"a"}, {"b"});
  model.node("Split", {"b"}, {"c", "d"}).ints("split", {2, 3});
  model.node("Split", {"c"}, {"e", "f"}).attr("axis", 1);
  model.node("Dropout", {"e"}, {"g"}).attr("ratio", 0.5f);
  model.node("Softmax", {"g"}, {"y"}).attr("axis", -1);
  EXPECT_FALSE(why_not_raise(model.proto, 21));
  int names = 0;
  raise_opset(model.proto, 21,
              [&](const std::string& wanted) { return wanted + "#" + std::to_string(names++); });
  const pb::GraphProto& graph = model.graph();
  EXPECT_EQ(model.proto.opset_import(0).version(), 21);
  ASSERT_EQ(graph.initializer_size(), 2);
  EXPECT_EQ(graph.node(0).input(1), "a_axes#0");
  EXPECT_EQ(graph.initializer(0).int64_data(1), 2);
  EXPECT_EQ(graph.node(0).attribute_size(), 0);
  EXPECT_EQ(graph.node(1).input_size(), 1);
  EXPECT_EQ(graph.node(2).input(1), "c_split#1");
  EXPECT_EQ(graph.node(2).attribute_size(), 0);
  EXPECT_EQ(graph.node(3).attribute(1).name(), "num_outputs");
  EXPECT_EQ(graph.node(3).attribute(1).i(), 2);
  EXPECT_EQ(graph.node(4).attribute_size(), 0);
}

TEST(RaiseOpset, SaysWhichNodeStandsInTheWay) {
  const auto why = [](int64_t from, int64_t to, const char* op, auto attribute) {
    ModelBuilder model(from);
    NodeBuilder node = model.node(op, {"x"}, {"y", "z"});
    attribute(node.named("it"));
    return why_not_raise(model.proto, to).value_or("nothing");
  };
  const auto plain = [](NodeBuilder&) {};
  EXPECT_EQ(why(12, 13, "Softmax", plain), "node \"it\" (Softmax): opset 13 changed what it means");
  EXPECT_EQ(why(12, 13, "Softmax", [](NodeBuilder& node) { node.attr("axis", 1); }),
            "node \"it\" (Softmax): opset 13 changed what it means");
  EXPECT_EQ(why(13, 21, "Softmax", plain), "nothing");
  EXPECT_EQ(why(10, 13, "Resize", plain), "node \"it\" (Resize): opset 11 changed what it means");
  EXPECT_EQ(why(13, 14, "BatchNormalization", plain),
            "node \"it\" (BatchNormalization): opset 14 changed what it means");
  EXPECT_EQ(why(8, 9, "BatchNormalization", [](NodeBuilder& node) { node.attr("spatial", 0); }),
            "node \"it\" (BatchNormalization): opset 9 changed what it means");
}

TEST(RaiseOpset, BelowSevenIsNotRaised) {
  ModelBuilder model(6);
  model.node("Relu", {"x"}, {"y"});
  EXPECT_EQ(why_not_raise(model.proto, 13), "opset 7 changed what most of its nodes mean");
  EXPECT_FALSE(why_not_raise(model.proto, 6));
}

TEST(RaiseIrVersion, TakesInitializersOutOfTheInputs) {
  ModelBuilder model;
  model.proto.set_ir_version(3);
  model.input("x", {"n"}).input("w", {4}).initializer<float>("w", {4}, {1, 2, 3, 4});
  raise_ir_version(model.proto, 8);
  ASSERT_EQ(model.graph().input_size(), 1);
  EXPECT_EQ(model.graph().input(0).name(), "x");
  raise_ir_version(model.proto, 3);
  EXPECT_EQ(model.proto.ir_version(), 8);
}

}  // namespace
}  // namespace octet::test
