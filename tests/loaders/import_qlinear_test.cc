// The operator form: every op on codes computes what its float op computes between Dequantize and
// Quantize.
#include "tests/loaders/model_builder.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kUint8 = pb::TensorProto::UINT8;
constexpr const char* kContrib = "com.microsoft";

// Scales are 0.5 and zero points 10, unless a test says otherwise: a code c stands for (c - 10)
// / 2.
ModelBuilder contrib() {
  ModelBuilder model(17);
  model.import(kContrib, 1).output("y");
  model.initializer("s", {}, std::vector<float>{0.5f});
  model.initializer("z", {}, std::vector<uint8_t>{10});
  return model;
}

std::vector<double> run(const ModelBuilder& model, const std::vector<Tensor>& inputs) {
  Graph graph = loaded(model);
  EXPECT_TRUE(graph.normalize().is_ok());
  const auto outputs = evaluate_graph(graph, inputs);
  EXPECT_TRUE(outputs.is_ok()) << outputs.status().message();
  return outputs.is_ok() ? to_doubles((*outputs)[0]) : std::vector<double>();
}

Tensor codes(const Shape& shape, std::initializer_list<uint8_t> values) {
  return make_tensor<uint8_t>(shape, values);
}

TEST(ImportQLinear, AddAndMul) {
  ModelBuilder add = contrib();
  add.input("a", {3}, kUint8).input("b", {3}, kUint8);
  add.node("QLinearAdd", {"a", "s", "z", "b", "s", "z", "s", "z"}, {"y"}).in_domain(kContrib);
  EXPECT_THAT(run(add, {codes({3}, {10, 12, 0}), codes({3}, {11, 250, 0})}),
              ElementsAre(11, 252, 0));
  ModelBuilder mul = contrib();
  mul.input("a", {2}, kUint8).input("b", {2}, kUint8);
  mul.node("QLinearMul", {"a", "s", "z", "b", "s", "z", "s", "z"}, {"y"}).in_domain(kContrib);
  EXPECT_THAT(run(mul, {codes({2}, {14, 8}), codes({2}, {16, 16})}), ElementsAre(22, 4));
}

TEST(ImportQLinear, AbsentZeroPointsAreZero) {
  ModelBuilder model = contrib();
  model.input("a", {2}, kUint8).input("b", {2}, kUint8);
  model.node("QLinearAdd", {"a", "s", "", "b", "s", "", "s"}, {"y"}).in_domain(kContrib);
  EXPECT_THAT(run(model, {codes({2}, {1, 200}), codes({2}, {2, 200})}), ElementsAre(3, 255));
}

TEST(ImportQLinear, WithoutAZeroPointTheResultHasTheCodesType) {
  ModelBuilder model = contrib();
  model.input("a", {2}, pb::TensorProto::INT8).input("b", {2}, pb::TensorProto::INT8);
  model.node("QLinearAdd", {"a", "s", "", "b", "s", "", "s"}, {"y"}).in_domain(kContrib);
  EXPECT_EQ(output_text(loaded(model)), "int8[2]");
  EXPECT_THAT(
      run(model, {make_tensor<int8_t>({2}, {-3, -100}), make_tensor<int8_t>({2}, {1, -100})}),
      ElementsAre(-2, -128));
}

TEST(ImportQLinear, CodesHaveATypeOfCodes) {
  ModelBuilder model = contrib();
  model.input("a", {3}, kUint8).input("b", {3}, kUint8).input("f", {});
  model.node("QLinearAdd", {"a", "s", "z", "b", "s", "z", "s", "f"}, {"y"}).in_domain(kContrib);
  EXPECT_THAT(load_error(model), HasSubstr("codes of type float32"));
}

TEST(ImportQLinear, UnaryFunctions) {
  ModelBuilder leaky = contrib();
  leaky.input("a", {2}, kUint8);
  leaky.node("QLinearLeakyRelu", {"a", "s", "z", "s", "z"}, {"y"})
      .in_domain(kContrib)
      .attr("alpha", 0.5f);
  EXPECT_THAT(run(leaky, {codes({2}, {2, 14})}), ElementsAre(6, 14));
  ModelBuilder sigmoid = contrib();
  sigmoid.input("a", {2}, kUint8).initializer("t", {}, std::vector<float>{1.0f / 256});
  sigmoid.node("QLinearSigmoid", {"a", "s", "z", "t", ""}, {"y"}).in_domain(kContrib);
  EXPECT_THAT(run(sigmoid, {codes({2}, {10, 50})}), ElementsAre(128, 255));
}

