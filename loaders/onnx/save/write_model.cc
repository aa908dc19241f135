// Decides on external data, then writes the bytes in order.
#include "loaders/onnx/save/write_model.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>

#include "loaders/onnx/parse_message.h"
#include "loaders/onnx/save/expand_raw.h"
#include "runtime/core/atomic_file.h"

namespace octet {
namespace {

constexpr uint64_t kMostProtobuf = std::numeric_limits<int32_t>::max();
constexpr uint64_t kLeastExternal = 1024;  // bytes of a tensor, as onnx.save has it
constexpr uint64_t kPage = 4096;           // so that a reader may map a large tensor

Status refuse_sources(const std::string& path, const EditedModel& model) {
  for (const FileIdentity& file : model.files)
    if (is_same_file(path, file))
      return invalid_argument(path +
                              " is a file that the model was loaded from, by this name or by "
                              "another; save under a new name");
  return Status::ok();
}

// A name for the data's file that nothing has: FILE.data, or FILE.data2 and so on. A model that is
// replaced has its own data until the moment that it is.
std::string data_name(const std::string& target) {
  std::string name = target + ".data";
  std::error_code error;
  for (int i = 2; std::filesystem::exists(std::filesystem::symlink_status(name, error)); ++i)
    name = target + ".data" + std::to_string(i);
  return name;
}

// Files with such names that the model at `target`, if there is one, has its data in.
std::vector<std::string> old_data(const std::string& target) {
  const auto file = File::open(target);
  if (!file.is_ok()) return {};
  const auto parsed = parse_model(ByteSource(*file), Limits());
  if (!parsed.is_ok()) return {};
  const std::filesystem::path path(target);
  const std::string own = path.filename().string() + ".data";
  std::set<std::string> found;
  for (const auto& tensor : parsed->model.graph().initializer())
    for (const auto& entry : tensor.external_data()) {
      const std::string_view name = entry.value();
      if (entry.key() == "location" && name.starts_with(own) &&
          name.substr(own.size()).find_first_not_of("0123456789") == std::string_view::npos)
        found.insert((path.parent_path() / name).string());
    }
  return {found.begin(), found.end()};
}

// Initializers of all graphs with enough data.
std::vector<pb::TensorProto*> large_initializers(EditedModel& model) {
  std::vector<pb::TensorProto*> found;
  for_each_graph(*model.proto.mutable_graph(), [&](pb::GraphProto& graph) {
    for (auto& tensor : *graph.mutable_initializer())
      if (tensor.has_raw_data() &&
          model.data[static_cast<size_t>(raw_index(tensor.raw_data()))].size >= kLeastExternal)
        found.push_back(&tensor);
  });
  return found;
}

void add_entry(pb::TensorProto& tensor, const char* key, const std::string& value) {
  auto& entry = *tensor.add_external_data();
  entry.set_key(key);
  entry.set_value(value);
}

Status write_external(EditedModel& model, const std::string& name, AtomicFile& file) {
  const auto sink = [&](std::span<const std::byte> bytes) { return file.write(bytes); };
  for (pb::TensorProto* tensor : large_initializers(model)) {
    const TensorData& data = model.data[static_cast<size_t>(raw_index(tensor->raw_data()))];
    OCTET_RETURN_IF_ERROR(file.align(kPage));
    const uint64_t offset = file.position();
    OCTET_RETURN_IF_ERROR(data.write(sink));
    assert(file.position() - offset == data.size);
    tensor->clear_raw_data();
    tensor->set_data_location(pb::TensorProto::EXTERNAL);
    add_entry(*tensor, "location", name);
    add_entry(*tensor, "offset", std::to_string(offset));
    add_entry(*tensor, "length", std::to_string(data.size));
  }
  return file.sync();
}

Status write_message(const ExpandedModel& message, AtomicFile& file) {
  const auto sink = [&](std::span<const std::byte> bytes) { return file.write(bytes); };
  for (const MessagePiece& piece : message.pieces) {
    OCTET_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(piece.bytes))));
    if (piece.data != nullptr) OCTET_RETURN_IF_ERROR(piece.data->write(sink));
  }
  assert(file.position() == message.size);
  return file.sync();
}

// The bytes that the file would have with all data inside.
Result<uint64_t> size_inside(const EditedModel& model) {
  OCTET_ASSIGN_OR_RETURN(const std::string bytes, serialize_model(model.proto));
  OCTET_ASSIGN_OR_RETURN(const ExpandedModel message, expand_raw_data(bytes, model.data));
  return message.size;
}

}  // namespace

Status write_model(EditedModel& model, const std::string& path, DataPlacement placement) {
  OCTET_RETURN_IF_ERROR(refuse_sources(path, model));
  OCTET_ASSIGN_OR_RETURN(const uint64_t size, size_inside(model));
  if (placement == DataPlacement::kInside && size > kMostProtobuf)
    return unsupported(path + ": the model has " + std::to_string(size) +
                       " bytes, and a file of protobuf at most " + std::to_string(kMostProtobuf) +
                       "; let its data go beside it");
  const bool beside = placement == DataPlacement::kBeside || size > kMostProtobuf ||
                      (placement == DataPlacement::kAsSource && model.has_external_data);
  OCTET_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path));
  const std::string target = follow_links(path);
  const std::vector<std::string> replaced = old_data(target);
  std::optional<AtomicFile> data;
  if (beside) {
    const std::string name = data_name(target);
    OCTET_ASSIGN_OR_RETURN(data, AtomicFile::create(name));
    OCTET_RETURN_IF_ERROR(
        write_external(model, std::filesystem::path(name).filename().string(), *data));
  }
  OCTET_ASSIGN_OR_RETURN(const std::string bytes, serialize_model(model.proto));
  OCTET_ASSIGN_OR_RETURN(const ExpandedModel message, expand_raw_data(bytes, model.data));
  OCTET_RETURN_IF_ERROR(write_message(message, file));
  if (data) OCTET_RETURN_IF_ERROR(data->commit());
  OCTET_RETURN_IF_ERROR(file.commit());
  for (const std::string& name : replaced)
    if (refuse_sources(name, model).is_ok()) ::unlink(name.c_str());
  return Status::ok();
}

}  // namespace octet
