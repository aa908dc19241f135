// Element types, the places of tensor data, and that weights are not read before they are wanted.
#include "loaders/onnx/import_tensor.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A model that returns its only initializer.
ModelBuilder holder(const pb::TensorProto& tensor) {
  ModelBuilder model;
  *model.graph().add_initializer() = tensor;
  model.graph().mutable_initializer(0)->set_name("w");
  model.output("w");
  return model;
}

Constant constant_of(const pb::TensorProto& tensor) {
  const Graph graph = loaded(holder(tensor));
  return *graph.value(graph.outputs().at(0)).constant;
}

pb::TensorProto typed(int data_type, std::vector<int64_t> dims) {
  pb::TensorProto tensor;
  tensor.set_data_type(data_type);
  for (int64_t dim : dims) tensor.add_dims(dim);
  return tensor;
}

TEST(ImportTensor, TypedFields) {
  auto f32 = typed(pb::TensorProto::FLOAT, {2});
  f32.add_float_data(1.5f), f32.add_float_data(-2);
  EXPECT_THAT(elements<float>(constant_of(f32)), ElementsAre(1.5f, -2));
  auto f64 = typed(pb::TensorProto::DOUBLE, {1});
  f64.add_double_data(0.1);
  EXPECT_THAT(elements<double>(constant_of(f64)), ElementsAre(0.1));
  auto i64 = typed(pb::TensorProto::INT64, {});
  i64.add_int64_data(INT64_MIN);
  EXPECT_THAT(elements<int64_t>(constant_of(i64)), ElementsAre(INT64_MIN));
  auto u32 = typed(pb::TensorProto::UINT32, {1});
  u32.add_uint64_data(0xffffffff);
  EXPECT_THAT(elements<uint32_t>(constant_of(u32)), ElementsAre(0xffffffff));
  auto i8 = typed(pb::TensorProto::INT8, {2});
  i8.add_int32_data(-128), i8.add_int32_data(127);
  EXPECT_THAT(elements<int8_t>(constant_of(i8)), ElementsAre(-128, 127));
  auto bits = typed(pb::TensorProto::BOOL, {3});
  for (int value : {0, 1, 7}) bits.add_int32_data(value);
  EXPECT_THAT(elements<bool>(constant_of(bits)), ElementsAre(false, true, true));
  auto f16 = typed(pb::TensorProto::FLOAT16, {1});
  f16.add_int32_data(0x3c00);
  const auto halves = elements<Float16>(constant_of(f16));
  ASSERT_EQ(halves.size(), 1u);
  EXPECT_EQ(to_float(halves[0]), 1.0f);
}

TEST(ImportTensor, RawDataOfEveryWidth) {
  EXPECT_THAT(elements<float>(constant_of(raw_tensor<float>("", {1, 2}, {1, 2}))),
              ElementsAre(1, 2));
  EXPECT_THAT(elements<double>(constant_of(raw_tensor<double>("", {1}, {0.1}))), ElementsAre(0.1));
  EXPECT_THAT(elements<int32_t>(constant_of(raw_tensor<int32_t>("", {2}, {-1, 5}))),
              ElementsAre(-1, 5));
  EXPECT_THAT(elements<uint8_t>(constant_of(raw_tensor<uint8_t>("", {3}, {1, 2, 255}))),
              ElementsAre(1, 2, 255));
  auto bits = typed(pb::TensorProto::BOOL, {2});
  bits.set_raw_data(std::string("\x02\x00", 2));
  EXPECT_THAT(elements<bool>(constant_of(bits)), ElementsAre(true, false));
  EXPECT_EQ(constant_of(raw_tensor<float>("", {0, 3}, {})).shape(), (Shape{0, 3}));
}

