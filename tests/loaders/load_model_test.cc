// Inputs, outputs, names, versions and limits of whole models.
#include "loaders/onnx/load_model.h"

#include "loaders/onnx/op_table.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

ModelBuilder relu_model(int64_t opset = 17) {
  ModelBuilder model(opset);
  model.input("x", {"batch", 4}).output("y");
  model.node("Relu", {"x"}, {"y"}).named("act");
  return model;
}

TEST(LoadModel, GivesGraphAndFacts) {
  ModelBuilder model = relu_model();
  model.proto.set_producer_name("maker");
  model.proto.set_producer_version("1.2");
  model.import("com.example", 3);
  auto loaded = model.load();
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  EXPECT_EQ(loaded->producer, "maker 1.2");
  EXPECT_EQ(loaded->ir_version, 8);
  EXPECT_EQ(loaded->opsets, (std::map<std::string, int64_t>{{"", 17}, {"com.example", 3}}));
  const Graph& graph = loaded->graph;
  EXPECT_EQ(ops(graph), "relu");
  EXPECT_EQ(graph.nodes()[0].name, "act");
  EXPECT_EQ(graph.value(graph.inputs()[0]).name, "x");
  EXPECT_THAT(graph.output_names(), ElementsAre("y"));
  EXPECT_EQ(output_text(graph), "float32[batch, 4]");
}

TEST(LoadModel, NamesNodesAfterTheirOutputWhereTheyMust) {
  ModelBuilder model;
  model.input("x", {4}).output("c");
  model.node("Relu", {"x"}, {"a"});
  model.node("Neg", {"a"}, {"b"}).named("n");
  model.node("Abs", {"b"}, {"c"}).named("n");
  const Graph graph = loaded(model);
  ASSERT_EQ(graph.nodes().size(), 3u);
  EXPECT_EQ(graph.nodes()[0].name, "a");
  EXPECT_EQ(graph.nodes()[1].name, "b");  // "n" would mean either
  EXPECT_EQ(graph.nodes()[2].name, "c");
}

TEST(LoadModel, NamesOpenExtents) {
  ModelBuilder model;
  model.input("x", {"?", "past + 1", "a]", "a_"}).output("y");
  model.node("Relu", {"x"}, {"y"});
  EXPECT_EQ(output_text(loaded(model)), "float32[x.0, 'past + 1', 'a]', a_]");
}

// Some exporters write -1 for "any".
TEST(LoadModel, TakesAnExtentOfMinus1AsOpenAndWarns) {
  ModelBuilder model;
  model.input("x", {-1, "batch", -1}).output("y");
  model.node("Relu", {"x"}, {"y"});
  const auto result = model.load();
  ASSERT_TRUE(result.is_ok()) << result.status().message();
  EXPECT_EQ(output_text(result->graph), "float32[x.0, batch, x.2]");
  ASSERT_EQ(result->warnings.size(), 2u);
  EXPECT_THAT(result->warnings[0], HasSubstr("input \"x\": extent 0 is -1"));
  ModelBuilder other;
  other.input("x", {-2}).output("y");
  other.node("Relu", {"x"}, {"y"});
  EXPECT_THAT(load_error(other), HasSubstr("negative extent -2"));
}

TEST(LoadModel, InputsAndInitializersMayBeOutputs) {
  ModelBuilder model;
  model.input("x", {4}).initializer<float>("w", {1}, {2}).output("x").output("w");
  const Graph graph = loaded(model);
  EXPECT_EQ(graph.outputs().size(), 2u);
  EXPECT_EQ(graph.outputs()[0], graph.inputs()[0]);
  EXPECT_THAT(elements<float>(*graph.value(graph.outputs()[1]).constant), ElementsAre(2));
}

