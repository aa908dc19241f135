// Quantized ops become Quantize, Dequantize and float ops between them, with the file's codes.
#include "tests/loaders/model_builder.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kUint8 = pb::TensorProto::UINT8, kInt8 = pb::TensorProto::INT8;

// A tensor of packed codes.
pb::TensorProto packed(const std::string& name, int type, std::vector<int64_t> dims,
                       const std::vector<uint8_t>& bytes) {
  pb::TensorProto tensor = raw_tensor(name, std::move(dims), bytes);
  tensor.set_data_type(type);
  return tensor;
}

std::vector<double> run(const ModelBuilder& model, const std::vector<Tensor>& inputs,
                        size_t output = 0) {
  Graph graph = loaded(model);
  EXPECT_TRUE(graph.normalize().is_ok());
  const auto outputs = evaluate_graph(graph, inputs);
  EXPECT_TRUE(outputs.is_ok()) << outputs.status().message();
  return outputs.is_ok() ? to_doubles((*outputs)[output]) : std::vector<double>();
}

TEST(ImportQuantize, TheTypeIsTheZeroPointsTheAttributesOrU8) {
  ModelBuilder plain(13);
  plain.input("x", {"n", 4}).initializer("s", {}, std::vector<float>{0.5f}).output("y");
  plain.node("QuantizeLinear", {"x", "s"}, {"y"});
  EXPECT_EQ(output_text(loaded(plain)), "uint8[n, 4]");
  ModelBuilder attribute(21);
  attribute.input("x", {"n", 4}).initializer("s", {}, std::vector<float>{0.5f}).output("y");
  attribute.node("QuantizeLinear", {"x", "s"}, {"y"}).attr("output_dtype", pb::TensorProto::INT4);
  EXPECT_EQ(output_text(loaded(attribute)), "int4[n, 4]");
  ModelBuilder input(21);
  input.input("x", {"n", 4}).input("z", {}, pb::TensorProto::UINT2).output("y");
  input.initializer("s", {}, std::vector<float>{0.5f});
  input.node("QuantizeLinear", {"x", "s", "z"}, {"y"});
  EXPECT_EQ(output_text(loaded(input)), "uint2[n, 4]");
}

TEST(ImportQuantize, TheTypeOfAComputedZeroPointCounts) {
  ModelBuilder cast(21);
  cast.input("x", {4}).initializer("s", {}, std::vector<float>{1}).output("y");
  cast.initializer("zero", {}, std::vector<float>{0});
  cast.node("Cast", {"zero"}, {"z"}).attr("to", pb::TensorProto::INT4);
  cast.node("QuantizeLinear", {"x", "s", "z"}, {"y"});
  EXPECT_THAT(run(cast, {make_tensor<float>({4}, {-100, -3, 3, 100})}), ElementsAre(-8, -3, 3, 7));
  ModelBuilder moved(21);
  moved.input("x", {4}).initializer("s", {}, std::vector<float>{1}).output("y");
  *moved.graph().add_initializer() = packed("z1", pb::TensorProto::UINT4, {1}, {2});
  moved.ints("axes", {0});
  moved.node("Squeeze", {"z1", "axes"}, {"z"});
  moved.node("QuantizeLinear", {"x", "s", "z"}, {"y"});
  EXPECT_THAT(run(moved, {make_tensor<float>({4}, {-100, -1, 3, 100})}), ElementsAre(0, 1, 5, 15));
}

TEST(ImportQuantize, TypesThatAreNoCodesAreRefused) {
  const auto error = [](int type, const char* zero_point) {
    ModelBuilder model(21);
    model.input("x", {"n", 4}).initializer("s", {}, std::vector<float>{0.5f}).output("y");
    *model.graph().add_initializer() = packed("z", kUint8, {}, {0});
    model.node("QuantizeLinear", {"x", "s", zero_point}, {"y"}).attr("output_dtype", type);
    return load_error(model);
  };
  EXPECT_THAT(error(pb::TensorProto::FLOAT8E8M0, ""), HasSubstr("codes of type float8_e8m0fnu;"));
  EXPECT_THAT(error(pb::TensorProto::COMPLEX64, ""), HasSubstr("codes of type complex64;"));
  EXPECT_THAT(error(pb::TensorProto::INT8, "z"),
              HasSubstr("\"output_dtype\" is int8, but the zero point is uint8"));
}

TEST(ImportQuantize, CodesOfFourAndTwoBitsLieOneToAByte) {
  ModelBuilder model(21);
  *model.graph().add_initializer() = packed("w", pb::TensorProto::INT4, {3}, {0x8F, 0x07});
  *model.graph().add_initializer() = packed("u", pb::TensorProto::UINT2, {5}, {0xE4, 0x02});
  model.initializer("s", {}, std::vector<float>{1}).output("a").output("b");
  model.node("DequantizeLinear", {"w", "s"}, {"a"});
  model.node("DequantizeLinear", {"u", "s"}, {"b"});
  EXPECT_THAT(run(model, {}), ElementsAre(-1, -8, 7));
  EXPECT_THAT(run(model, {}, 1), ElementsAre(0, 1, 2, 3, 2));
  EXPECT_EQ(loaded(model).value(loaded(model).nodes()[0].inputs[0]).constant->dtype(), DType::kI4);
}

