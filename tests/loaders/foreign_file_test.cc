// Files that are no ONNX models, given as models: each is called what it is.
#include "loaders/onnx/foreign_file.h"

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

TEST(ForeignFile, IsCalledWhatItIs) {
  const std::string bulk(600, '\0');
  std::string tar = bulk;
  tar.replace(0, 10, "model.onnx").replace(257, 5, "ustar");
  const struct {
    std::string bytes;
    const char* text;
  } cases[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 438\n", "git lfs pull"},
      {"\x1f\x8b\x08\0\0"s + bulk, "is a gzip file"},
      {"PK\x03\x04\x14\0"s + bulk, "is a zip archive"},
      {"\n <!DOCTYPE html>\n<html>", "is an HTML page"},
      {"\xef\xbb\xbf<HTML lang=en>", "is an HTML page"},
      {"<?xml version=\"1.0\"?><net>", "is an XML file"},
      {"\x1c\0\0\0TFL3"s + bulk, "is a TensorFlow Lite model"},
      {"\xfd\x37zXZ\0"s + bulk, "is an xz file"},
      {"\x28\xb5\x2f\xfd"s + bulk, "is a zstd file"},
      {"\x89HDF\r\n\x1a\n" + bulk, "is an HDF5 file"},
      {"GGUF\x03" + bulk, "is a GGUF file"},
      {tar, "is a tar archive"},
  };
  for (const auto& [bytes, text] : cases) {
    const auto loaded = load_bytes(bytes);
    ASSERT_FALSE(loaded.is_ok()) << text;
    EXPECT_EQ(loaded.status().code(), StatusCode::kInvalidModel);
    EXPECT_THAT(loaded.status().message(), HasSubstr(text));
  }
}

TEST(ForeignFile, OthersAreDamaged) {
  for (const std::string& bytes : {"garbage"s, "\xff\xff\xff"s, "<"s, "P"s, std::string(3, '\0')}) {
    const auto loaded = load_bytes(bytes);
    ASSERT_FALSE(loaded.is_ok());
    EXPECT_EQ(loaded.status().message().find("is a "), std::string::npos)
        << loaded.status().message();
  }
}

}  // namespace
}  // namespace octet::test