TEST(LoadModel, AnInitializerThatIsAnInputIsAConstant) {
  ModelBuilder model;
  model.input("w", {1}).input("x", {4}).initializer<float>("w", {1}, {2}).output("y");
  model.node("Add", {"x", "w"}, {"y"});
  const Graph graph = loaded(model);
  ASSERT_EQ(graph.inputs().size(), 1u);
  EXPECT_EQ(graph.value(graph.inputs()[0]).name, "x");
}

TEST(LoadModel, DropsNodesThatNothingReads) {
  ModelBuilder model = relu_model();
  model.node("Neg", {"x"}, {"unused"});
  EXPECT_EQ(ops(loaded(model)), "relu");
}

TEST(LoadModel, RefusesUndefinedAndDoubleNames) {
  ModelBuilder undefined;
  undefined.input("x", {4}).output("y");
  undefined.node("Add", {"x", "ghost"}, {"y"}).named("sum");
  EXPECT_THAT(load_error(undefined), HasSubstr("node \"sum\" (Add): input \"ghost\" is not made"));

  ModelBuilder twice = relu_model();
  twice.node("Neg", {"x"}, {"y"});
  EXPECT_THAT(load_error(twice), HasSubstr("value \"y\" is made more than once"));

  ModelBuilder cycle;
  cycle.input("x", {4}).output("y");
  cycle.node("Add", {"x", "b"}, {"a"});
  cycle.node("Add", {"x", "a"}, {"b"});
  cycle.node("Relu", {"b"}, {"y"});
  EXPECT_THAT(load_error(cycle), HasSubstr("nodes must be sorted"));

  ModelBuilder no_output = relu_model();
  no_output.output("z");
  EXPECT_THAT(load_error(no_output), HasSubstr("output \"z\" is not made by any node"));
}

TEST(LoadModel, TypeErrorsNameTheNodeWithItsOnnxOp) {
  ModelBuilder model;
  model.input("x", {4}).initializer<float>("w", {3}, {1, 2, 3}).output("y");
  model.node("Add", {"x", "w"}, {"y"}).named("sum");
  EXPECT_EQ(load_error(model).find(
                "model in memory: node \"sum\" (Add): axis 0 is 3 in input 1 and 4 in input 0"),
            0u);
}

