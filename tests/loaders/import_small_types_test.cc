// Types of 8 bits and less: tensors in every form of a file, casts with their attributes, and what
// moves and carries them.
#include "tests/loaders/model_builder.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using T = pb::TensorProto;

pb::TensorProto small(const std::string& name, int type, std::vector<int64_t> dims,
                      const std::vector<uint8_t>& bytes) {
  pb::TensorProto tensor = raw_tensor(name, std::move(dims), bytes);
  tensor.set_data_type(type);
  return tensor;
}

// The same bytes in int32_data.
pb::TensorProto in_field(pb::TensorProto tensor) {
  for (const char byte : tensor.raw_data()) tensor.add_int32_data(static_cast<uint8_t>(byte));
  tensor.clear_raw_data();
  return tensor;
}

std::vector<double> run(const ModelBuilder& model, const std::vector<Tensor>& inputs = {},
                        size_t output = 0) {
  Graph graph = loaded(model);
  EXPECT_TRUE(graph.normalize().is_ok());
  const auto outputs = evaluate_graph(graph, inputs);
  EXPECT_TRUE(outputs.is_ok()) << outputs.status().message();
  return outputs.is_ok() ? to_doubles((*outputs)[output]) : std::vector<double>();
}

// The elements of an initializer.
std::vector<double> elements(const pb::TensorProto& tensor) {
  ModelBuilder model(28);
  *model.graph().add_initializer() = tensor;
  model.output("y").node("Identity", {tensor.name()}, {"y"});
  return run(model);
}

TEST(ImportSmallTypes, TensorsInEveryForm) {
  const struct {
    int type;
    std::vector<uint8_t> bytes;
    std::vector<double> elements;
  } kTensors[] = {
      {T::FLOAT8E4M3FN, {0x38, 0xC0, 0x7E}, {1, -2, 448}},
      {T::FLOAT8E4M3FNUZ, {0x40, 0xC8, 0x7F}, {1, -2, 240}},
      {T::FLOAT8E5M2, {0x3C, 0xC0, 0x7B}, {1, -2, 57344}},
      {T::FLOAT8E5M2FNUZ, {0x40, 0xC4, 0x7F}, {1, -2, 57344}},
      {T::FLOAT8E8M0, {0x7F, 0x80, 0x7D}, {1, 2, 0.25}},
      {T::FLOAT4E2M1, {0xC2, 0x07}, {1, -2, 6}},
      {T::INT4, {0xE1, 0x08}, {1, -2, -8}},
      {T::UINT4, {0xE1, 0x08}, {1, 14, 8}},
      {T::INT2, {0b100101}, {1, 1, -2}},
      {T::UINT2, {0b100101}, {1, 1, 2}},
  };
  for (const auto& each : kTensors) {
    const pb::TensorProto tensor = small("w", each.type, {3}, each.bytes);
    EXPECT_EQ(elements(tensor), each.elements) << each.type;
    EXPECT_EQ(elements(in_field(tensor)), each.elements) << each.type;
  }
}

// Raw data have four of them in three bytes, a field has one for each element.
TEST(ImportSmallTypes, FloatsOfSixBitsLieInFieldsOneByOne) {
  EXPECT_THAT(elements(small("w", T::FLOAT6E2M3, {3}, {0x08, 0xFC, 0x01})),
              ElementsAre(1, -2, 7.5));
  EXPECT_THAT(elements(in_field(small("w", T::FLOAT6E2M3, {3}, {0x08, 0x30, 0x1F}))),
              ElementsAre(1, -2, 7.5));
  EXPECT_THAT(elements(in_field(small("w", T::FLOAT6E3M2, {3}, {0x0C, 0x30, 0x1F}))),
              ElementsAre(1, -2, 28));
}

TEST(ImportSmallTypes, TensorsOfTheWrongSizeAreRefused) {
  const auto error = [](const pb::TensorProto& tensor) {
    ModelBuilder model(28);
    *model.graph().add_initializer() = tensor;
    model.output("y").node("Identity", {"w"}, {"y"});
    return load_error(model);
  };
  EXPECT_THAT(error(small("w", T::FLOAT8E5M2, {3}, {1, 2})),
              HasSubstr("initializer \"w\": has 2 bytes of data, expected 3 for float8_e5m2[3]"));
  EXPECT_THAT(error(small("w", T::FLOAT4E2M1, {3}, {1})),
              HasSubstr("has 1 bytes of data, expected 2"));
  EXPECT_THAT(error(small("w", T::FLOAT6E3M2, {5}, {1, 2, 3})),
              HasSubstr("has 3 bytes of data, expected 4"));
  EXPECT_THAT(error(in_field(small("w", T::FLOAT6E3M2, {5}, {1, 2, 3, 4}))),
              HasSubstr("has 4 elements of data, expected 5"));
  pb::TensorProto large = in_field(small("w", T::FLOAT8E5M2, {1}, {1}));
  large.set_int32_data(0, 256);
  EXPECT_THAT(error(large), HasSubstr("element 0 is out of range"));
}