TEST(ImportQLinear, SoftmaxOfEitherOpset) {
  for (const int opset : {12, 13}) {
    ModelBuilder model = contrib();
    model.input("a", {1, 2, 2}, kUint8).initializer("t", {}, std::vector<float>{1.0f / 128});
    model.node("QLinearSoftmax", {"a", "s", "z", "t", ""}, {"y"})
        .in_domain(kContrib)
        .attr("axis", opset < 13 ? 1 : -1)
        .attr("opset", opset);
    const auto found = run(model, {codes({1, 2, 2}, {10, 10, 10, 10})});
    EXPECT_THAT(found, testing::Each(opset < 13 ? 32 : 64));
  }
}

TEST(ImportQLinear, ConcatRequantizesItsParts) {
  ModelBuilder model = contrib();
  model.input("a", {1}, kUint8).input("b", {1}, kUint8);
  model.initializer("t", {}, std::vector<float>{1});
  model.initializer("o", {}, std::vector<uint8_t>{0});
  model.node("QLinearConcat", {"s", "z", "a", "s", "z", "b", "t", "o"}, {"y"})
      .in_domain(kContrib)
      .attr("axis", 0);
  EXPECT_THAT(run(model, {codes({1}, {77}), codes({1}, {3})}), ElementsAre(77, 16));
}

TEST(ImportQLinear, Pools) {
  ModelBuilder average = contrib();
  average.input("a", {1, 1, 1, 4}, kUint8);
  average.node("QLinearAveragePool", {"a", "s", "z", "s", "z"}, {"y"})
      .in_domain(kContrib)
      .ints("kernel_shape", {1, 2})
      .ints("strides", {1, 2});
  EXPECT_THAT(run(average, {codes({1, 1, 1, 4}, {10, 14, 20, 22})}), ElementsAre(12, 21));
  ModelBuilder global = contrib();
  global.input("a", {1, 1, 1, 4}, kUint8);
  global.node("QLinearGlobalAveragePool", {"a", "s", "z", "s", "z"}, {"y"}).in_domain(kContrib);
  EXPECT_THAT(run(global, {codes({1, 1, 1, 4}, {10, 14, 20, 24})}), ElementsAre(17));
}

TEST(ImportQLinear, PoolsWithChannelsLast) {
  const Tensor src = codes({1, 1, 4, 2}, {10, 0, 14, 2, 20, 4, 24, 6});
  ModelBuilder average = contrib();
  average.input("a", {1, 1, 4, 2}, kUint8);
  average.node("QLinearAveragePool", {"a", "s", "z", "s", "z"}, {"y"})
      .in_domain(kContrib)
      .ints("kernel_shape", {1, 2})
      .ints("strides", {1, 2})
      .attr("channels_last", 1);
  EXPECT_EQ(output_text(loaded(average)), "uint8[1, 1, 2, 2]");
  EXPECT_THAT(run(average, {src}), ElementsAre(12, 1, 22, 5));
  ModelBuilder global = contrib();
  global.input("a", {1, 1, 4, 2}, kUint8);
  global.node("QLinearGlobalAveragePool", {"a", "s", "z", "s", "z"}, {"y"})
      .in_domain(kContrib)
      .attr("channels_last", 1);
  EXPECT_EQ(output_text(loaded(global)), "uint8[1, 1, 1, 2]");
  EXPECT_THAT(run(global, {src}), ElementsAre(17, 3));
}

// One output channel: channel 0 of the pixel to the left and twice channel 1 of its own.
TEST(ImportQLinear, ConvWithChannelsLast) {
  ModelBuilder model = contrib();
  model.input("a", {1, 1, 3, 2}, kUint8);
  model.initializer("w", {1, 2, 1, 2}, std::vector<uint8_t>{11, 10, 10, 12});
  model.initializer("one", {}, std::vector<float>{1});
  model.initializer("b", {1}, std::vector<int32_t>{4});
  model.node("QLinearConv", {"a", "s", "z", "w", "one", "z", "s", "z", "b"}, {"y"})
      .in_domain(kContrib)
      .attr("channels_last", 1);
  EXPECT_EQ(output_text(loaded(model)), "uint8[1, 1, 2, 1]");
  // The pixels are (1, 2), (3, 4), (5, 6), the bias is 2: sums of 11 and 17.
  EXPECT_THAT(run(model, {codes({1, 1, 3, 2}, {12, 14, 16, 18, 20, 22})}), ElementsAre(32, 44));
}