TEST(LoadModel, ListsAllUnsupportedOpsInOneMessage) {
  ModelBuilder model(13);
  model.import("com.microsoft", 1).input("x", {1, 4}).output("y");
  model.node("NoSuchOp", {"x"}, {"a"}).named("first");
  model.node("NoSuchOp", {"a"}, {"b"}).named("second");
  model.node("NoSuchAttention", {"b"}, {"c"}).in_domain("com.microsoft");
  model.node("Gelu", {"c"}, {"y"}).named("late");
  const auto result = model.load();
  ASSERT_FALSE(result.is_ok());
  EXPECT_EQ(result.status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(
      result.status().message(),
      "model in memory: 3 op types are not supported: Gelu (1 node: \"late\"; opset 20 "
      "brought it, the model has "
      "13), NoSuchOp (2 nodes, first \"first\"), com.microsoft.NoSuchAttention (1 node: the one "
      "that makes \"c\"). ONNX Runtime's optimizers and quantizers and Olive write "
      "com.microsoft nodes; use the model from before that step, save the optimized one at "
      "level ORT_ENABLE_BASIC, or quantize with quant_format=QDQ");
}

// Each domain once, with the tool and what to do instead.
TEST(LoadModel, SaysWhichToolWritesNodesOfOtherDomains) {
  const auto error_of = [](const std::string& domain) {
    ModelBuilder model;
    model.import(domain, 1).input("x", {1, 4}).output("y");
    model.node("Unknown", {"x"}, {"a"}).in_domain(domain);
    model.node("Other", {"a"}, {"y"}).in_domain(domain);
    return load_error(model);
  };
  EXPECT_THAT(error_of("com.microsoft.nchwc"),
              AllOf(HasSubstr("2 op types are not supported: com.microsoft.nchwc.Other (1 node"),
                    EndsWith("save it at ORT_ENABLE_EXTENDED or less")));
  EXPECT_THAT(error_of("ai.onnx.ml"), HasSubstr("). Converters of scikit-learn, XGBoost"));
  EXPECT_THAT(error_of("org.pytorch.aten"), HasSubstr("without the ATen fallback"));
  EXPECT_THAT(error_of("trt.plugins"), HasSubstr("run in TensorRT alone"));
  EXPECT_THAT(error_of("org.openvinotoolkit"), HasSubstr("NNCF's FakeQuantize"));
  EXPECT_THAT(error_of("pkg.onnxscript.torch_lib"), EndsWith("inline them (onnx.inliner)"));
  EXPECT_THAT(error_of("my.company"),
              EndsWith("my.company.Unknown (1 node: the one that makes \"a\")"));
}

TEST(LoadModel, ListsOpsOfSubgraphs) {
  ModelBuilder model;
  model.input("x", {1}).output("y");
  auto& attribute = *model.node("Outer", {"x"}, {"y"}).proto().add_attribute();
  attribute.set_name("then_branch");
  attribute.set_type(pb::AttributeProto::GRAPH);
  attribute.mutable_g()->add_node()->set_op_type("Inner");
  const std::string error = load_error(model);
  EXPECT_THAT(error, HasSubstr("Outer (1 node"));
  EXPECT_THAT(error, HasSubstr("Inner (1 node"));
}

TEST(LoadModel, ChecksVersions) {
  EXPECT_TRUE(relu_model(1).load().is_ok());
  EXPECT_TRUE(relu_model(40).load().is_ok());
  EXPECT_THAT(load_error(relu_model(999)), HasSubstr("opset 999"));
  ModelBuilder old = relu_model();
  old.proto.set_ir_version(2);
  EXPECT_THAT(load_error(old), HasSubstr("ir_version is 2"));
  old.proto.clear_ir_version();
  EXPECT_THAT(load_error(old), HasSubstr("ir_version is missing"));
  ModelBuilder own_domain = relu_model();
  own_domain.proto.mutable_opset_import(0)->set_domain("ai.onnx");
  EXPECT_TRUE(own_domain.load().is_ok());
}

TEST(LoadModel, ChecksInputs) {
  ModelBuilder negative = relu_model();
  negative.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(1)
      ->set_dim_value(-2);
  EXPECT_THAT(load_error(negative), HasSubstr("input \"x\" has a negative extent -2"));
  ModelBuilder no_shape = relu_model();
  no_shape.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  EXPECT_THAT(load_error(no_shape), HasSubstr("input \"x\" has no shape"));
  ModelBuilder strings = relu_model();
  strings.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      pb::TensorProto::STRING);
  EXPECT_THAT(load_error(strings), HasSubstr("input \"x\" has the element type string"));
  ModelBuilder sequence = relu_model();
  sequence.graph().mutable_input(0)->mutable_type()->mutable_sequence_type();
  EXPECT_THAT(load_error(sequence),
              HasSubstr("input \"x\" is a sequence of something else than tensors"));
  ModelBuilder deep;
  deep.input("x", {1, 1, 1, 1, 1, 1, 1, 1, 1}).output("x");
  EXPECT_THAT(load_error(deep), HasSubstr("at most 8"));
}

TEST(LoadModel, ChecksOutputTypesButNotTheirShapes) {
  ModelBuilder model = relu_model();
  auto& tensor = *model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(kFloat);
  tensor.mutable_shape()->add_dim()->set_dim_value(77);
  EXPECT_EQ(output_text(loaded(model)), "float32[batch, 4]");
  tensor.set_elem_type(kInt64);
  EXPECT_THAT(load_error(model), HasSubstr("output \"y\" is declared as int64, but it is float32"));
}

