// Reading of test tensors.
#include "loaders/onnx/read_tensor.h"

#include "loaders/onnx/import_tensor.h"
#include "loaders/onnx/names.h"
#include "loaders/onnx/parse_message.h"
#include "runtime/core/text.h"

namespace octet {
namespace {

Result<NamedTensor> read_tensor(const std::string& path, const Limits& limits) {
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, File::open(path));
  if (file->size() > limits.max_model_bytes)
    return resource_exhausted("has " + std::to_string(file->size()) + " bytes, at most " +
                              std::to_string(limits.max_model_bytes) + " are allowed");
  ByteSource source(file);
  OCTET_ASSIGN_OR_RETURN(ParsedTensor parsed, parse_tensor(source, limits));
  if (!is_utf8(parsed.tensor.name())) return invalid_model("its name is not UTF-8");
  // A SequenceProto or OptionalProto parses as a TensorProto too: field 3 of theirs is a segment
  // here.
  if (parsed.tensor.has_segment())
    return unsupported(
        "is not a plain tensor; sequences, optionals and segments are not supported");
  TensorStore store{source, std::move(parsed.raw),
                    ExternalData(folders_of(path), file->size(), limits), limits};
  OCTET_ASSIGN_OR_RETURN(const Constant constant, import_tensor(parsed.tensor, store));
  OCTET_ASSIGN_OR_RETURN(Tensor tensor, constant.load());
  return NamedTensor{parsed.tensor.name(), std::move(tensor)};
}

}  // namespace

Result<NamedTensor> read_tensor_file(const std::string& path, const Limits& limits) {
  Result<NamedTensor> result = read_tensor(path, limits);
  if (result.is_ok() || result.status().message().starts_with(path + ": ")) return result;
  return result.status().with_prefix(path);
}

}  // namespace octet