TEST(ImportQLinear, NhwcMaxPool) {
  const auto pool = [](std::vector<Extent> extents, int type, const std::vector<int64_t>& kernel) {
    ModelBuilder model = contrib();
    model.input("a", std::move(extents), type);
    model.node("NhwcMaxPool", {"a"}, {"y"}).in_domain(kContrib).ints("kernel_shape", kernel);
    return model;
  };
  // Two rows of four pixels of two channels; the first window of a column sees the first row alone.
  ModelBuilder picture = pool({1, 2, 4, 2}, kUint8, {2, 2});
  NodeBuilder(*picture.graph().mutable_node(0)).ints("strides", {1, 2}).ints("pads", {1, 0, 0, 0});
  EXPECT_EQ(output_text(loaded(picture)), "uint8[1, 2, 2, 2]");
  const Tensor src = codes({1, 2, 4, 2}, {1, 20, 2, 10, 3, 0, 4, 5, 9, 1, 8, 2, 7, 3, 6, 40});
  EXPECT_THAT(run(picture, {src}), ElementsAre(2, 20, 4, 5, 9, 20, 7, 40));
  const ModelBuilder line = pool({1, 3, 2}, pb::TensorProto::INT8, {2});
  EXPECT_THAT(run(line, {make_tensor<int8_t>({1, 3, 2}, {-1, -2, -3, 4, 5, -6})}),
              ElementsAre(-1, 4, 5, 4));
  EXPECT_THAT(load_error(pool({3}, kUint8, {2})),
              HasSubstr("is uint8[3], expected rank 2 or more: batch, spatial, channels"));
}

TEST(ImportQLinear, ReduceMean) {
  const auto mean = [](const std::vector<int64_t>& axes, int keep) {
    ModelBuilder model = contrib();
    model.input("a", {2, 3}, kUint8).initializer("t", {}, std::vector<float>{0.25f});
    NodeBuilder node = model.node("QLinearReduceMean", {"a", "s", "z", "t", ""}, {"y"});
    node.in_domain(kContrib).attr("keepdims", keep);
    if (!axes.empty()) node.ints("axes", axes);
    return model;
  };
  // (1, 2, 3) and (4, 5, 9); the result is in quarters, from 0.
  const Tensor src = codes({2, 3}, {12, 14, 16, 18, 20, 28});
  EXPECT_THAT(run(mean({1}, 0), {src}), ElementsAre(8, 24));
  EXPECT_EQ(output_text(loaded(mean({1}, 0))), "uint8[2]");
  EXPECT_THAT(run(mean({-2}, 1), {src}), ElementsAre(10, 14, 24));
  EXPECT_EQ(output_text(loaded(mean({-2}, 1))), "uint8[1, 3]");
  EXPECT_THAT(run(mean({}, 1), {src}), ElementsAre(16));
  EXPECT_EQ(output_text(loaded(mean({}, 1))), "uint8[1, 1]");
  EXPECT_THAT(load_error(mean({2}, 1)), HasSubstr("axis is 2, expected -2 to 1"));
  ModelBuilder scaleless = contrib();
  scaleless.input("a", {2, 3}, kUint8);
  scaleless.node("QLinearReduceMean", {"a", "s", "z"}, {"y"}).in_domain(kContrib);
  EXPECT_THAT(load_error(scaleless), HasSubstr("input 3 is missing"));
}

TEST(ImportQLinear, Where) {
  ModelBuilder model = contrib();
  model.input("c", {2}, pb::TensorProto::BOOL).input("a", {2}, kUint8).input("b", {2}, kUint8);
  model.node("QLinearWhere", {"c", "a", "s", "z", "b", "s", "z", "s", "z"}, {"y"})
      .in_domain(kContrib);
  EXPECT_THAT(
      run(model, {make_tensor<bool>({2}, {true, false}), codes({2}, {1, 2}), codes({2}, {3, 4})}),
      ElementsAre(1, 4));
}

TEST(ImportQLinear, GemmWithABiasInUnitsOfTheSums) {
  const auto gemm = [](bool quantizes) {
    ModelBuilder model = contrib();
    model.input("a", {1, 2}, kUint8);
    model.initializer("b", {3, 2}, std::vector<uint8_t>{11, 10, 10, 11, 12, 12});
    model.initializer("bs", {3}, std::vector<float>{1, 1, 2});
    model.initializer("bz", {3}, std::vector<uint8_t>{10, 10, 10});
    model.initializer("c", {3}, std::vector<int32_t>{4, 0, -1});
    std::vector<std::string> inputs = {"a", "s", "z", "b", "bs", "bz", "c"};
    if (quantizes) inputs.insert(inputs.end(), {"s", "z"});
    model.node("QGemm", inputs, {"y"}).in_domain(kContrib).attr("transB", 1).attr("alpha", 2.0f);
    return run(model, {codes({1, 2}, {14, 16})});
  };
  // a is 2 and 3; b is [1 0], [0 1], [4 4]; the bias is 4, 0 and -2.
  EXPECT_THAT(gemm(false), ElementsAre(8, 6, 38));
  EXPECT_THAT(gemm(true), ElementsAre(26, 22, 86));
}