TEST(ImportQuantize, PackedTensorsOfTheWrongSizeAreRefused) {
  ModelBuilder model(21);
  *model.graph().add_initializer() = packed("w", pb::TensorProto::INT4, {3}, {0x8F});
  model.initializer("s", {}, std::vector<float>{1}).output("a");
  model.node("DequantizeLinear", {"w", "s"}, {"a"});
  EXPECT_THAT(load_error(model), HasSubstr("initializer \"w\": has 1 bytes of data, expected 2"));
}

TEST(ImportQuantize, BlocksMustCoverTheAxis) {
  const auto model = [](int64_t blocks) {
    ModelBuilder model(21);
    model.input("x", {2, 6}, kInt8).output("y");
    model.initializer("s", {2, blocks}, std::vector<float>(static_cast<size_t>(2 * blocks), 1));
    model.node("DequantizeLinear", {"x", "s"}, {"y"}).attr("axis", 1).attr("block_size", 4);
    return model;
  };
  EXPECT_EQ(output_text(loaded(model(2))), "float32[2, 6]");
  EXPECT_THAT(load_error(model(3)), HasSubstr("expected 2"));
}

TEST(ImportQuantize, DynamicQuantizeLinear) {
  ModelBuilder model(13);
  model.input("x", {2, 3}).output("y").output("scale").output("zero_point");
  model.node("DynamicQuantizeLinear", {"x"}, {"y", "scale", "zero_point"});
  const Tensor src = make_tensor<float>({2, 3}, {0, 2, -3, -2.5f, 1.34f, 0.5f});
  EXPECT_THAT(run(model, {src}), ElementsAre(153, 255, 0, 26, 221, 179));  // ONNX's own example
  EXPECT_THAT(run(model, {src}, 1), ElementsAre(5.0f / 255));
  EXPECT_THAT(run(model, {src}, 2), ElementsAre(153));
}

TEST(ImportQuantize, MatMulIntegerWithZeroPointsOfRowsAndColumns) {
  ModelBuilder model(13);
  model.input("a", {2, 2}, kUint8).input("b", {2, 2}, kInt8).output("y");
  *model.graph().add_initializer() = packed("az", kUint8, {2}, {1, 2});
  *model.graph().add_initializer() = packed("bz", kInt8, {2}, {3, 0xFF});
  model.node("MatMulInteger", {"a", "b", "az", "bz"}, {"y"});
  // [[10-1, 20-1], [30-2, 40-2]] . [[1-3, 2+1], [3-3, 4+1]]
  EXPECT_THAT(run(model, {make_tensor<uint8_t>({2, 2}, {10, 20, 30, 40}),
                          make_tensor<int8_t>({2, 2}, {1, 2, 3, 4})}),
              ElementsAre(-18, 27 + 95, -56, 84 + 190));
  EXPECT_EQ(output_text(loaded(model)), "int32[2, 2]");
}

TEST(ImportQuantize, ConvIntegerPadsWithTheZeroPoint) {
  ModelBuilder model(13);
  model.input("x", {1, 1, 3, 3}, kUint8).output("y");
  *model.graph().add_initializer() = packed("w", kUint8, {1, 1, 2, 2}, {1, 1, 1, 1});
  *model.graph().add_initializer() = packed("z", kUint8, {}, {1});
  model.node("ConvInteger", {"x", "w", "z"}, {"y"}).ints("pads", {1, 1, 1, 1});
  // ONNX's own example.
  EXPECT_THAT(run(model, {make_tensor<uint8_t>({1, 1, 3, 3}, {2, 3, 4, 5, 6, 7, 8, 9, 10})}),
              ElementsAre(1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9));
}

TEST(ImportQuantize, QLinearMatMulIsItsQuantizedProduct) {
  ModelBuilder model(13);
  model.input("a", {1, 2}, kUint8).input("b", {2, 1}, kUint8).output("y");
  for (const char* name : {"as", "bs", "ys"}) model.initializer(name, {}, std::vector<float>{0.5f});
  for (const char* name : {"az", "bz", "yz"})
    *model.graph().add_initializer() = packed(name, kUint8, {}, {1});
  model.node("QLinearMatMul", {"a", "as", "az", "b", "bs", "bz", "ys", "yz"}, {"y"});
  // 0.25 * (9 * 4 + 19 * 2) / 0.5 + 1
  EXPECT_THAT(
      run(model, {make_tensor<uint8_t>({1, 2}, {10, 20}), make_tensor<uint8_t>({2, 1}, {5, 3})}),
      ElementsAre(38));
}

TEST(ImportQuantize, QLinearConvHasABiasInUnitsOfBothScales) {
  ModelBuilder model(13);
  model.input("x", {1, 1, 1, 2}, kUint8).output("y");
  *model.graph().add_initializer() = packed("w", kInt8, {2, 1, 1, 1}, {2, 3});
  model.initializer("xs", {}, std::vector<float>{0.5f});
  model.initializer("ws", {2}, std::vector<float>{1, 2});
  model.initializer("ys", {}, std::vector<float>{1});
  model.initializer("b", {2}, std::vector<int32_t>{4, -1});
  *model.graph().add_initializer() = packed("xz", kUint8, {}, {10});
  *model.graph().add_initializer() = packed("wz", kInt8, {2}, {0, 0});
  *model.graph().add_initializer() = packed("yz", kUint8, {}, {100});
  model.node("QLinearConv", {"x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"}, {"y"});
  // channel 0: (x - 10) / 2 * 2 + 2; channel 1: (x - 10) / 2 * 6 - 1
  EXPECT_THAT(run(model, {make_tensor<uint8_t>({1, 1, 1, 2}, {10, 14})}),
              ElementsAre(102, 106, 99, 111));
}

}  // namespace
}  // namespace octet::test
