// Damaged bytes, and that raw data is skipped rather than read.
#include "loaders/onnx/wire_scan.h"

#include <random>

#include "loaders/onnx/wire_reader.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

ByteSource source_of(const std::string& bytes) {
  return ByteSource(std::as_bytes(std::span(bytes)), nullptr);
}

ModelBuilder small_model() {
  ModelBuilder model;
  model.input("x", {"batch", 4})
      .output("y")
      .initializer<float>("w", {4, 2}, std::vector<float>(8, 1.5f));
  model.node("MatMul", {"x", "w"}, {"a"}).named("fc");
  model.node("Softmax", {"a"}, {"y"}).attr("axis", -1);
  return model;
}

// A length-delimited field.
std::string field(uint64_t number, const std::string& payload) {
  std::string bytes;
  append_varint(number << 3 | 2, bytes);
  append_varint(payload.size(), bytes);
  return bytes + payload;
}

std::string scan_error(const std::string& bytes, StatusCode code = StatusCode::kInvalidModel) {
  const auto result = strip_raw_data(source_of(bytes), WireMessage::kModel, {});
  EXPECT_FALSE(result.is_ok());
  EXPECT_EQ(result.status().code(), code);
  return result.status().message();
}

TEST(StripRawData, TakesRawDataOut) {
  ModelBuilder model;
  model.initializer<float>("big", {1000}, std::vector<float>(1000, 1))
      .initializer<float>("small", {1}, {7});
  *model.node("Constant", {}, {"c"})
       .attr("value", raw_tensor<float>("", {1}, {9}))
       .proto()
       .mutable_doc_string() = "doc";
  const std::string bytes = model.bytes();
  const auto stripped = strip_raw_data(source_of(bytes), WireMessage::kModel, {});
  ASSERT_TRUE(stripped.is_ok()) << stripped.status().message();
  ASSERT_EQ(stripped->raw.size(), 3u);
  EXPECT_LT(stripped->bytes.size(), 200u);
  EXPECT_EQ(stripped->bytes.find("doc"), std::string::npos);

  pb::ModelProto parsed;
  ASSERT_TRUE(parsed.ParseFromString(stripped->bytes));
  const auto raw_of = [&](const pb::TensorProto& tensor) {
    EXPECT_EQ(tensor.raw_data().size(), 8u);
    const auto& raw = stripped->raw.at(static_cast<size_t>(tensor.raw_data()[0]));
    return bytes.substr(static_cast<size_t>(raw.offset), static_cast<size_t>(raw.size));
  };
  EXPECT_EQ(raw_of(parsed.graph().initializer(0)), model.graph().initializer(0).raw_data());
  EXPECT_EQ(raw_of(parsed.graph().initializer(1)), model.graph().initializer(1).raw_data());
  EXPECT_EQ(raw_of(parsed.graph().node(0).attribute(0).t()),
            model.graph().node(0).attribute(0).t().raw_data());
}

TEST(StripRawData, NamesTheOffsetOfDamage) {
  EXPECT_THAT(scan_error("\x08"), HasSubstr("byte 1: a number is cut off"));
  EXPECT_THAT(scan_error("\x08" + std::string(64, '\xff')),
              HasSubstr("byte 11: a number is longer than 10 bytes"));
  EXPECT_THAT(scan_error(std::string("\x3a\x05"
                                     "ab",
                                     4)),
              HasSubstr("byte 2: field 7 has 5 bytes, but 2 are left"));
  EXPECT_THAT(scan_error(std::string("\x00\x00", 2)), HasSubstr("impossible number"));
  EXPECT_THAT(scan_error("\x3b"), HasSubstr("impossible type"));
  std::string huge = "\x3a";
  append_varint(~uint64_t{4}, huge);
  EXPECT_THAT(scan_error(huge), HasSubstr("but 0 are left"));
}

TEST(StripRawData, BoundsNesting) {
  std::string graph;
  for (int i = 0; i < 20000; ++i) graph = field(1, field(5, field(6, graph)));
  EXPECT_THAT(scan_error(field(7, graph), StatusCode::kResourceExhausted),
              HasSubstr("nested more than 100 deep"));
}

TEST(LoadModel, SurvivesTruncationAtEveryByte) {
  const std::string bytes = small_model().bytes();
  ASSERT_TRUE(load_bytes(bytes).is_ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto result = load_bytes(bytes.substr(0, size));
    EXPECT_FALSE(result.is_ok()) << "cut to " << size << " of " << bytes.size() << " bytes";
  }
}

// Whatever comes of it, it is a result: the sanitizers see the rest.
TEST(LoadModel, SurvivesFlippedBits) {
  const std::string bytes = small_model().bytes();
  int refused = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      refused += load_bytes(damaged).is_ok() ? 0 : 1;
    }
  EXPECT_GT(refused, static_cast<int>(bytes.size()));
}

TEST(LoadModel, SurvivesNoise) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string noise(random() % 200, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_FALSE(load_bytes(noise).is_ok());
  }
}

}  // namespace
}  // namespace octet::test
