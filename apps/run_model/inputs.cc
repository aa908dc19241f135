// Finding, reading and making inputs.
#include "apps/run_model/inputs.h"

#include <filesystem>

#include "apps/run_model/npy/zip_reader.h"
#include "apps/run_model/output/outputs.h"

namespace octet::app {
namespace {

std::string expected_inputs(const LoadedModel& model) {
  std::string text;
  for (const octet_value_info& input : model.inputs())
    text += (text.empty() ? "" : ", ") + ("\"" + std::string(input.name) + "\" " + describe(input));
  return "the model takes " + text;
}

Status not_given(const LoadedModel& model, const octet_value_info& input) {
  return invalid_argument("input \"" + std::string(input.name) + "\" was not given; " +
                          expected_inputs(model));
}

// Members are found under the input's name, or with the underscores of npy_file_name(); others are
// left alone.
Result<std::vector<NpyReader>> open_archive(const LoadedModel& model, const std::string& path) {
  OCTET_ASSIGN_OR_RETURN(const ZipReader archive, ZipReader::open(path));
  std::vector<NpyReader> readers;
  for (const octet_value_info& input : model.inputs()) {
    const std::string name = input.name;
    const ZipMember* member = archive.find(name + ".npy");
    if (member == nullptr) member = archive.find(zip_member_name(name));
    if (member == nullptr) member = archive.find(npy_file_name(name));
    if (member == nullptr) return not_given(model, input).with_prefix(path);
    const std::string where = "input \"" + name + "\"";
    auto range = archive.range_of(*member);
    if (!range.is_ok()) return range.status().with_prefix(where);
    auto reader = NpyReader::open(range.value(), path + " (" + member->name + ")");
    if (!reader.is_ok()) return reader.status().with_prefix(where);
    reader->give_as(input.dtype);
    readers.push_back(std::move(reader).value());
  }
  return readers;
}

Status check_names(const LoadedModel& model,
                   const std::map<std::string, std::vector<int64_t>>& shapes) {
  for (const auto& [name, shape] : shapes) {
    bool found = false;
    for (const octet_value_info& input : model.inputs()) found |= name == input.name;
    if (!found)
      return invalid_argument("--shape " + name + ": no such input; " + expected_inputs(model));
  }
  return Status::ok();
}

constexpr int64_t kMostElements = int64_t{1} << 40;  // of a made-up input

Status check_size(const octet_value_info& input, const std::vector<int64_t>& dims) {
  const std::string where = "--shape " + std::string(input.name) + ": ";
  if (dims.size() > OCTET_MAX_RANK)
    return invalid_argument(where + "found " + std::to_string(dims.size()) +
                            " extents, expected at most " + std::to_string(OCTET_MAX_RANK));
  int64_t elements = 1;
  for (int64_t dim : dims)
    if (__builtin_mul_overflow(elements, dim, &elements) || elements > kMostElements)
      return invalid_argument(where +
                              "the input has more than 2^40 elements; give a smaller shape");
  return Status::ok();
}

// Bits of a counter, mixed; the same on every machine.
uint32_t scramble(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}

void fill(Array& array, const std::string& name) {
  const int64_t count = array.element_count();
  const bool mask = name.find("mask") != std::string::npos;
  const bool type_ids = name.find("type") != std::string::npos;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t random = scramble(static_cast<uint32_t>(i) + 1);
    const int64_t id = mask ? 1 : type_ids ? 0 : random % 100;
    const float real = mask ? 1.f : static_cast<float>(random) * 0x1p-31f - 1.f;
    switch (array.dtype) {
      case OCTET_FLOAT32:
        reinterpret_cast<float*>(array.data.get())[i] = real;
        break;
      case OCTET_FLOAT64:
        reinterpret_cast<double*>(array.data.get())[i] = static_cast<double>(real);
        break;
      case OCTET_INT64:
        reinterpret_cast<int64_t*>(array.data.get())[i] = id;
        break;
      case OCTET_INT32:
        reinterpret_cast<int32_t*>(array.data.get())[i] = static_cast<int32_t>(id);
        break;
      case OCTET_BOOL:
        reinterpret_cast<bool*>(array.data.get())[i] = true;
        break;
      default:
        break;  // zeros
    }
  }
}

}  // namespace

Result<std::vector<NpyReader>> open_inputs(const LoadedModel& model, const Options& options) {
  if (!options.input_npz.empty()) return open_archive(model, options.input_npz);
  std::map<std::string, std::string> files = options.inputs;
  if (!options.input_dir.empty())
    for (const octet_value_info& input : model.inputs()) {
      files[input.name] =
          (std::filesystem::path(options.input_dir) / npy_file_name(input.name)).string();
    }
  std::vector<NpyReader> readers;
  for (const octet_value_info& input : model.inputs()) {
    const auto found = files.find(input.name);
    if (found == files.end()) return not_given(model, input);
    const std::string where = "input \"" + std::string(input.name) + "\"";
    auto file = File::open(found->second);
    if (!file.is_ok()) return file.status().with_prefix(where);
    const uint64_t size = file.value()->size();
    auto reader = NpyReader::open({std::move(file).value(), 0, size}, found->second);
    if (!reader.is_ok()) return reader.status().with_prefix(where);
    reader->give_as(input.dtype);
    readers.push_back(std::move(reader).value());
    files.erase(found);
  }
  if (!files.empty())
    return invalid_argument("--input " + files.begin()->first + ": no such input; " +
                            expected_inputs(model));
  return readers;
}

Result<std::vector<Array>> read_inputs(const LoadedModel& model, const Options& options) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<NpyReader> readers, open_inputs(model, options));
  std::vector<Array> arrays;
  for (const NpyReader& reader : readers) {
    OCTET_ASSIGN_OR_RETURN(Array array, reader.read_all());
    arrays.push_back(std::move(array));
  }
  return arrays;
}

Result<std::vector<Array>> make_inputs(const LoadedModel& model, const Options& options) {
  OCTET_RETURN_IF_ERROR(check_names(model, options.shapes));
  std::vector<Array> arrays;
  for (const octet_value_info& input : model.inputs()) {
    std::vector<int64_t> dims;
    for (int32_t axis = 0; axis < input.rank; ++axis)
      dims.push_back(std::max<int64_t>(input.dims[axis], 1));
    for (int32_t axis = 0; axis < input.rank; ++axis)
      if (input.dims[axis] == 0) dims[static_cast<size_t>(axis)] = 0;
    if (auto given = options.shapes.find(input.name); given != options.shapes.end())
      dims = given->second;
    OCTET_RETURN_IF_ERROR(check_size(input, dims));
    Array array(input.dtype, dims);
    fill(array, input.name);
    arrays.push_back(std::move(array));
  }
  return arrays;
}

}  // namespace octet::app
