// Saving models and loading them again.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "loaders/onnx/parse_message.h"
#include "runtime/api/save_model.h"
#include "tests/loaders/model_builder.h"
#include "tests/support/tensors.h"

namespace octet::test {

// A folder of one test, gone with it.
class SaveTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("octet_save_") + info->name() + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    auto engine = Engine::create({.threads = 2});
    ASSERT_TRUE(engine.is_ok()) << engine.status().message();
    engine_ = *engine;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(file(name), std::ios::binary) << bytes;
    return file(name);
  }

  std::shared_ptr<const Model> load(const std::string& path, const LoadOptions& options = {}) {
    auto model = Model::load(engine_, path, options);
    EXPECT_TRUE(model.is_ok()) << model.status().message();
    return model.is_ok() ? *model : nullptr;
  }
  // The builder's model as a file that was loaded.
  std::shared_ptr<const Model> load(const ModelBuilder& builder, const LoadOptions& options = {}) {
    return load(write("source.onnx", builder.bytes()), options);
  }
  void save(const Model& model, const std::string& path, SaveRequest request = {}) {
    request.version = "test";
    const Status status = save_model(model, path, request);
    EXPECT_TRUE(status.is_ok()) << status.message();
  }
  // As it is after saving and loading.
  std::shared_ptr<const Model> again(const Model& model, SaveRequest request = {},
                                     const LoadOptions& options = {}) {
    save(model, file("saved.onnx"), request);
    return load(file("saved.onnx"), options);
  }
  static std::string save_error(const Model& model, const std::string& path,
                                const SaveRequest& request = {}) {
    const Status status = save_model(model, path, request);
    return status.is_ok() ? "no error" : status.message();
  }

  std::filesystem::path folder_;
  std::shared_ptr<Engine> engine_;
};

inline LoadOptions scheme(const std::string& name, bool smooth = true) {
  LoadOptions options;
  options.quantization.standard = scheme_named(name).value();
  options.smooth_from_norm = smooth;
  return options;
}

inline bool same_bits(const Tensor& lhs, const Tensor& rhs) {
  return lhs.dtype() == rhs.dtype() && lhs.shape() == rhs.shape() &&
         std::memcmp(lhs.bytes(), rhs.bytes(), lhs.byte_count()) == 0;
}
inline bool same_bits(const std::optional<Tensor>& lhs, const std::optional<Tensor>& rhs) {
  return lhs.has_value() == rhs.has_value() && (!lhs || same_bits(*lhs, *rhs));
}
inline void expect_same_weights(const QuantizedTensor& before, const QuantizedTensor& after) {
  EXPECT_TRUE(same_bits(before.int_data, after.int_data));
  EXPECT_TRUE(same_bits(before.scale, after.scale));
  EXPECT_TRUE(same_bits(before.zero_point, after.zero_point));
  EXPECT_TRUE(same_bits(before.smoothing, after.smoothing));
  EXPECT_EQ(before.granularity, after.granularity);
  EXPECT_EQ(before.block_size, after.block_size);
  EXPECT_EQ(before.bits, after.bits);
}
// Every quantized layer is there again by its name, with the same parts and scheme.
inline void expect_same_layers(const Model& before, const Model& after) {
  ASSERT_EQ(before.layers().size(), after.layers().size());
  for (int i = 0; i < static_cast<int>(before.layers().size()); ++i) {
    SCOPED_TRACE(before.layer(i).name);
    const auto found = after.find_layer(before.layer(i).name);
    ASSERT_TRUE(found.is_ok()) << found.status().message();
    if (before.record(i).components == nullptr) continue;
    EXPECT_EQ(before.scheme(i).name(), after.scheme(*found).name());
    const auto weights = after.weights(*found);
    ASSERT_TRUE(weights.is_ok()) << weights.status().message();
    expect_same_weights(*before.weights(i), *weights);
  }
}

// The first output as numbers.
inline std::vector<float> run(const Model& model, const std::vector<Tensor>& tensors) {
  const auto session = model.make_session();
  std::vector<TensorView> inputs, outputs(model.program()->outputs.size());
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  const Status status = session->run(inputs, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  if (!status.is_ok()) return {};
  const float* first = outputs[0].as<float>();
  return {first, first + outputs[0].element_count()};
}
inline double largest_difference(const std::vector<float>& lhs, const std::vector<float>& rhs) {
  EXPECT_EQ(lhs.size(), rhs.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(lhs.size(), rhs.size()); ++i)
    largest = std::max(largest, std::abs(double{lhs[i]} - double{rhs[i]}));
  return largest;
}

// The file as protobuf, raw data as indices.
inline pb::ModelProto read_proto(const std::string& path) {
  auto source = File::open(path);
  EXPECT_TRUE(source.is_ok()) << path;
  auto parsed = parse_model(ByteSource(*source), Limits(), WireKeep::kAll);
  EXPECT_TRUE(parsed.is_ok()) << parsed.status().message();
  return parsed.is_ok() ? parsed->model : pb::ModelProto();
}
// "Gemm Relu DynamicLinear": the ops in order.
inline std::string ops_of(const pb::GraphProto& graph) {
  std::string text;
  for (const auto& node : graph.node()) text += (text.empty() ? "" : " ") + node.op_type();
  return text;
}
inline std::string metadata(const pb::ModelProto& model, const std::string& key) {
  for (const auto& entry : model.metadata_props())
    if (entry.key() == key) return entry.value();
  return "";
}

}  // namespace octet::test
