// Finding, reading and making inputs.
#include "apps/run_model/inputs.h"

#include <filesystem>

#include "apps/run_model/npy.h"
#include "apps/run_model/outputs.h"

namespace octet::app {
namespace {

std::string expected_inputs(const LoadedModel& model) {
  std::string text;
  for (const octet_value_info& input : model.inputs())
    text += (text.empty() ? "" : ", ") + ("\"" + std::string(input.name) + "\" " + describe(input));
  return "the model takes " + text;
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

Result<std::vector<Array>> read_inputs(const LoadedModel& model, const Options& options) {
  std::map<std::string, std::string> files = options.inputs;
  if (!options.input_dir.empty())
    for (const octet_value_info& input : model.inputs()) {
      files[input.name] =
          (std::filesystem::path(options.input_dir) / npy_file_name(input.name)).string();
    }
  std::vector<Array> arrays;
  for (const octet_value_info& input : model.inputs()) {
    const auto file = files.find(input.name);
    if (file == files.end())
      return invalid_argument("input \"" + std::string(input.name) + "\" was not given; " +
                              expected_inputs(model));
    auto array = read_npy(file->second);
    if (!array.is_ok())
      return array.status().with_prefix("input \"" + std::string(input.name) + "\"");
    arrays.push_back(std::move(array).value());
    files.erase(file);
  }
  if (!files.empty())
    return invalid_argument("--input " + files.begin()->first + ": no such input; " +
                            expected_inputs(model));
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
