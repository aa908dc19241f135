// External data and its confinement to the model's folder.
#include "loaders/onnx/external_data.h"

#include <filesystem>
#include <fstream>

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class ExternalDataTest : public ::testing::Test {
 protected:
  ExternalDataTest() {
    std::string pattern = (fs::temp_directory_path() / "octet-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directories(root_ / "model/sub");
    const float values[] = {1, 2, 3, 4};
    for (const char* name : {"model/w.bin", "model/sub/w.bin", "outside.bin"})
      std::ofstream(root_ / name, std::ios::binary)
          .write(reinterpret_cast<const char*>(values), sizeof values);
  }
  ~ExternalDataTest() override { fs::remove_all(root_); }

  // A model of one external initializer of two floats, as a file.
  std::string model(std::vector<std::pair<std::string, std::string>> entries,
                    const std::string& name = "model/m.onnx") {
    ModelBuilder model;
    auto& tensor = *model.graph().add_initializer();
    tensor.set_name("w");
    tensor.set_data_type(kFloat);
    tensor.add_dims(2);
    tensor.set_data_location(pb::TensorProto::EXTERNAL);
    for (const auto& [key, value] : entries) {
      auto& entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
    model.output("w");
    std::ofstream(root_ / name, std::ios::binary) << model.bytes();
    return (root_ / name).string();
  }
  std::string error(std::vector<std::pair<std::string, std::string>> entries) {
    const auto result = load_onnx_file(model(std::move(entries)));
    EXPECT_FALSE(result.is_ok());
    return result.status().message();
  }
  static std::vector<float> weights(const Result<LoadedModel>& loaded) {
    EXPECT_TRUE(loaded.is_ok()) << loaded.status().message();
    if (!loaded.is_ok()) return {};
    return elements<float>(*loaded->graph.value(loaded->graph.outputs()[0]).constant);
  }

  fs::path root_;
};

TEST_F(ExternalDataTest, ReadsRanges) {
  EXPECT_THAT(weights(load_onnx_file(model({{"location", "w.bin"}}))), ElementsAre(1, 2));
  EXPECT_THAT(
      weights(load_onnx_file(model({{"location", "sub/w.bin"}, {"offset", "8"}, {"length", "8"}}))),
      ElementsAre(3, 4));
}

// Writers that don't know it leave the length out or write 0.
TEST_F(ExternalDataTest, ALengthThatSaysNothingFollowsFromTheType) {
  EXPECT_THAT(weights(load_onnx_file(model({{"location", "w.bin"}, {"length", "0"}}))),
              ElementsAre(1, 2));
  EXPECT_THAT(
      weights(load_onnx_file(model({{"location", "w.bin"}, {"offset", "8"}, {"length", "0"}}))),
      ElementsAre(3, 4));
  EXPECT_THAT(error({{"location", "w.bin"}, {"offset", "12"}, {"length", "0"}}),
              HasSubstr("8 bytes are expected from there"));
}

// Each tensor may be held by itself, so that a small file must not stand for many large ones.
TEST_F(ExternalDataTest, CountsEveryTensorOfARange) {
  ModelBuilder builder;
  for (int i = 0; i < 100; ++i) {
    auto& tensor = *builder.graph().add_initializer();
    tensor.set_name("w" + std::to_string(i));
    tensor.set_data_type(kFloat);
    tensor.add_dims(4);
    tensor.set_data_location(pb::TensorProto::EXTERNAL);
    auto& location = *tensor.add_external_data();
    location.set_key("location");
    location.set_value("w.bin");
  }
  builder.output("w0");
  const std::string path = (root_ / "model/many.onnx").string();
  std::ofstream(path, std::ios::binary) << builder.bytes();
  const uint64_t size = fs::file_size(path);
  EXPECT_TRUE(load_onnx_file(path, {.max_model_bytes = size + 100 * 16}).is_ok());
  const Status status = load_onnx_file(path, {.max_model_bytes = size + 100 * 16 - 1}).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("raise max_model_bytes"));
}

TEST_F(ExternalDataTest, StaysInTheModelsFolder) {
  EXPECT_THAT(error({{"location", "../outside.bin"}}), HasSubstr("must be a relative path inside"));
  EXPECT_THAT(error({{"location", "sub/../../outside.bin"}}),
              HasSubstr("must be a relative path inside"));
  EXPECT_THAT(error({{"location", "sub\\..\\..\\outside.bin"}}),
              HasSubstr("must be a relative path inside"));
  EXPECT_THAT(error({{"location", (root_ / "model/w.bin").string()}}),
              HasSubstr("must be a relative path inside"));
  EXPECT_THAT(error({{"location", ""}}), HasSubstr("must be a relative path inside"));
  EXPECT_THAT(error({{"offset", "0"}}), HasSubstr("must be a relative path inside"));
  fs::create_symlink(root_ / "outside.bin", root_ / "model/link.bin");
  EXPECT_THAT(error({{"location", "link.bin"}}), HasSubstr("symbolic link leads out"));
  fs::create_directory_symlink(root_, root_ / "model/up");
  EXPECT_THAT(error({{"location", "up/outside.bin"}}), HasSubstr("symbolic link leads out"));
  fs::create_symlink("sub/w.bin", root_ / "model/inner.bin");
  EXPECT_THAT(weights(load_onnx_file(model({{"location", "inner.bin"}}))), ElementsAre(1, 2));
}

// A download cache keeps the files elsewhere, together, and links to both.
TEST_F(ExternalDataTest, FollowsAModelThatIsALinkItself) {
  fs::create_directories(root_ / "blobs");
  model({{"location", "m.bin"}}, "blobs/a");
  fs::rename(root_ / "model/w.bin", root_ / "blobs/b");
  fs::create_symlink("../blobs/a", root_ / "model/m.onnx");
  fs::create_symlink("../blobs/b", root_ / "model/m.bin");
  EXPECT_THAT(weights(load_onnx_file((root_ / "model/m.onnx").string())), ElementsAre(1, 2));
}

TEST_F(ExternalDataTest, ChecksRanges) {
  EXPECT_THAT(error({{"location", "w.bin"}, {"length", "4"}}),
              HasSubstr("external data \"w.bin\": length is 4, expected 8 bytes for float32[2]"));
  EXPECT_THAT(error({{"location", "w.bin"}, {"offset", "12"}}),
              HasSubstr("external data \"w.bin\": offset is 12 and 8 bytes are expected from there "
                        "for float32[2], but the file has 16"));
  EXPECT_THAT(error({{"location", "w.bin"}, {"offset", "18446744073709551615"}}),
              HasSubstr("8 bytes are expected from there"));
  EXPECT_THAT(error({{"location", "w.bin"}, {"offset", "-4"}}),
              HasSubstr("external data \"w.bin\": offset is \"-4\""));
  EXPECT_THAT(error({{"location", "w.bin"}, {"length", "8 bytes"}}),
              HasSubstr("external data \"w.bin\": length is \"8 bytes\""));
  EXPECT_THAT(error({{"location", "nowhere.bin"}}), HasSubstr("\"nowhere.bin\" does not exist"));
  EXPECT_THAT(error({{"location", "sub"}}), HasSubstr("is not a regular file"));
  const std::string path = model({{"location", "w.bin"}});
  EXPECT_EQ(load_onnx_file(path, {.max_model_bytes = fs::file_size(path) + 15}).status().code(),
            StatusCode::kResourceExhausted);
}

TEST_F(ExternalDataTest, ModelsInMemoryNeedAFolder) {
  std::ifstream file(model({{"location", "w.bin"}}), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const auto memory = std::as_bytes(std::span(bytes));
  EXPECT_THAT(load_onnx_memory(memory, nullptr, "").status().message(),
              HasSubstr("loaded without a folder"));
  EXPECT_THAT(weights(load_onnx_memory(memory, nullptr, (root_ / "model").string())),
              ElementsAre(1, 2));
}

}  // namespace
}  // namespace octet::test
