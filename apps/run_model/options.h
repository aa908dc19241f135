// The command line of run_model.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/status.h"

namespace octet::app {

struct Options {
  std::string model;
  std::string quantize = "none";                                 // the scheme of all layers
  std::vector<std::pair<std::string, std::string>> layer_rules;  // pattern, scheme
  bool smoothing = true;
  bool requantize = false;
  int threads = 0;
  int64_t memory_limit = 0, memory_ceiling = 0, max_model_bytes = 0;  // 0: the engine's defaults
  double timeout_seconds = 0;                                         // of a run; 0: none
  double load_timeout = 0;                                            // seconds; 0: none

  std::map<std::string, std::string> inputs;  // name -> .npy
  std::string input_dir;
  std::string input_npz;
  bool has_inputs() const { return !inputs.empty() || !input_dir.empty() || !input_npz.empty(); }
  int64_t batch_size = 0;  // 0: BatchPlan's choice
  int workers = 1;
  bool resume = false;
  bool quiet = false;
  std::string output_dir;
  std::string output;
  std::string output_npz;
  bool has_outputs() const { return !output_dir.empty() || !output.empty() || !output_npz.empty(); }

  std::string verify;
  double rtol = 1e-3;  // ONNX's own for its backend tests
  double atol = 1e-7;

  bool bench = false;
  std::map<std::string, std::vector<int64_t>> shapes;
  int warmup = 1;
  int iterations = 0;
  double seconds = 0;

  std::string save;                   // where the model goes as a standard ONNX file
  std::string save_format = "octet";  // or "ort"
  std::string save_data = "source";   // or "inside", "beside"

  bool explain = false;
  bool list_weights = false;
  std::string dump_weight;
  std::string profile;
  bool json = false;
};

// Options, or the exit status with which the program is done (help and version were printed to
// stdout).
struct ParsedOptions {
  std::optional<Options> options;
  int exit_status = 0;
};
// Error (kInvalidArgument): what is wrong with the command line.
Result<ParsedOptions> parse_options(int argc, char** argv);

}  // namespace octet::app
