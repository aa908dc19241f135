// Reading of test tensors, sequences and optionals.
#include "loaders/onnx/read_tensor.h"

#include "loaders/onnx/import_tensor.h"
#include "loaders/onnx/names.h"
#include "loaders/onnx/parse_message.h"
#include "runtime/core/text.h"

namespace octet {
namespace {

Result<ByteSource> open_source(const std::string& path, const Limits& limits) {
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, File::open(path));
  if (file->size() > limits.max_model_bytes)
    return resource_exhausted("has " + std::to_string(file->size()) + " bytes, at most " +
                              std::to_string(limits.max_model_bytes) + " are allowed");
  return ByteSource(std::move(file));
}

TensorStore make_store(const std::string& path, const ByteSource& source, std::vector<RawData> raw,
                       const Limits& limits) {
  return {source, std::move(raw), ExternalData(folders_of(path), source.size(), limits), limits};
}

Status check_name(const std::string& name) {
  return is_utf8(name) ? Status::ok() : invalid_model("its name is not UTF-8");
}

Result<Tensor> load(const pb::TensorProto& proto, TensorStore& store) {
  OCTET_ASSIGN_OR_RETURN(const Constant constant, import_tensor(proto, store));
  return constant.load();
}

Result<NamedTensor> read_tensor(const std::string& path, const Limits& limits) {
  OCTET_ASSIGN_OR_RETURN(const ByteSource source, open_source(path, limits));
  OCTET_ASSIGN_OR_RETURN(ParsedTensor parsed, parse_tensor(source, limits));
  OCTET_RETURN_IF_ERROR(check_name(parsed.tensor.name()));
  // A SequenceProto or OptionalProto parses as a TensorProto too: field 3 of theirs is a segment
  // here.
  if (parsed.tensor.has_segment())
    return unsupported(
        "is not a plain tensor; sequences, optionals and segments are not supported");
  TensorStore store = make_store(path, source, std::move(parsed.raw), limits);
  OCTET_ASSIGN_OR_RETURN(Tensor tensor, load(parsed.tensor, store));
  return NamedTensor{parsed.tensor.name(), std::move(tensor)};
}

Result<HeldValue> load(const pb::SequenceProto& proto, TensorStore& store) {
  std::vector<HeldValue> elements;
  for (const pb::TensorProto& element : proto.tensor_values()) {
    auto tensor = load(element, store);
    if (!tensor.is_ok())
      return tensor.status().with_prefix("element " + std::to_string(elements.size()));
    elements.push_back(HeldValue::of_tensor(std::move(tensor).value()));
  }
  if (elements.empty() && proto.elem_type() > pb::SequenceProto::TENSOR)
    return unsupported("is a sequence of something else than tensors, which is not supported");
  return HeldValue::of_sequence(std::move(elements));
}

Result<NamedValue> read_value(const std::string& path, HeldKind kind, const Limits& limits) {
  if (kind == HeldKind::kTensor) {
    OCTET_ASSIGN_OR_RETURN(NamedTensor read, read_tensor(path, limits));
    return NamedValue{std::move(read.name), HeldValue::of_tensor(std::move(read.tensor))};
  }
  OCTET_ASSIGN_OR_RETURN(const ByteSource source, open_source(path, limits));
  NamedValue read;
  if (kind == HeldKind::kSequence) {
    OCTET_ASSIGN_OR_RETURN(ParsedSequence parsed, parse_sequence(source, limits));
    TensorStore store = make_store(path, source, std::move(parsed.raw), limits);
    read.name = parsed.sequence.name();
    OCTET_ASSIGN_OR_RETURN(read.value, load(parsed.sequence, store));
  } else {
    OCTET_ASSIGN_OR_RETURN(ParsedOptional parsed, parse_optional(source, limits));
    TensorStore store = make_store(path, source, std::move(parsed.raw), limits);
    read.name = parsed.optional.name();
    if (parsed.optional.has_sequence_value()) {
      OCTET_ASSIGN_OR_RETURN(read.value, load(parsed.optional.sequence_value(), store));
    } else if (parsed.optional.has_tensor_value()) {
      OCTET_ASSIGN_OR_RETURN(Tensor tensor, load(parsed.optional.tensor_value(), store));
      read.value = HeldValue::of_tensor(std::move(tensor));
    } else if (parsed.optional.elem_type() > pb::OptionalProto::SEQUENCE) {
      return unsupported("is an optional of a map, which is not supported");
    }
  }
  OCTET_RETURN_IF_ERROR(check_name(read.name));
  return read;
}

// With the path in front, once.
template <class T>
Result<T> located(const std::string& path, Result<T> result) {
  if (result.is_ok() || result.status().message().starts_with(path + ": ")) return result;
  return result.status().with_prefix(path);
}

}  // namespace

Result<NamedTensor> read_tensor_file(const std::string& path, const Limits& limits) {
  return located(path, read_tensor(path, limits));
}

Result<NamedValue> read_value_file(const std::string& path, HeldKind kind, const Limits& limits) {
  return located(path, read_value(path, kind, limits));
}

}  // namespace octet
