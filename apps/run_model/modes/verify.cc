// Runs the data sets of an ONNX test case.
#include "apps/run_model/modes/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/run_model/modes/compare.h"
#include "apps/run_model/terminal.h"

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

// input_0.pb, input_1.pb, ... as far as they go; each is of the kind that the value of its number
// has.
Result<std::vector<StoredValue>> read_values(const fs::path& folder, const char* kind,
                                             const std::vector<octet_value_info>& values) {
  std::vector<StoredValue> stored;
  std::error_code error;
  for (;;) {
    const size_t number = stored.size();
    const fs::path file = folder / fmt::format("{}_{}.pb", kind, number);
    if (!fs::exists(file, error)) return stored;
    OCTET_ASSIGN_OR_RETURN(
        StoredValue read,
        read_stored_value(file.string(),
                          number < values.size() ? values[number].kind : OCTET_VALUE_TENSOR));
    stored.push_back(std::move(read));
  }
}

// For each of the model's values the stored one that is its own: the one of its name. One whose
// name is no value's, or that an earlier one has, takes the value of its number, or else the first
// that is left; a line says so, except of those without names.
std::vector<const StoredValue*> pair_values(const std::vector<StoredValue>& tensors,
                                            const std::vector<octet_value_info>& values,
                                            const std::string& set, const char* kind) {
  std::vector<const StoredValue*> paired(values.size());
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

// The same for what may be no tensor: a line for each tensor in it.
bool check_value(const std::string& set, const std::string& name, const ArrayValue& output,
                 const ArrayValue& expected, const Options& options, bool first) {
  const bool alike =
      output.is_sequence == expected.is_sequence && output.arrays.size() == expected.arrays.size();
  if (output.is_sequence || expected.is_sequence || !alike || output.arrays.empty()) {
    print_line(stdout, "{} \"{}\" {}: {}", set, name, output.describe(),
               alike ? "match" : "differ");
    if (!alike && first)
      print_line(stderr, "{}: output \"{}\": found {}, expected {}", set, name, output.describe(),
                 expected.describe());
  }
  bool match = alike;
  for (size_t i = 0; alike && i < output.arrays.size(); ++i)
    match &= check_output(set, output.is_sequence ? fmt::format("{}[{}]", name, i) : name,
                          output.arrays[i].tensor(), expected.arrays[i], options, first && match);
  return match;
}

// The outputs as values, whichever way the model runs.
Result<std::vector<ArrayValue>> run_set(const LoadedModel& model, Runner& runner,
                                        const std::vector<const StoredValue*>& given) {
  if (model.needs_values()) {
    std::vector<ArrayValue> inputs;
    for (const StoredValue* value : given) inputs.push_back(value->value);
    OCTET_RETURN_IF_ERROR(runner.run_values(inputs));
    return runner.output_values();
  }
  std::vector<Array> inputs;
  for (const StoredValue* value : given) inputs.push_back(value->value.arrays[0]);
  OCTET_RETURN_IF_ERROR(runner.run(inputs));
  std::vector<ArrayValue> outputs;
  for (const octet_tensor& output : runner.outputs())
    outputs.push_back({false, {Array::view_of(output)}});
  return outputs;
}

// Whether all outputs match; prints what they are like.
Result<bool> verify_set(const LoadedModel& model, Runner& runner, const fs::path& folder,
                        const Options& options) {
  const std::string name = folder.filename().string();
  OCTET_ASSIGN_OR_RETURN(const std::vector<StoredValue> given,
                         read_values(folder, "input", model.inputs()));
  OCTET_ASSIGN_OR_RETURN(const std::vector<StoredValue> stored,
                         read_values(folder, "output", model.outputs()));
  if (given.size() != model.inputs().size())
    return invalid_argument(
        fmt::format("{}: holds {} inputs but the model takes {}; it belongs to another model",
                    folder.string(), given.size(), model.inputs().size()));
  // What is wrong with the inputs or the run comes first: it is true whatever outputs are held.
  const auto outputs = run_set(model, runner, pair_values(given, model.inputs(), name, "input"));
  if (!outputs.is_ok()) return outputs.status().with_prefix(name);
  if (stored.size() > model.outputs().size())
    return invalid_argument(
        fmt::format("{}: holds {} outputs but the model gives {}; it belongs to another model",
                    folder.string(), stored.size(), model.outputs().size()));

  const auto expected = pair_values(stored, model.outputs(), name, "output");
  bool all_match = true;
  const octet_value_info* missing = nullptr;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == nullptr) {
      if (missing == nullptr) missing = &model.outputs()[i];
      continue;
    }
    all_match &= check_value(name, model.outputs()[i].name, (*outputs)[i], expected[i]->value,
                             options, all_match);
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
