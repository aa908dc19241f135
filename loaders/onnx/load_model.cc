// The steps from bytes to a verified graph.
#include "loaders/onnx/load_model.h"

#include <filesystem>
#include <new>
#include <optional>

#include "loaders/onnx/check_model.h"
#include "loaders/onnx/foreign_file.h"
#include "loaders/onnx/import_graph.h"
#include "loaders/onnx/inline_functions.h"
#include "loaders/onnx/parse_message.h"
#include "runtime/core/run_control.h"

namespace octet {
namespace {

// What nodes that wait for values keep of a file.
struct ModelFile {
  pb::ModelProto proto;
  std::map<std::string, int64_t> opsets;
  Limits limits;
  std::optional<TensorStore> store;
};

Result<LoadedModel> load(ByteSource source, std::vector<std::string> folders,
                         const Limits& limits) {
  if (source.size() > limits.max_model_bytes)
    return resource_exhausted("the model has " + std::to_string(source.size()) +
                              " bytes, at most " + std::to_string(limits.max_model_bytes) +
                              " are allowed; raise max_model_bytes");
  if (source.size() == 0) return invalid_model("the model is empty");
  Result<ParsedModel> read = parse_model(source, limits);
  if (!read.is_ok()) {
    const std::string what = describe_foreign_file(source);
    return what.empty() ? read.status() : invalid_model(what);
  }
  ParsedModel parsed = std::move(read).value();
  OCTET_RETURN_IF_ERROR(check_stop());
  const auto file = std::make_shared<ModelFile>();
  file->limits = limits;
  file->proto.Swap(&parsed.model);
  pb::ModelProto& proto = file->proto;
  LoadedModel model;
  OCTET_RETURN_IF_ERROR(check_versions(proto).status());
  OCTET_RETURN_IF_ERROR(inline_functions(proto, limits));
  // Function bodies bring names and imports of their own.
  OCTET_ASSIGN_OR_RETURN(model.opsets, check_versions(proto));
  OCTET_RETURN_IF_ERROR(check_stop());
  OCTET_RETURN_IF_ERROR(check_names(proto.graph(), limits));
  OCTET_RETURN_IF_ERROR(check_ops(proto.graph(), model.opsets));
  ExternalData external(std::move(folders), source.size(), file->limits);
  file->opsets = model.opsets;
  TensorStore& store = file->store.emplace(
      TensorStore{std::move(source), std::move(parsed.raw), std::move(external), file->limits});
  OCTET_ASSIGN_OR_RETURN(model.graph, import_graph(proto.graph(), file->opsets, store, file));
  if (file.use_count() > 1) store.source = store.source.kept();  // nodes wait for values
  OCTET_RETURN_IF_ERROR(model.graph.normalize());
  assert(verify(model.graph).is_ok());  // nodes were checked as they were added
  model.warnings = std::move(store.warnings);
  model.producer = proto.producer_name();
  if (!proto.producer_version().empty()) model.producer += " " + proto.producer_version();
  model.ir_version = proto.ir_version();
  model.source.external = store.external.identities();
  return model;
}

// Allocation is where a hostile model or a small machine ends up; nothing else throws.
Result<LoadedModel> load_caught(ByteSource source, std::vector<std::string> folders,
                                const Limits& limits) {
  try {
    return load(std::move(source), std::move(folders), limits);
  } catch (const std::bad_alloc& error) {
    return resource_exhausted(std::string("there is not enough memory to load the model: ") +
                              error.what());
  }
}

}  // namespace

Result<LoadedModel> load_onnx_file(const std::string& path, const Limits& limits) {
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, File::open(path));
  Result<LoadedModel> model = load_caught(ByteSource(file), folders_of(path), limits);
  if (model.is_ok()) {
    std::error_code error;
    model->source.path = std::filesystem::absolute(path, error).string();
    model->source.file = file->identity();
  }
  if (model.is_ok() || model.status().message().starts_with(path + ": ")) return model;
  return model.status().with_prefix(path);
}

Result<LoadedModel> load_onnx_memory(std::span<const std::byte> bytes,
                                     std::shared_ptr<const void> owner,
                                     const std::string& external_data_folder,
                                     const Limits& limits) {
  std::vector<std::string> folders;
  if (!external_data_folder.empty()) folders.push_back(external_data_folder);
  Result<LoadedModel> model =
      load_caught(ByteSource(bytes, std::move(owner)), std::move(folders), limits);
  if (!model.is_ok()) return model.status().with_prefix("model in memory");
  model->source.size = bytes.size();
  model->source.digest = digest_of(bytes);
  return model;
}

}  // namespace octet
