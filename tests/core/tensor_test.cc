// Shapes, strides, tensors and constants.
#include "runtime/core/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runtime/core/constant.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Shape, StridesAreRowMajor) {
  EXPECT_EQ(contiguous_strides({2, 3, 4}), (Strides{12, 4, 1}));
  EXPECT_EQ(to_string(Shape{2, 3}), "2x3");
  EXPECT_EQ(to_string(Shape{}), "scalar");
  EXPECT_EQ(Shape{}.element_count(), 1);
  EXPECT_EQ((Shape{4, 0, 2}).element_count(), 0);
}

TEST(Shape, ContiguityIgnoresExtentsOfOneAndEmptyTensors) {
  EXPECT_TRUE(is_contiguous({2, 1, 4}, {4, 99, 1}));
  EXPECT_FALSE(is_contiguous({2, 3}, {1, 2}));
  EXPECT_FALSE(is_contiguous({2, 3}, {4, 1}));
  EXPECT_TRUE(is_contiguous({2, 0}, {7, 7}));
}

TEST(Tensor, IsZeroedAlignedAndShared) {
  Tensor tensor(DType::kF32, {3, 5});
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes()) % 64, 0u);
  EXPECT_EQ(tensor.byte_count(), 60u);
  for (float value : tensor.elements<const float>()) EXPECT_EQ(value, 0.0f);
  const Tensor copy = tensor;
  tensor.elements<float>()[7] = 2;
  EXPECT_EQ(copy.elements<const float>()[7], 2);
}

TEST(Tensor, KeepsTheOwnerOfBorrowedMemoryAlive) {
  auto memory = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4});
  std::weak_ptr<void> watch = memory;
  {
    float* data = memory->data();
    const Tensor tensor(std::move(memory), contiguous_view(data, DType::kF32, {2, 2}));
    EXPECT_FALSE(watch.expired());
    EXPECT_THAT(tensor.elements<const float>(), ElementsAre(1, 2, 3, 4));
  }
  EXPECT_TRUE(watch.expired());
}

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "octet_constant_test_" + std::to_string(::getpid());
    std::ofstream(path_, std::ios::binary) << "headwxyz1234";
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_;
};

TEST_F(FileTest, ReadsAConstantFromItsRange) {
  auto file = File::open(path_);
  ASSERT_TRUE(file.is_ok());
  EXPECT_EQ((*file)->size(), 12u);
  const Constant constant(DType::kU8, {2, 2}, FileRange{*file, 4, 4});
  EXPECT_EQ(constant.byte_count(), 4u);
  auto tensor = constant.load();
  ASSERT_TRUE(tensor.is_ok());
  EXPECT_THAT(tensor->elements<const uint8_t>(), ElementsAre('w', 'x', 'y', 'z'));
}

TEST_F(FileTest, AFileThatShrankIsAnError) {
  auto file = File::open(path_);
  ASSERT_TRUE(file.is_ok());
  std::filesystem::resize_file(path_, 6);
  const Constant constant(DType::kU8, {4}, FileRange{*file, 4, 4});
  auto tensor = constant.load();
  ASSERT_FALSE(tensor.is_ok());
  EXPECT_EQ(tensor.status().code(), StatusCode::kIoError);
  EXPECT_THAT(tensor.status().message(), HasSubstr("ends at byte 6, but 8 were there"));
}

TEST(File, MissingFilesAndFoldersAreNamed) {
  auto missing = File::open("no/such/file");
  ASSERT_FALSE(missing.is_ok());
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  auto folder = File::open(".");
  ASSERT_FALSE(folder.is_ok());
  EXPECT_THAT(folder.status().message(), HasSubstr("is not a regular file"));
}

}  // namespace
}  // namespace octet
