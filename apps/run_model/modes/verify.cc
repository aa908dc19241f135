// Runs the data sets of an ONNX test case.
#include "apps/run_model/modes/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/run_model/modes/compare.h"
#include "apps/run_model/terminal.h"
#include "loaders/onnx/read_tensor.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;

Result<std::vector<fs::path>> data_sets(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> sets;
  fs::directory_iterator entries(folder, error);
  if (error) return not_found("--verify " + folder + ": cannot be read: " + error.message());
  for (const fs::directory_entry& entry : entries)
    if (entry.path().filename().string().rfind("test_data_set_", 0) == 0)
      sets.push_back(entry.path());
  std::sort(sets.begin(), sets.end());
  if (sets.empty() && fs::exists(fs::path(folder) / "output_0.pb", error)) sets.push_back(folder);
  if (sets.empty())
    return not_found(
        "--verify " + folder +
        ": no test_data_set_* in it; expected the ONNX test layout, test_data_set_0/input_0.pb");
  return sets;
}

struct StoredTensor {
  std::string name;  // may be empty
  Array array;
};

// input_0.pb, input_1.pb, ... as far as they go.
Result<std::vector<StoredTensor>> read_tensors(const fs::path& folder, const char* kind) {
  std::vector<StoredTensor> tensors;
  std::error_code error;
  for (;;) {
    const fs::path file = folder / fmt::format("{}_{}.pb", kind, tensors.size());
    if (!fs::exists(file, error)) return tensors;
    OCTET_ASSIGN_OR_RETURN(const NamedTensor read, read_tensor_file(file.string()));
    tensors.push_back({read.name, Array::copy_of(read.tensor)});
  }
}

// For each of the model's values the tensor that is its own: the one of its name. A tensor whose
// name is no value's, or that an earlier one has, takes the value of its number, or else the first
// that is left; a line says so, except of tensors without names.
std::vector<const StoredTensor*> pair_tensors(const std::vector<StoredTensor>& tensors,
                                              const std::vector<octet_value_info>& values,
                                              const std::string& set, const char* kind) {
  std::vector<const StoredTensor*> paired(values.size());
  std::vector<size_t> unnamed;
  for (size_t i = 0; i < tensors.size(); ++i) {
    size_t k = 0;
    while (k < values.size() && tensors[i].name != values[k].name) ++k;
    if (k < values.size() && paired[k] == nullptr)
      paired[k] = &tensors[i];
    else
      unnamed.push_back(i);
  }
  for (size_t i : unnamed) {
    size_t k = i;
    if (k >= values.size() || paired[k] != nullptr)
      k = static_cast<size_t>(std::find(paired.begin(), paired.end(), nullptr) - paired.begin());
    paired[k] = &tensors[i];
    if (!tensors[i].name.empty())
      print_line(stdout, "{}: {}_{}.pb is named \"{}\", taken for {} \"{}\"", set, kind, i,
                 tensors[i].name, kind, values[k].name);
  }
  return paired;
}

// Whether the output is as expected; prints what it is like. `first`: no other has differed.
bool check_output(const std::string& set, const std::string& name, const octet_tensor& output,
                  const Array& expected, const Options& options, bool first) {
  const Comparison result = compare(output, expected, options.rtol, options.atol);
  print_line(stdout, "{} \"{}\" {}: {}, {}", set, name, describe(output),
             result.match ? "match" : "differ", result.summary());
  if (!result.match && first)
    print_line(stderr, "{}: output \"{}\" {} ({} of {} beyond rtol {:g} atol {:g}; {})", set, name,
               result.difference, result.count, expected.element_count(), options.rtol,
               options.atol, result.summary());
  return result.match;
}

// Whether all outputs match; prints what they are like.
Result<bool> verify_set(const LoadedModel& model, Runner& runner, const fs::path& folder,
                        const Options& options) {
  const std::string name = folder.filename().string();
  OCTET_ASSIGN_OR_RETURN(const std::vector<StoredTensor> given, read_tensors(folder, "input"));
  OCTET_ASSIGN_OR_RETURN(const std::vector<StoredTensor> stored, read_tensors(folder, "output"));
  if (given.size() != model.inputs().size())
    return invalid_argument(
        fmt::format("{}: holds {} inputs but the model takes {}; it belongs to another model",
                    folder.string(), given.size(), model.inputs().size()));
  std::vector<Array> inputs;
  for (const StoredTensor* tensor : pair_tensors(given, model.inputs(), name, "input"))
    inputs.push_back(tensor->array);
  // What is wrong with the inputs or the run comes first: it is true whatever outputs are held.
  OCTET_RETURN_IF_ERROR(runner.run(inputs).with_prefix(name));
  if (stored.size() > model.outputs().size())
    return invalid_argument(
        fmt::format("{}: holds {} outputs but the model gives {}; it belongs to another model",
                    folder.string(), stored.size(), model.outputs().size()));

  const auto expected = pair_tensors(stored, model.outputs(), name, "output");
  bool all_match = true;
  const octet_value_info* missing = nullptr;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == nullptr) {
      if (missing == nullptr) missing = &model.outputs()[i];
      continue;
    }
    all_match &= check_output(name, model.outputs()[i].name, runner.outputs()[i],
                              expected[i]->array, options, all_match);
  }
  if (all_match && missing != nullptr)
    return invalid_argument(fmt::format(
        "{}: output_{}.pb for output \"{}\" is missing; nothing says whether that output is right",
        folder.string(), stored.size(), missing->name));
  return all_match;
}

}  // namespace

Result<bool> run_verify(const LoadedModel& model, const Options& options) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<fs::path> sets, data_sets(options.verify));
  OCTET_ASSIGN_OR_RETURN(Runner runner, Runner::create(model));
  for (const fs::path& set : sets) {
    OCTET_ASSIGN_OR_RETURN(const bool match, verify_set(model, runner, set, options));
    if (!match) return false;
  }
  return true;
}

}  // namespace octet::app
