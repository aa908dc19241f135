// The first bytes of files that people mistake for models.
#include "loaders/onnx/foreign_file.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace octet {
namespace {

using namespace std::string_view_literals;

struct Kind {
  size_t at;
  std::string_view bytes;
  const char* what;
};
constexpr Kind kKinds[] = {
    {0, "version https://git-lfs.github.com/spec/"sv,
     "is a git-lfs pointer, which stands for the model; fetch the model with \"git lfs pull\""},
    {0, "\x1f\x8b"sv, "is a gzip file; unpack it first"},
    {0, "PK\x03\x04"sv, "is a zip archive (PyTorch saves such files too); give the .onnx file"},
    {0, "BZh"sv, "is a bzip2 file; unpack it first"},
    {0, "\xfd\x37zXZ\0"sv, "is an xz file; unpack it first"},
    {0, "\x28\xb5\x2f\xfd"sv, "is a zstd file; unpack it first"},
    {257, "ustar"sv, "is a tar archive; unpack it and give the .onnx file"},
    {0, "\x89HDF\r\n"sv, "is an HDF5 file (Keras); export the model to ONNX"},
    {0, "GGUF"sv, "is a GGUF file (llama.cpp), not an ONNX model"},
    {4, "TFL3"sv, "is a TensorFlow Lite model; export the model to ONNX"},
    {4, "ORTM"sv, "is a model in ONNX Runtime's own format; give the .onnx file it was made from"},
    {8, "{\""sv, "is a safetensors file: weights without a model; export the model to ONNX"},
    {0, "\x93NUMPY"sv, "is a NumPy array, not a model"},
};
// Texts, after white space and whatever their case.
constexpr Kind kTexts[] = {
    {0, "<!doctype html"sv, "is an HTML page, not a model; the download gave a page about it"},
    {0, "<html"sv, "is an HTML page, not a model; the download gave a page about it"},
    {0, "<?xml"sv, "is an XML file (OpenVINO's models are); give the .onnx file"},
    {0, "{"sv, "is a JSON file, not a model"},
};

template <size_t N>
const char* find(const Kind (&kinds)[N], std::string_view start) {
  for (const Kind& kind : kinds)
    if (start.size() > kind.at && start.substr(kind.at).starts_with(kind.bytes)) return kind.what;
  return "";
}

}  // namespace

std::string describe_foreign_file(const ByteSource& source) {
  constexpr uint64_t kLooked = 512;
  std::string start(std::min(source.size(), kLooked), '\0');
  if (!source.read(0, std::as_writable_bytes(std::span(start))).is_ok()) return "";
  const std::string what = find(kKinds, start);
  if (!what.empty()) return what;
  if (start.starts_with("\xef\xbb\xbf")) start.erase(0, 3);  // a byte order mark
  start.erase(0, start.find_first_not_of(" \t\r\n"));
  for (char& c : start) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return find(kTexts, start);
}

}  // namespace octet
