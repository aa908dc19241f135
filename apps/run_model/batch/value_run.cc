// Reading, running and writing of values.
#include "apps/run_model/batch/value_run.h"

#include <filesystem>
#include <functional>

#include "apps/run_model/inputs.h"
#include "apps/run_model/npy/zip_reader.h"
#include "apps/run_model/output/output_set.h"
#include "apps/run_model/output/outputs.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;

bool holds_sequence(const octet_value_info& info) {
  return info.kind == OCTET_VALUE_SEQUENCE || info.element_kind == OCTET_VALUE_SEQUENCE;
}

Result<Array> read_array(const FileRange& range, const std::string& where, octet_dtype dtype) {
  OCTET_ASSIGN_OR_RETURN(NpyReader reader, NpyReader::open(range, where));
  reader.give_as(dtype);
  return reader.read_all();
}

Result<Array> read_file(const std::string& path, octet_dtype dtype) {
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, File::open(path));
  const uint64_t size = file->size();
  return read_array({std::move(file), 0, size}, path, dtype);
}

// An archive, or files: `find` gives the array of a name, or nothing where there is none.
using FindArray = std::function<Result<std::optional<Array>>(const std::string& name)>;

FindArray in_archive(const ZipReader& archive, const std::string& path, octet_dtype dtype) {
  return [&archive, path, dtype](const std::string& name) -> Result<std::optional<Array>> {
    const ZipMember* member = archive.find(name + ".npy");
    if (member == nullptr) member = archive.find(zip_member_name(name));
    if (member == nullptr) member = archive.find(npy_file_name(name));
    if (member == nullptr) return std::optional<Array>();
    OCTET_ASSIGN_OR_RETURN(const FileRange range, archive.range_of(*member));
    OCTET_ASSIGN_OR_RETURN(Array array, read_array(range, path + " (" + member->name + ")", dtype));
    return std::optional<Array>(std::move(array));
  };
}

FindArray in_folder(const fs::path& folder, octet_dtype dtype) {
  return [folder, dtype](const std::string& name) -> Result<std::optional<Array>> {
    for (const fs::path& path : {folder / (name + ".npy"), folder / npy_file_name(name)}) {
      std::error_code error;
      if (!fs::exists(path, error)) continue;
      OCTET_ASSIGN_OR_RETURN(Array array, read_file(path.string(), dtype));
      return std::optional<Array>(std::move(array));
    }
    return std::optional<Array>();
  };
}

// `prefix`0, `prefix`1, .. as far as they go.
Status read_numbered(const FindArray& find, const std::string& prefix, ArrayValue& value) {
  for (;;) {
    OCTET_ASSIGN_OR_RETURN(std::optional<Array> array,
                           find(prefix + std::to_string(value.arrays.size())));
    if (!array) return Status::ok();
    value.arrays.push_back(std::move(*array));
  }
}

// What a folder or archive has for an input; the prefix is that of its numbered arrays.
Result<ArrayValue> read_value(const FindArray& find, const octet_value_info& input,
                              const std::string& prefix, bool is_there) {
  ArrayValue value;
  if (!holds_sequence(input)) {
    OCTET_ASSIGN_OR_RETURN(std::optional<Array> array, find(input.name));
    if (array) value.arrays.push_back(std::move(*array));
  } else {
    value.is_sequence = true;
    OCTET_RETURN_IF_ERROR(read_numbered(find, prefix, value));
    // None: nothing of an optional, or a sequence that is empty, where somebody has said so.
    if (value.arrays.empty() && !is_there) value.is_sequence = input.kind == OCTET_VALUE_SEQUENCE;
  }
  const bool found = !value.arrays.empty() || is_there;
  if (!found && input.kind != OCTET_VALUE_OPTIONAL)
    return invalid_argument("there is nothing for it; expected " + describe(input) +
                            (value.is_sequence ? " as " + prefix + "0.npy, .." : ""));
  return value;
}

