// MatMulNBits becomes a linear layer that holds the file's codes, scales and zero points.
#include "runtime/ops/describe.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr int kN = 2, kK = 20, kBlock = 16, kBlocks = 2;

// Rows of 2 blocks of 16 codes, of which the last 12 only fill up.
std::vector<uint8_t> packed(int bits) {
  std::vector<uint8_t> bytes(kN * kBlocks * kBlock * static_cast<size_t>(bits) / 8);
  uint8_t next = 0x10;
  for (uint8_t& byte : bytes) byte = next = static_cast<uint8_t>(next * 5 + 17);
  return bytes;
}

std::vector<int> codes_of(const std::vector<uint8_t>& packed, int bits) {
  std::vector<int> codes;
  for (int n = 0; n < kN; ++n)
    for (int k = 0; k < kK; ++k) {
      const int place = n * kBlocks * kBlock + k, per_byte = 8 / bits;
      codes.push_back(packed[static_cast<size_t>(place / per_byte)] >> (place % per_byte * bits) &
                      ((1 << bits) - 1));
    }
  return codes;
}

ModelBuilder layer(int bits, const std::vector<std::string>& more = {}) {
  ModelBuilder model(17);
  model.import("com.microsoft", 1).input("x", {"batch", kK}).output("y");
  model.initializer("w", {kN, kBlocks, kBlock * bits / 8}, packed(bits));
  model.initializer("scales", {kN * kBlocks}, std::vector<float>{1, 2, 3, 4});
  std::vector<std::string> inputs = {"x", "w", "scales"};
  inputs.insert(inputs.end(), more.begin(), more.end());
  model.node("MatMulNBits", inputs, {"y"})
      .in_domain("com.microsoft")
      .named("fc")
      .attr("N", kN)
      .attr("K", kK)
      .attr("bits", bits)
      .attr("block_size", kBlock);
  return model;
}

const QuantizedLinearAttrs& attrs_of(const Graph& graph) {
  return *graph.nodes().at(0).as<QuantizedLinearAttrs>();
}

QuantizedTensor weights_of(const ModelBuilder& model) {
  const auto weights = attrs_of(loaded(model)).weights->load();
  EXPECT_TRUE(weights.is_ok()) << weights.status().message();
  return *weights;
}