ModelBuilder cast_model(int to) {
  ModelBuilder model(28);
  model.input("x", {"n"}).output("y");
  model.node("Cast", {"x"}, {"y"}).attr("to", to);
  return model;
}

NodeBuilder cast_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

TEST(ImportSmallTypes, CastsKeepTheirTypeToTheOutput) {
  for (const auto& [type, text] :
       std::vector<std::pair<int, std::string>>{{T::FLOAT8E4M3FN, "float8_e4m3fn[n]"},
                                                {T::FLOAT8E8M0, "float8_e8m0fnu[n]"},
                                                {T::FLOAT4E2M1, "float4_e2m1fn[n]"},
                                                {T::FLOAT6E2M3, "float6_e2m3fn[n]"},
                                                {T::INT4, "int4[n]"},
                                                {T::UINT2, "uint2[n]"}})
    EXPECT_EQ(output_text(loaded(cast_model(type))), text);
}

TEST(ImportSmallTypes, SaturateIsForFloats) {
  const Tensor src = make_tensor<float>({2}, {1e6f, -3});
  EXPECT_THAT(run(cast_model(T::FLOAT8E5M2), {src}), ElementsAre(57344, -3));
  ModelBuilder overflows = cast_model(T::FLOAT8E5M2);
  cast_node(overflows).attr("saturate", 0);
  EXPECT_THAT(run(overflows, {src}), ElementsAre(HUGE_VAL, -3));
  ModelBuilder integer = cast_model(T::INT32);
  cast_node(integer).attr("saturate", 0);
  EXPECT_TRUE(first<CastAttrs>(loaded(integer)).saturate);
}

TEST(ImportSmallTypes, RoundModeIsForPowersOfTwo) {
  const auto rounded = [](const char* mode) {
    ModelBuilder model = cast_model(T::FLOAT8E8M0);
    if (mode != nullptr) cast_node(model).attr("round_mode", mode);
    return run(model, {make_tensor<float>({3}, {1.25f, 1.5f, -1})});
  };
  EXPECT_THAT(rounded(nullptr), ElementsAre(2, 2, testing::IsNan()));
  EXPECT_THAT(rounded("up"), ElementsAre(2, 2, testing::IsNan()));
  EXPECT_THAT(rounded("down"), ElementsAre(1, 1, testing::IsNan()));
  EXPECT_THAT(rounded("nearest"), ElementsAre(1, 2, testing::IsNan()));
  ModelBuilder model = cast_model(T::FLOAT8E8M0);
  cast_node(model).attr("round_mode", "sideways");
  EXPECT_THAT(load_error(model), HasSubstr("\"round_mode\" is \"sideways\", expected \"up\""));
}

TEST(ImportSmallTypes, CastLikeTakesTheTypeAndTheAttributes) {
  ModelBuilder model(25);
  model.input("x", {"n"}).input("like", {1}, T::FLOAT8E5M2).output("y");
  model.node("CastLike", {"x", "like"}, {"y"}).attr("saturate", 0);
  EXPECT_EQ(output_text(loaded(model)), "float8_e5m2[n]");
  EXPECT_FALSE(first<CastAttrs>(loaded(model)).saturate);
}

// Types that only look alike inside are told apart.
TEST(ImportSmallTypes, ThereIsNoMixing) {
  ModelBuilder concat(28);
  concat.input("a", {2}, T::INT4).input("b", {2}, T::INT8).output("y");
  concat.node("Concat", {"a", "b"}, {"y"}).attr("axis", 0);
  EXPECT_THAT(load_error(concat), HasSubstr("input 1 is int8[2], expected int4"));
  ModelBuilder where(28);
  where.input("c", {2}, kBoolean).input("a", {2}, T::UINT4).input("b", {2}, T::FLOAT4E2M1);
  where.output("y").node("Where", {"c", "a", "b"}, {"y"});
  EXPECT_THAT(load_error(where), HasSubstr("expected uint4"));
  ModelBuilder sum(28);
  sum.input("a", {2}, T::INT4).output("y").node("Add", {"a", "a"}, {"y"});
  EXPECT_THAT(load_error(sum), HasSubstr("input 0 is int4[2], expected a number type"));
  ModelBuilder output(28);
  output.input("a", {2}, T::INT4).output("y").node("Identity", {"a"}, {"y"});
  output.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(T::INT8);
  EXPECT_THAT(load_error(output), HasSubstr("declared as int8, but it is int4"));
}

