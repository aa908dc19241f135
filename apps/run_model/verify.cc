// Runs the data sets of an ONNX test case.
#include "apps/run_model/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/run_model/compare.h"
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

// input_0.pb, input_1.pb, ... as far as they go.
Result<std::vector<Array>> read_arrays(const fs::path& folder, const std::string& kind) {
  std::vector<Array> arrays;
  std::error_code error;
  for (;;) {
    const fs::path file = folder / fmt::format("{}_{}.pb", kind, arrays.size());
    if (!fs::exists(file, error)) return arrays;
    OCTET_ASSIGN_OR_RETURN(const NamedTensor read, read_tensor_file(file.string()));
    arrays.push_back(Array::copy_of(read.tensor));
  }
}

// Whether all outputs match; prints what they are like.
Result<bool> verify_set(const LoadedModel& model, Runner& runner, const fs::path& folder,
                        const Options& options) {
  const std::string name = folder.filename().string();
  OCTET_ASSIGN_OR_RETURN(const std::vector<Array> inputs, read_arrays(folder, "input"));
  OCTET_ASSIGN_OR_RETURN(const std::vector<Array> expected, read_arrays(folder, "output"));
  if (inputs.size() != model.inputs().size())
    return invalid_argument(
        fmt::format("{}: holds {} inputs but the model takes {}; it belongs to another model",
                    folder.string(), inputs.size(), model.inputs().size()));
  // What is wrong with the inputs or the run comes first: it is true whatever outputs are held.
  OCTET_RETURN_IF_ERROR(runner.run(inputs).with_prefix(name));
  if (expected.size() > model.outputs().size())
    return invalid_argument(
        fmt::format("{}: holds {} outputs but the model gives {}; it belongs to another model",
                    folder.string(), expected.size(), model.outputs().size()));

  bool all_match = true;
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string output = model.outputs()[i].name;
    const Comparison result = compare(runner.outputs()[i], expected[i], options.rtol, options.atol);
    fmt::print("{} \"{}\" {}: {}, max abs difference {:.3g}, cosine {:.6f}\n", name, output,
               describe(runner.outputs()[i]), result.match ? "match" : "differ", result.max_abs,
               result.cosine);
    if (!result.match && all_match)
      fmt::print(stderr,
                 "{}: output \"{}\" {} ({} of {} beyond rtol {:g} atol {:g}; cosine {:.6f})\n",
                 name, output, result.difference, result.count, expected[i].element_count(),
                 options.rtol, options.atol, result.cosine);
    all_match &= result.match;
  }
  if (all_match && expected.size() < model.outputs().size())
    return invalid_argument(fmt::format(
        "{}: output_{}.pb for output \"{}\" is missing; nothing says whether the model's other "
        "outputs are right",
        folder.string(), expected.size(), model.outputs()[expected.size()].name));
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