TEST(ImportTensor, ChecksSizes) {
  const auto error = [](pb::TensorProto tensor) { return load_error(holder(tensor)); };
  EXPECT_THAT(error(raw_tensor<float>("", {3, 4}, {1, 2, 3})),
              HasSubstr("initializer \"w\": has 12 bytes of data, expected 48 for float32[3, 4]"));
  EXPECT_THAT(error(typed(pb::TensorProto::FLOAT, {2})),
              HasSubstr("has 0 elements of data, expected 2"));
  EXPECT_THAT(error(typed(pb::TensorProto::FLOAT, {-1, -2})), HasSubstr("negative extent -1"));
  EXPECT_THAT(error(typed(pb::TensorProto::FLOAT, {int64_t{1} << 32, int64_t{1} << 32})),
              HasSubstr("too large"));
  EXPECT_THAT(error(typed(pb::TensorProto::FLOAT, std::vector<int64_t>(9, 1))),
              HasSubstr("9 dimensions"));
  auto range = typed(pb::TensorProto::UINT8, {1});
  range.add_int32_data(256);
  EXPECT_THAT(error(range), HasSubstr("element 0 is out of range"));
}

TEST(ImportTensor, RefusesOtherTypesByName) {
  const auto error = [](int data_type) { return load_error(holder(typed(data_type, {}))); };
  EXPECT_THAT(error(pb::TensorProto::STRING),
              HasSubstr("initializer \"w\": has the element type string"));
  EXPECT_THAT(error(pb::TensorProto::COMPLEX64), HasSubstr("complex64, which is not supported"));
  EXPECT_THAT(error(99), HasSubstr("#99, which ONNX does not define"));
}

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "octet-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << bytes;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

// What is written into the file after loading is what the constant gives: nothing had been read.
TEST(LoadModel, WeightsStayInTheFile) {
  const TempFolder folder;
  const std::vector<float> before(64, 1), after(64, 2);
  const auto text = [](const std::vector<float>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  };
  ModelBuilder model = holder(raw_tensor<float>("w", {64}, before));
  std::string bytes = model.bytes();
  const std::string path = folder.write("m.onnx", bytes);
  const auto loaded = load_onnx_file(path);
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  const Constant& constant = *loaded->graph.value(loaded->graph.outputs()[0]).constant;
  EXPECT_EQ(elements<float>(constant), before);
  const size_t place = bytes.find(text(before));
  ASSERT_NE(place, std::string::npos);
  bytes.replace(place, text(after).size(), text(after));
  folder.write("m.onnx", bytes);
  EXPECT_EQ(elements<float>(constant), after);
}

TEST(LoadModel, SharesTheOwnersMemoryWhereItIsAligned) {
  // A long output name follows the weights, so that reads past their end stay inside of the buffer.
  ModelBuilder model = holder(raw_tensor<uint8_t>("w", {16}, std::vector<uint8_t>(16, 3)));
  model.input(std::string(100, 'x'), {1});
  auto owner = std::make_shared<std::string>(model.bytes());
  const auto bytes = std::as_bytes(std::span(*owner));
  const auto points_inside = [&](const Result<LoadedModel>& loaded) {
    EXPECT_TRUE(loaded.is_ok()) << loaded.status().message();
    const auto tensor = loaded->graph.value(loaded->graph.outputs()[0]).constant->load();
    return tensor->bytes() >= bytes.data() && tensor->bytes() < bytes.data() + bytes.size();
  };
  EXPECT_TRUE(points_inside(load_onnx_memory(bytes, owner, "")));
  EXPECT_FALSE(points_inside(load_onnx_memory(bytes, nullptr, "")));
}

TEST(LoadModel, ErrorsOfFilesNameThem) {
  EXPECT_EQ(load_onnx_file("/nonexistent/m.onnx").status().code(), StatusCode::kNotFound);
  const TempFolder folder;
  const std::string path = folder.write("m.onnx", "this is not a model");
  const Status status = load_onnx_file(path).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidModel);
  EXPECT_EQ(status.message().find(path + ": byte "), 0u);
  EXPECT_THAT(load_onnx_file(folder.write("e.onnx", "")).status().message(), HasSubstr("is empty"));
}

}  // namespace
}  // namespace octet::test