TEST(ImportQLinear, RowsOfATableInBlocks) {
  // Two rows of four u4 codes, packed; blocks of two.
  ModelBuilder model = contrib();
  model.input("ids", {"n"}, kInt64);
  model.initializer("table", {2, 2}, std::vector<uint8_t>{0x98, 0xA7, 0x21, 0x43});
  model.initializer("scales", {2, 2}, std::vector<float>{1, 2, 3, 4});
  model.node("GatherBlockQuantized", {"table", "ids", "scales"}, {"y"})
      .in_domain(kContrib)
      .attr("block_size", 2)
      .attr("bits", 4);
  ModelBuilder fixed = model;
  fixed.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_value(2);
  // Without zero points they are 8, the middle.
  EXPECT_THAT(run(fixed, {make_tensor<int64_t>({2}, {1, 0})}),
              ElementsAre(-21, -18, -20, -16, 0, 1, -2, 4));
  EXPECT_EQ(output_text(loaded(model)), "float32[n, 4]");
}

// QAttention is Attention of what its codes stand for.
TEST(ImportQLinear, AttentionOfCodes) {
  ModelBuilder quantized = contrib();
  quantized.input("x", {2, 3, 4}, kUint8).input("mask", {2, 3}, pb::TensorProto::INT32);
  ModelBuilder plain = contrib();
  plain.input("x", {2, 3, 4}).input("mask", {2, 3}, pb::TensorProto::INT32);
  const Tensor src = random_integers(DType::kU8, {2, 3, 4}, 1, 0, 20),
               weights = random_integers(DType::kU8, {4, 12}, 2, 5, 15),
               bias = random_floats({12}, 3);
  const auto numbers = [](const Tensor& tensor) {
    std::vector<float> values;
    for (const double code : to_doubles(tensor))
      values.push_back((static_cast<float>(code) - 10) * 0.5f);
    return values;
  };
  const auto bytes = weights.elements<const uint8_t>();
  const auto bias_values = bias.elements<const float>();
  for (ModelBuilder* model : {&quantized, &plain})
    model->initializer("b", {12}, std::vector<float>(bias_values.begin(), bias_values.end()));
  quantized.initializer("w", {4, 12}, std::vector<uint8_t>(bytes.begin(), bytes.end()));
  plain.initializer("w", {4, 12}, numbers(weights));
  quantized.node("QAttention", {"x", "w", "b", "s", "s", "mask", "z", "z"}, {"y"})
      .in_domain(kContrib)
      .attr("num_heads", 2);
  plain.node("Attention", {"x", "w", "b", "mask"}, {"y"}).in_domain(kContrib).attr("num_heads", 2);
  const Tensor mask = make_tensor<int32_t>({2, 3}, {1, 1, 0, 1, 1, 1});
  const auto found = run(quantized, {src, mask});
  const std::vector<float> src_numbers = numbers(src);
  const auto expected =
      run(plain, {Tensor::from<float>(std::span<const float>(src_numbers), {2, 3, 4}), mask});
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5);
}

TEST(ImportQLinear, FusedDynamicProducts) {
  ModelBuilder model = contrib();
  model.input("x", {1, 2});
  model.initializer("w", {2, 1}, std::vector<uint8_t>{12, 14});
  model.node("DynamicQuantizeMatMul", {"x", "w", "s", "z"}, {"y"}).in_domain(kContrib);
  // x in steps of 1 / 51 is exact; w is 1 and 2.
  EXPECT_THAT(run(model, {make_tensor<float>({1, 2}, {0, 5})}), ElementsAre(10));
  ModelBuilder codes_in = contrib();
  codes_in.input("a", {1, 2}, kUint8);
  codes_in.initializer("w", {2, 1}, std::vector<uint8_t>{12, 14});
  codes_in.initializer("bias", {1}, std::vector<float>{100});
  codes_in.node("MatMulIntegerToFloat", {"a", "w", "s", "s", "z", "z", "bias"}, {"y"})
      .in_domain(kContrib);
  EXPECT_THAT(run(codes_in, {codes({1, 2}, {14, 16})}), ElementsAre(108));
}

}  // namespace
}  // namespace octet::test
