// Files of the ONNX test layout.
#include "loaders/onnx/read_tensor.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReadTensorTest : public ::testing::Test {
 protected:
  ~ReadTensorTest() override { std::filesystem::remove(path_); }
  Result<NamedTensor> read(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return read_tensor_file(path_);
  }
  // One process per test, so its number makes the name unique.
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("octet-" + std::to_string(::getpid()) + ".pb"))
          .string();
};

TEST_F(ReadTensorTest, GivesNameAndElements) {
  const auto result = read(raw_tensor<int64_t>("ids", {2, 1}, {7, -8}).SerializeAsString());
  ASSERT_TRUE(result.is_ok()) << result.status().message();
  EXPECT_EQ(result->name, "ids");
  EXPECT_EQ(result->tensor.shape(), (Shape{2, 1}));
  EXPECT_THAT(result->tensor.elements<const int64_t>(), ElementsAre(7, -8));
}

TEST_F(ReadTensorTest, RefusesWhatIsNoTensor) {
  // A SequenceProto: name (1), elem_type (2), tensor_values (3).
  const std::string sequence = std::string("\x0a\x01s\x10\x01\x1a\x00", 7);
  const Status status = read(sequence).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_EQ(status.message().find(path_ + ": is not a plain tensor"), 0u);
  EXPECT_THAT(read("").status().message(), HasSubstr("#0, which ONNX does not define"));
  EXPECT_THAT(read(raw_tensor<float>("x", {2}, {1}).SerializeAsString()).status().message(),
              HasSubstr("has 4 bytes of data, expected 8 for float32[2]"));
  std::string cut = raw_tensor<float>("x", {1}, {1}).SerializeAsString();
  cut.pop_back();
  EXPECT_EQ(read(cut).status().code(), StatusCode::kInvalidModel);
  EXPECT_EQ(read_tensor_file("/nonexistent.pb").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace octet::test