Result<ArrayValue> read_input(const octet_value_info& input, const Options& options,
                              const ZipReader* archive) {
  const std::string name = input.name;
  if (archive != nullptr)
    return read_value(in_archive(*archive, options.input_npz, input.dtype), input, name + "/",
                      false);
  std::error_code error;
  if (!options.input_dir.empty()) {
    const bool is_folder = fs::is_directory(fs::path(options.input_dir) / name, error);
    return read_value(in_folder(options.input_dir, input.dtype), input, name + "/", is_folder);
  }
  const auto given = options.inputs.find(name);
  if (given == options.inputs.end()) {
    if (input.kind == OCTET_VALUE_OPTIONAL) return ArrayValue();
    return invalid_argument("was not given; expected " + describe(input));
  }
  const std::string& path = given->second;
  if (holds_sequence(input) && fs::is_directory(path, error))
    return read_value(in_folder(path, input.dtype), input, "", true);
  if (holds_sequence(input)) {
    OCTET_ASSIGN_OR_RETURN(const ZipReader own, ZipReader::open(path));
    return read_value(in_archive(own, path, input.dtype), input, "", true);
  }
  ArrayValue value;
  OCTET_ASSIGN_OR_RETURN(Array array, read_file(path, input.dtype));
  value.arrays.push_back(std::move(array));
  return value;
}

Result<std::vector<ArrayValue>> read_all(const LoadedModel& model, const Options& options) {
  std::optional<ZipReader> archive;
  if (!options.input_npz.empty()) {
    OCTET_ASSIGN_OR_RETURN(archive, ZipReader::open(options.input_npz));
  }
  for (const auto& [name, path] : options.inputs)
    if (std::none_of(model.inputs().begin(), model.inputs().end(),
                     [&](const octet_value_info& input) { return name == input.name; }))
      return invalid_argument("--input " + name + ": no such input");
  std::vector<ArrayValue> values;
  for (const octet_value_info& input : model.inputs()) {
    auto value = read_input(input, options, archive ? &*archive : nullptr);
    if (!value.is_ok())
      return value.status().with_prefix("input \"" + std::string(input.name) + "\"");
    values.push_back(std::move(value).value());
  }
  return values;
}

Status write_values(const LoadedModel& model, const Options& options,
                    const std::vector<ArrayValue>& outputs) {
  if (!options.output.empty() && is_held(model.outputs()[0]))
    return invalid_argument("--output: output \"" + std::string(model.outputs()[0].name) +
                            "\" is " + describe(model.outputs()[0]) +
                            ", which is no one array; give --output-dir or --output-npz");
  std::vector<ArrayLayout> layouts;
  std::vector<octet_tensor> tensors;
  for (size_t i = 0; i < outputs.size(); ++i)
    for (size_t n = 0; n < outputs[i].arrays.size(); ++n) {
      const Array& array = outputs[i].arrays[n];
      std::string name = model.outputs()[i].name;
      if (outputs[i].is_sequence) name += "/" + std::to_string(n);
      layouts.push_back({std::move(name), array.dtype, array.dims});
      tensors.push_back(array.tensor());
    }
  OCTET_ASSIGN_OR_RETURN(OutputSet set, OutputSet::claim(options, std::move(layouts), ""));
  OCTET_RETURN_IF_ERROR(set.start(false));
  OCTET_RETURN_IF_ERROR(set.append(tensors));
  return set.commit(false);
}

}  // namespace

Result<BatchStats> run_by_values(const LoadedModel& model, const Options& options) {
  if (options.resume || options.batch_size > 0 || options.workers > 1)
    return invalid_argument(
        "--batch-size, --workers and --resume: a model with sequences or optionals has no rows to "
        "split; leave them out");
  OCTET_ASSIGN_OR_RETURN(const std::vector<ArrayValue> inputs, read_all(model, options));
  OCTET_ASSIGN_OR_RETURN(Runner runner, Runner::create(model));
  const double start = now_ms();
  OCTET_RETURN_IF_ERROR(runner.run_values(inputs));
  const double time = now_ms() - start;
  OCTET_RETURN_IF_ERROR(write_values(model, options, runner.output_values()));
  return BatchStats{1, 1, 0, time, time};
}

}  // namespace octet::app