TEST(LoadModel, ChecksAttributesAndArity) {
  ModelBuilder wrong;
  wrong.input("x", {4, 4}).output("y");
  wrong.node("Softmax", {"x"}, {"y"}).attr("axis", 1.5f).named("s");
  EXPECT_THAT(load_error(wrong),
              HasSubstr("node \"s\" (Softmax): attribute \"axis\" is of type FLOAT, expected INT"));
  ModelBuilder many;
  many.input("x", {4}).output("y");
  many.node("Relu", {"x", "x"}, {"y"});
  EXPECT_THAT(load_error(many), HasSubstr("has 2 inputs, expected 1"));
  ModelBuilder absent;
  absent.input("x", {4}).output("y");
  absent.node("Add", {"", "x"}, {"y"});
  EXPECT_THAT(load_error(absent), HasSubstr("input 0 is missing"));
}

TEST(LoadModel, ChecksNames) {
  ModelBuilder model;
  model.input("x", {4}).output("y");
  const std::string odd = "\xc3\xa9\xe6\xb0\xb4 /:%s%n";
  model.node("Relu", {"x"}, {odd});
  model.node("Neg", {odd}, {"y"});
  EXPECT_TRUE(model.load().is_ok());
  model.graph().mutable_node(0)->set_name("\xff\xfe");
  EXPECT_THAT(load_error(model), HasSubstr("not UTF-8"));
}

TEST(LoadModel, KeepsLimits) {
  ModelBuilder model = relu_model();
  model.node("Neg", {"x"}, {"z"});
  const auto code = [&](const Limits& limits) { return model.load(limits).status().code(); };
  EXPECT_EQ(code({}), StatusCode::kOk);
  EXPECT_EQ(code({.max_model_bytes = 10}), StatusCode::kResourceExhausted);
  EXPECT_EQ(code({.max_structure_bytes = 10}), StatusCode::kResourceExhausted);
  EXPECT_EQ(code({.max_nodes = 1}), StatusCode::kResourceExhausted);
  EXPECT_EQ(code({.max_fields = 5}), StatusCode::kResourceExhausted);
  EXPECT_EQ(code({.max_rank = 1}), StatusCode::kUnsupported);
  EXPECT_EQ(code({.max_dim = 3}), StatusCode::kResourceExhausted);
  EXPECT_EQ(code({.max_string = 2}), StatusCode::kResourceExhausted);
}

TEST(LoadModel, SparseInitializersAreRefused) {
  ModelBuilder model = relu_model();
  model.graph().add_sparse_initializer();
  EXPECT_THAT(load_error(model), HasSubstr("is sparse, which is not supported"));
}

TEST(OpTable, HasTheOpsOfTheEncoders) {
  for (const char* op : {"Add",
                         "And",
                         "Cast",
                         "Clip",
                         "Concat",
                         "Constant",
                         "ConstantOfShape",
                         "CumSum",
                         "Div",
                         "Equal",
                         "Erf",
                         "Expand",
                         "Flatten",
                         "Gather",
                         "GatherElements",
                         "GatherND",
                         "Gelu",
                         "Gemm",
                         "GreaterOrEqual",
                         "IsNaN",
                         "LayerNormalization",
                         "LessOrEqual",
                         "MatMul",
                         "Max",
                         "Min",
                         "Mul",
                         "Neg",
                         "Not",
                         "Pow",
                         "Range",
                         "ReduceL2",
                         "ReduceMean",
                         "ReduceSum",
                         "Relu",
                         "Reshape",
                         "Shape",
                         "Sigmoid",
                         "Slice",
                         "Softmax",
                         "Split",
                         "Sqrt",
                         "Squeeze",
                         "Sub",
                         "Tanh",
                         "Transpose",
                         "Unsqueeze",
                         "Where"})
    EXPECT_NE(find_op("", op), nullptr) << op;
  EXPECT_NE(find_op("ai.onnx", "Add"), nullptr);
  EXPECT_EQ(find_op("com.microsoft", "Add"), nullptr);
  EXPECT_EQ(find_op("", "NoSuchOp"), nullptr);
}

}  // namespace
}  // namespace octet::test