TEST(ImportSmallTypes, AreMovedAndTheirShapeIsRead) {
  ModelBuilder model(28);
  *model.graph().add_initializer() = small("w", T::INT4, {2, 2}, {0x21, 0xC3});  // 1 2 3 -4
  model.ints("flat", {-1}).ints("from", {1}).ints("to", {9}).ints("rows", {1});
  model.output("turned").output("flattened").output("sliced").output("picked").output("shape");
  model.node("Transpose", {"w"}, {"turned"});
  model.node("Reshape", {"turned", "flat"}, {"flattened"});
  model.node("Slice", {"flattened", "from", "to"}, {"sliced"});
  model.node("Gather", {"w", "rows"}, {"picked"});
  model.node("Shape", {"w"}, {"shape"});
  EXPECT_THAT(run(model, {}, 0), ElementsAre(1, 3, 2, -4));
  EXPECT_THAT(run(model, {}, 1), ElementsAre(1, 3, 2, -4));
  EXPECT_THAT(run(model, {}, 2), ElementsAre(3, 2, -4));
  EXPECT_THAT(run(model, {}, 3), ElementsAre(3, -4));
  EXPECT_THAT(run(model, {}, 4), ElementsAre(2, 2));
  EXPECT_EQ(output_text(loaded(model), 3), "int4[1, 2]");
}

TEST(ImportSmallTypes, ConstantsHoldThem) {
  ModelBuilder model(28);
  model.output("y").ints("dims", {2});
  model.node("Constant", {}, {"c"}).attr("value", small("", T::FLOAT8E4M3FN, {1}, {0xC0}));
  model.node("ConstantOfShape", {"dims"}, {"d"}).attr("value", small("", T::INT4, {1}, {0x0E}));
  model.node("Cast", {"d"}, {"e"}).attr("to", T::FLOAT8E4M3FN);
  model.node("Concat", {"c", "e"}, {"y"}).attr("axis", 0);
  EXPECT_THAT(run(model), ElementsAre(-2, -2, -2));
}

TEST(ImportSmallTypes, QuantizeAndDequantizeInTheirAttributesWords) {
  ModelBuilder model(25);
  model.input("x", {3}).output("q").output("y");
  *model.graph().add_initializer() = small("s", T::FLOAT8E8M0, {}, {0x80});  // 2
  model.node("QuantizeLinear", {"x", "s"}, {"q"})
      .attr("output_dtype", T::FLOAT4E2M1)
      .attr("precision", kFloat);
  model.node("DequantizeLinear", {"q", "s"}, {"y"}).attr("output_dtype", T::FLOAT16);
  const Tensor src = make_tensor<float>({3}, {3, -100, 0.6f});
  EXPECT_THAT(run(model, {src}, 0), ElementsAre(1.5, -6, 0.5));
  EXPECT_THAT(run(model, {src}, 1), ElementsAre(3, -12, 1));
  EXPECT_EQ(output_text(loaded(model), 1), "float16[3]");
}

TEST(ImportSmallTypes, PowersOfTwoAsScalesNeedAnOutputType) {
  ModelBuilder model(25);
  model.input("x", {3}, T::INT8).input("s", {}, T::FLOAT8E8M0).output("y");
  model.node("DequantizeLinear", {"x", "s"}, {"y"});
  EXPECT_THAT(load_error(model), HasSubstr("input 1 is float8_e8m0fnu; expected floats, or"));
}

TEST(ImportSmallTypes, SaturateAndPrecisionOfQuantizeLinear) {
  ModelBuilder model(25);
  model.input("x", {"n"}).output("y").initializer("s", {}, std::vector<float>{1});
  model.node("QuantizeLinear", {"x", "s"}, {"y"})
      .attr("output_dtype", T::FLOAT8E5M2)
      .attr("saturate", 0)
      .attr("precision", T::FLOAT16);
  const auto attrs = first<QuantizeAttrs>(loaded(model));
  EXPECT_FALSE(attrs.saturate);
  EXPECT_EQ(attrs.precision, DType::kF16);
  NodeBuilder(*model.graph().mutable_node(0)).proto().mutable_attribute(2)->set_i(T::INT8);
  EXPECT_THAT(load_error(model), HasSubstr("\"precision\" is int8, expected a float type"));
}

// The types of values in graphs of attributes are those of any graph.
TEST(ImportSmallTypes, LoopsCarryThem) {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("go", {}, kBoolean).input("v", {2}, T::INT4);
  body.output("going").output("next").output("seen");
  body.node("Identity", {"go"}, {"going"});
  body.node("Cast", {"v"}, {"wide"}).attr("to", T::INT32);
  body.initializer("one", {}, std::vector<int32_t>{1});
  body.node("Add", {"wide", "one"}, {"more"});
  body.node("Cast", {"more"}, {"next"}).attr("to", T::INT4);
  body.node("Identity", {"next"}, {"seen"});
  ModelBuilder model(28);
  *model.graph().add_initializer() = small("start", T::INT4, {2}, {0x70});  // 0 7
  model.scalar("count", 3).output("last").output("all");
  model.node("Loop", {"count", "", "start"}, {"last", "all"}).graph("body", body.graph());
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph, 0), "int4[2]");
  EXPECT_THAT(output_text(graph, 1), HasSubstr("int4["));
}

}  // namespace
}  // namespace octet::test