TEST(ImportMatMulNBits, OfEveryWidth) {
  for (const int bits : {2, 4, 8}) {
    const Graph graph = loaded(layer(bits));
    EXPECT_EQ(output_text(graph), "float32[batch, 2]");
    EXPECT_EQ(attrs_of(graph).parts[0].name, "fc");
    EXPECT_THAT(attrs_of(graph).parts[0].aliases, ElementsAre("w"));
    EXPECT_TRUE(attrs_of(graph).scheme.is_weight_only());
    const QuantizedTensor weights = weights_of(layer(bits));
    EXPECT_EQ(weights.bits, bits);
    EXPECT_THAT(weights.int_data.elements<const uint8_t>(),
                ElementsAreArray(codes_of(packed(bits), bits)));
    EXPECT_THAT(weights.scale.elements<const float>(), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(weights.zero_point->elements<const uint8_t>(), testing::Each(1 << (bits - 1)));
  }
}

TEST(ImportMatMulNBits, ZeroPointsArePackedByRowOrFloat) {
  ModelBuilder integers = layer(4, {"zero_points"});
  integers.initializer("zero_points", {kN}, std::vector<uint8_t>{0x21, 0xF7});
  EXPECT_THAT(weights_of(integers).zero_point->elements<const uint8_t>(), ElementsAre(1, 2, 7, 15));
  ModelBuilder floats = layer(4, {"zero_points"});
  floats.initializer("zero_points", {kN, kBlocks}, std::vector<float>{0.5f, 7, 8.5f, 9});
  EXPECT_THAT(weights_of(floats).zero_point->elements<const float>(),
              ElementsAre(0.5f, 7, 8.5f, 9));
}

TEST(ImportMatMulNBits, ColumnsMayNameTheirBlocksAndThereMayBeABias) {
  for (const int entries : {kK, kBlocks * kBlock}) {
    ModelBuilder model = layer(4, {"", "groups", "bias"});
    std::vector<int32_t> groups;
    for (int i = 0; i < entries; ++i) groups.push_back(i % 2);
    model.initializer("groups", {entries}, groups);
    model.initializer("bias", {kN}, std::vector<float>{1, 2});
    const QuantizedTensor weights = weights_of(model);
    EXPECT_EQ(weights.group_index->shape(), Shape{kK});
    EXPECT_EQ(scale_index(weights, 1, 3), 3);
    const Graph graph = loaded(model);
    EXPECT_THAT(attrs_of(graph).parts[0].aliases, ElementsAre("w", "bias"));
  }
}

TEST(ImportMatMulNBits, OfNarrowFloats) {
  struct Narrow {
    pb::TensorProto::DataType type;
    const char* name;
    std::vector<uint16_t> numbers;  // the bits of 1, 2, 3, 4
  };
  for (const Narrow& narrow :
       {Narrow{pb::TensorProto::FLOAT16, "float16", {0x3C00, 0x4000, 0x4200, 0x4400}},
        Narrow{pb::TensorProto::BFLOAT16, "bfloat16", {0x3F80, 0x4000, 0x4040, 0x4080}}}) {
    ModelBuilder model = layer(4, {"zero_points", "", "bias"});
    model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
        narrow.type);
    model.graph().mutable_initializer()->RemoveLast();  // the scales
    const auto add = [&](const char* name, std::vector<int64_t> dims, size_t count) {
      std::vector<uint16_t> numbers = narrow.numbers;
      numbers.resize(count);
      model.initializer(name, std::move(dims), numbers);
      model.graph().mutable_initializer()->rbegin()->set_data_type(narrow.type);
    };
    add("scales", {kN, kBlocks}, 4);
    add("zero_points", {kN, kBlocks}, 4);
    add("bias", {kN}, 2);
    const Graph graph = loaded(model);
    EXPECT_EQ(output_text(graph), narrow.name + std::string("[batch, 2]"));
    EXPECT_EQ(ops(graph), "cast cast quantized_linear cast");
    const auto& attrs = first<QuantizedLinearAttrs>(graph);
    EXPECT_THAT(attrs.parts[0].aliases, ElementsAre("w", "bias"));
    EXPECT_EQ(attrs.scheme.weights.zero_point, ZeroPoint::kFloat);
    const auto weights = attrs.weights->load();
    ASSERT_TRUE(weights.is_ok()) << weights.status().message();
    EXPECT_THAT(weights->scale.elements<const float>(), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(weights->zero_point->elements<const float>(), ElementsAre(1, 2, 3, 4));
  }
}

TEST(ImportMatMulNBits, RefusesWithAReason) {
  const auto with = [](const char* attribute, int64_t value) {
    ModelBuilder model = layer(4);
    auto& node = *model.graph().mutable_node(0);
    for (auto& given : *node.mutable_attribute())
      if (given.name() == attribute) given.set_i(value);
    return load_error(model);
  };
  EXPECT_THAT(with("bits", 3), HasSubstr("bits is 3, expected 2, 4 or 8"));
  EXPECT_THAT(with("block_size", 24), HasSubstr("block_size is 24, expected a power of two"));
  EXPECT_THAT(with("N", 0), HasSubstr("N is 0 and K is 20, expected 1 or more"));
  EXPECT_THAT(with("K", 33),
              HasSubstr("input 1, B, is uint8[2x2x8], expected 48 elements of uint8"));
  EXPECT_THAT(with("N", 3), HasSubstr("expected 48 elements"));
  ModelBuilder mixed = layer(4, {"", "", "bias"});
  mixed.initializer("bias", {kN}, std::vector<double>{1, 2});
  EXPECT_THAT(load_error(mixed),
              HasSubstr("input 5 is float64[2], expected the type of input 0, float32"));
  EXPECT_THAT(load_error(layer(4, {"x"})), HasSubstr("input 3, zero_points, is computed"));
}

}  // namespace
}  // namespace octet::test
