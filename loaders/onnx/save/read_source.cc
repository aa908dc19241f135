// Reads the source a second time and makes sure that it is the same.
#include <charconv>
#include <optional>
#include <set>

#include "loaders/onnx/element_type.h"
#include "loaders/onnx/external_data.h"
#include "loaders/onnx/inline_functions.h"
#include "loaders/onnx/names.h"
#include "loaders/onnx/parse_message.h"
#include "loaders/onnx/save/edited_model.h"
#include "runtime/core/sha256.h"

namespace octet {
namespace {

Status changed(const std::string& what) {
  return invalid_argument(what +
                          " has changed since the model was loaded; load it again before it is "
                          "saved");
}

Result<ByteSource> open_source(const ModelSource& source, std::span<const std::byte> memory,
                               EditedModel& model) {
  if (source.path.empty()) {
    if (memory.empty())
      return invalid_argument(
          "the model was loaded from memory, which Octet does not keep: give the same bytes as "
          "octet_save_options.source");
    if (memory.size() != source.size || digest_of(memory) != source.digest)
      return invalid_argument(
          "octet_save_options.source: these are not the bytes that the model was loaded from");
    return ByteSource(memory, nullptr);
  }
  if (!memory.empty())
    return invalid_argument("octet_save_options.source is given, but the model was loaded from " +
                            source.path + "; leave it out");
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, File::open(source.path));
  if (!is_unchanged(source.file, file->identity())) return changed(source.path);
  model.files.push_back(file->identity());
  return ByteSource(std::move(file));
}

Result<std::string> hash_of(const ByteSource& source) {
  Sha256 hash;
  OCTET_RETURN_IF_ERROR(
      data_of_source(source, 0, source.size()).write([&](std::span<const std::byte> bytes) {
        hash.update(bytes);
        return Status::ok();
      }));
  return hash.finish();
}

std::optional<uint64_t> number(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Place {
  std::string location;
  uint64_t offset = 0, length = 0;
};

// What type and extents say.
Result<uint64_t> byte_count(const pb::TensorProto& tensor, const std::string& where) {
  const std::optional<DType> dtype = dtype_of_onnx(tensor.data_type());
  uint64_t bits = dtype ? static_cast<uint64_t>(dtype_bits(*dtype)) : 0;
  bool fits = bits > 0;
  for (const int64_t dim : tensor.dims())
    fits = fits && dim >= 0 && !__builtin_mul_overflow(bits, static_cast<uint64_t>(dim), &bits);
  if (!fits)
    return unsupported(where + ": it has no length, and type and extents of the tensor do not " +
                       "tell it");
  return (bits + 7) / 8;
}

// Tensors whose data are in other files. What a load has checked is not checked again, but tensors
// that it did not read may say anything.
class ExternalTensors {
 public:
  ExternalTensors(const ModelSource& source, const Limits& limits, EditedModel& model)
      : source_(source),
        files_(source.path.empty() ? std::vector<std::string>() : folders_of(source.path), 0,
               limits),
        model_(model) {}

  Status take(pb::TensorProto& tensor) {
    if (tensor.data_location() != pb::TensorProto::EXTERNAL) return Status::ok();
    model_.has_external_data = true;
    const std::string where = "external data of " + quoted(tensor.name());
    Place place;
    for (const auto& entry : tensor.external_data()) {
      if (entry.key() == "location") place.location = entry.value();
      if (entry.key() != "offset" && entry.key() != "length") continue;
      const auto given = number(entry.value());
      if (!given)
        return invalid_model(where + ": " + entry.key() + " is " + quoted(entry.value()) +
                             ", expected a number of bytes");
      (entry.key() == "offset" ? place.offset : place.length) = *given;
    }
    if (place.length == 0) {
      OCTET_ASSIGN_OR_RETURN(place.length, byte_count(tensor, where));
    }
    OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, open(place.location));
    if (place.offset > file->size() || place.length > file->size() - place.offset)
      return invalid_model(where + ": its bytes lie behind the end of " + quoted(place.location));
    tensor.set_raw_data(
        model_.add(data_of_source(ByteSource(std::move(file)), place.offset, place.length)));
    tensor.clear_external_data();
    tensor.clear_data_location();
    return Status::ok();
  }

 private:
  Result<std::shared_ptr<const File>> open(const std::string& location) {
    OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, files_.open(location));
    const auto known = source_.external.find(location);
    if (known != source_.external.end() && !is_unchanged(known->second, file->identity()))
      return changed("external data " + quoted(location));
    if (seen_.insert(location).second) model_.files.push_back(file->identity());
    return file;
  }

  const ModelSource& source_;
  ExternalData files_;
  EditedModel& model_;
  std::set<std::string> seen_;
};

}  // namespace

std::string EditedModel::add(TensorData bytes) {
  data.push_back(std::move(bytes));
  return raw_index_bytes(data.size() - 1);
}

Result<EditedModel> read_source(const ModelSource& source, std::span<const std::byte> memory,
                                const Limits& limits) {
  EditedModel model;
  OCTET_ASSIGN_OR_RETURN(const ByteSource bytes, open_source(source, memory, model));
  OCTET_ASSIGN_OR_RETURN(model.hash, hash_of(bytes));
  OCTET_ASSIGN_OR_RETURN(ParsedModel parsed, parse_model(bytes, limits, WireKeep::kAll));
  for (const RawData& raw : parsed.raw)
    model.data.push_back(data_of_source(bytes, raw.offset, raw.size));
  model.proto.Swap(&parsed.model);
  OCTET_RETURN_IF_ERROR(inline_functions(model.proto, limits));
  ExternalTensors external(source, limits, model);
  OCTET_RETURN_IF_ERROR(for_each_tensor(*model.proto.mutable_graph(), [&](pb::TensorProto& tensor) {
    return external.take(tensor);
  }));
  return model;
}

}  // namespace octet
