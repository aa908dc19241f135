// Parsing of the command line with CLI11.
#include "apps/run_model/options.h"

#include <octet/octet.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/run_model/terminal.h"
#include "runtime/core/quantization_scheme.h"

namespace octet::app {
namespace {

// "NAME=VALUE"; the name may itself hold no '='.
Result<std::pair<std::string, std::string>> split_assignment(const std::string& option,
                                                             const std::string& text) {
  const size_t at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    return invalid_argument(option + " " + text + ": expected NAME=VALUE");
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

// "2x128" -> {2, 128}; "scalar" -> {}
Result<std::vector<int64_t>> parse_shape(const std::string& text) {
  std::vector<int64_t> dims;
  if (text == "scalar") return dims;
  int64_t value = -1;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] >= '0' && text[i] <= '9' && value < INT32_MAX) {
      value = std::max<int64_t>(value, 0) * 10 + (text[i] - '0');
    } else if ((i == text.size() || text[i] == 'x') && value >= 0) {
      dims.push_back(value);
      value = -1;
    } else {
      return invalid_argument("--shape: found \"" + text + "\", expected extents as in 2x128");
    }
  }
  return dims;
}

// "64", "500MB", "2 GiB": bytes, at least 1; a kilobyte has 1024 of them.
Result<int64_t> parse_size(const std::string& option, const std::string& text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string unit;
  for (const char c : text.substr(digits))
    if (c != ' ') unit += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const size_t power = std::string_view("BKMGT").find(unit.empty() ? 'B' : unit[0]);
  const bool known =
      power != std::string_view::npos &&
      (unit.size() <= 1 || (power > 0 && (unit.substr(1) == "B" || unit.substr(1) == "IB")));
  int64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, bytes);
  if (error != std::errc() || !known || bytes < 1 ||
      __builtin_mul_overflow(bytes, int64_t{1} << (10 * power), &bytes))
    return invalid_argument(option + ": found \"" + text +
                            "\", expected bytes, at least 1, as in 4096, 500MB or 2GiB");
  return bytes;
}

bool is_npz_file(const std::string& input) {
  return input.ends_with(".npz") && input.find('=') == std::string::npos;
}

Status check(const Options& options) {
  const int modes = options.bench + options.explain + options.list_weights +
                    !options.dump_weight.empty() + !options.verify.empty() + !options.save.empty();
  const bool has_inputs = options.has_inputs();
  if (modes > 1)
    return invalid_argument(
        "choose one of --bench, --verify, --explain, --list-weights, --dump-weight and --save");
  const bool profile = !options.profile.empty();
  if (modes == 0 && !has_inputs && !profile)
    return invalid_argument(
        "nothing to do: give --input, --input-dir or --input-npz with --output-dir, --output or "
        "--output-npz, or one of "
        "--verify, --bench, --explain, --list-weights, --dump-weight, --save, --profile (see "
        "--help)");
  if (modes == 0 && !has_inputs && options.has_outputs())
    return invalid_argument(
        "--output-dir, --output and --output-npz need inputs: give --input NAME=FILE.npy, "
        "--input-dir DIR or --input-npz FILE");
  if (profile && modes > 0 && !options.bench)
    return invalid_argument("--profile goes with inputs or --bench, or alone");
  if (!options.inputs.empty() + !options.input_dir.empty() + !options.input_npz.empty() > 1)
    return invalid_argument("--input, --input-dir and --input-npz: give the inputs one way");
  if (modes == 0 && !profile && !options.has_outputs())
    return invalid_argument(
        "--output-dir DIR, --output FILE.npy or --output-npz FILE is missing: where the outputs "
        "go");
  const bool batch = modes == 0 && options.has_outputs();
  if (!batch && (options.resume || options.workers > 1))
    return invalid_argument(
        "--resume and --workers go with batch inference: inputs and where the outputs go");
  if (!options.dump_weight.empty() && options.output_dir.empty())
    return invalid_argument("--dump-weight needs --output-dir DIR");
  if (options.iterations > 0 && options.seconds > 0)
    return invalid_argument("--iterations and --seconds: give one of them");
  if (std::isnan(options.seconds) || std::isnan(options.timeout_seconds) ||
      std::isnan(options.load_timeout))
    return invalid_argument("--seconds, --timeout and --load-timeout must be numbers");
  if (!(options.rtol >= 0) || !(options.atol >= 0))
    return invalid_argument("--rtol and --atol must be numbers of at least 0");
  return Status::ok();
}

Status check_scheme(const std::string& option, const std::string& name) {
  const auto scheme = scheme_named(name);
  return scheme.is_ok() ? Status::ok() : scheme.status().with_prefix(option);
}

// The rules in the file's order.
Result<std::vector<std::pair<std::string, std::string>>> read_layer_file(const std::string& path) {
  const std::string where = "--layer-file " + path;
  std::error_code error;
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path, error))
    return not_found(where + ": cannot be read");
  const auto json = nlohmann::ordered_json::parse(file, nullptr, false);
  if (!json.is_object())
    return invalid_argument(where + ": expected a JSON object {\"PATTERN\": \"SCHEME\", ..}");
  std::vector<std::pair<std::string, std::string>> rules;
  for (const auto& [pattern, scheme] : json.items()) {
    if (!scheme.is_string())
      return invalid_argument(where + ": \"" + pattern + "\" is of type " + scheme.type_name() +
                              ", expected the name of a scheme");
    if (pattern.find('\0') != std::string::npos)
      return invalid_argument(where + ": \"" + pattern + "\" holds a NUL, as no name does");
    rules.emplace_back(pattern, scheme.get<std::string>());
    OCTET_RETURN_IF_ERROR(check_scheme(where + ": \"" + pattern + "\"", rules.back().second));
  }
  return rules;
}

}  // namespace

Result<ParsedOptions> parse_options(int argc, char** argv) {
  Options options;
  CLI::App app{"Runs an ONNX model with its linear layers in float or int8."};
  app.set_version_flag("--version", std::string("run_model ") + octet_version());
  std::string smoothing = "norm", layer_file;
  std::string max_model_bytes, memory_limit, memory_ceiling;
  std::vector<std::string> inputs, shapes, layers;
  app.add_option("--model", options.model, "the .onnx file")->required();
  app.add_option(
         "--quantize", options.quantize,
         "none | w8a8: int8 weights per channel, activations per token | w8: int8 weights, "
         "float activations | w4: int4 weights in blocks of 32 | bf16; layers that the file "
         "has quantized stay as they are")
      ->capture_default_str();
  app.add_option("--layer", layers,
                 "PATTERN=SCHEME: layers by name get another scheme (* any characters, ? one); the "
                 "last that fits decides");
  app.add_option("--layer-file", layer_file,
                 "a JSON file of the same: {\"PATTERN\": \"SCHEME\", ..}");
  app.add_option("--smoothing", smoothing,
                 "norm | none: balance weights and activations by the norm before a layer")
      ->check(CLI::IsMember({"norm", "none"}))
      ->capture_default_str();
  app.add_flag(
      "--requantize", options.requantize,
      "activations that the file quantizes by the range of a whole tensor get one for each "
      "token, on the same weights");
  app.add_option("--threads", options.threads,
                 "default: CPUs of the affinity mask, at most the cgroup's quota")
      ->check(CLI::Range(1, 4096));

  app.add_option("--max-model-bytes", max_model_bytes,
                 "of the model file and its external data; also as 500MB or 2GiB")
      ->group("Limits");
  app.add_option("--memory-limit", memory_limit, "bytes that one run may take")->group("Limits");
  app.add_option("--memory-ceiling", memory_ceiling,
                 "bytes that the model and its runs may take together")
      ->group("Limits");
  app.add_option("--timeout", options.timeout_seconds, "seconds that one run may take")
      ->check(CLI::Range(1e-3, 1e9))
      ->group("Limits");
  app.add_option("--load-timeout", options.load_timeout, "seconds that loading may take")
      ->check(CLI::Range(1e-3, 1e9))
      ->group("Limits");

  app.add_option("--input", inputs, "NAME=FILE.npy, once per input; or one FILE.npz")
      ->group("Batch inference");
  app.add_option("--input-dir", options.input_dir, "one NAME.npy per input")
      ->group("Batch inference");
  app.add_option("--input-npz", options.input_npz, "one array NAME per input")
      ->group("Batch inference");
  app.add_option("--batch-size", options.batch_size,
                 "rows of axis 0 per run; default: as many as make about 16384 input elements, "
                 "where all inputs and outputs share axis 0; else all at once")
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()))
      ->group("Batch inference");
  app.add_option("--workers", options.workers,
                 "runs at a time over the same weights; they share --threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str()
      ->group("Batch inference");
  app.add_flag("--resume", options.resume,
               "go on where an interrupted run stopped; from the start where there was none")
      ->group("Batch inference");
  app.add_flag("--quiet", options.quiet, "no progress on stderr")->group("Batch inference");
  app.add_option("--output-dir", options.output_dir, "writes DIR/NAME.npy per output")
      ->group("Batch inference");
  app.add_option("--output", options.output, "writes the first output alone to this .npy")
      ->group("Batch inference");
  app.add_option("--output-npz", options.output_npz, "writes all outputs to this .npz")
      ->group("Batch inference");

  app.add_option("--verify", options.verify,
                 "a folder with test_data_set_*/input_K.pb, output_K.pb")
      ->group("Check");
  app.add_option("--rtol", options.rtol, "relative tolerance")
      ->capture_default_str()
      ->group("Check");
  app.add_option("--atol", options.atol, "absolute tolerance")
      ->capture_default_str()
      ->group("Check");

  app.add_flag("--bench", options.bench,
               "time the model; inputs from --input, --input-dir or made up")
      ->group("Measure");
  app.add_option("--shape", shapes, "NAME=2x128: shape of a made-up input; symbols default to 1")
      ->group("Measure");
  app.add_option("--warmup", options.warmup, "runs after the first and before the timed ones")
      ->check(CLI::Range(0, std::numeric_limits<int>::max()))
      ->capture_default_str()
      ->group("Measure");
  app.add_option("--iterations", options.iterations,
                 "timed runs; default: as many as --seconds takes")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->group("Measure");
  app.add_option("--seconds", options.seconds, "time to spend on timed runs; default 1")
      ->check(CLI::Range(1e-3, 1e9))
      ->group("Measure");
  app.add_option("--profile", options.profile,
                 "writes a Chrome trace of one run, and a table per op to stderr")
      ->group("Measure");

  app.add_flag("--explain", options.explain,
               "per node: region, kernel, why faster ones declined, shapes")
      ->group("Look inside");
  app.add_flag("--list-weights", options.list_weights, "every linear layer")->group("Look inside");
  app.add_option("--dump-weight", options.dump_weight,
                 "writes a layer's int_data, scale, zero_point, smoothing to --output-dir")
      ->group("Look inside");
  app.add_option("--save", options.save,
                 "writes the model with its quantized layers as a standard ONNX file")
      ->group("Save");
  app.add_option("--save-format", options.save_format,
                 "octet: activations per token, as they run here | ort: per tensor, which ONNX "
                 "Runtime has kernels for")
      ->check(CLI::IsMember({"octet", "ort"}))
      ->capture_default_str()
      ->group("Save");
  app.add_option("--save-data", options.save_data,
                 "source: large tensors beside the file where the source has them there | inside | "
                 "beside")
      ->check(CLI::IsMember({"source", "inside", "beside"}))
      ->capture_default_str()
      ->group("Save");
  app.add_flag("--json", options.json, "JSON on stdout");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    std::stringstream text;
    const int status = app.exit(done, text, text);
    for (std::string line; std::getline(text, line);) put_line(stdout, line);
    return ParsedOptions{std::nullopt, status};
  } catch (const CLI::ParseError& error) {
    return invalid_argument(std::string(error.what()) + " (see --help)");
  }
  OCTET_RETURN_IF_ERROR(check_scheme("--quantize", options.quantize));
  if (!layer_file.empty()) {
    OCTET_ASSIGN_OR_RETURN(options.layer_rules, read_layer_file(layer_file));
  }
  for (const std::string& layer : layers) {
    const size_t equals = layer.rfind('=');  // names may hold one, schemes do not
    if (equals == std::string::npos || equals == 0)
      return invalid_argument("--layer " + layer + ": expected PATTERN=SCHEME");
    options.layer_rules.emplace_back(layer.substr(0, equals), layer.substr(equals + 1));
    OCTET_RETURN_IF_ERROR(check_scheme("--layer " + layer, options.layer_rules.back().second));
  }
  options.smoothing = smoothing == "norm";
  for (const std::string& input : inputs) {
    if (is_npz_file(input) && options.input_npz.empty()) {
      options.input_npz = input;
      continue;
    }
    OCTET_ASSIGN_OR_RETURN(auto parts, split_assignment("--input", input));
    if (!options.inputs.insert(parts).second)
      return invalid_argument("--input " + parts.first + " was given twice");
  }
  for (const std::string& shape : shapes) {
    OCTET_ASSIGN_OR_RETURN(auto parts, split_assignment("--shape", shape));
    OCTET_ASSIGN_OR_RETURN(options.shapes[parts.first], parse_shape(parts.second));
  }
  const struct {
    const char* option;
    const std::string& text;
    int64_t& bytes;
  } sizes[] = {{"--max-model-bytes", max_model_bytes, options.max_model_bytes},
               {"--memory-limit", memory_limit, options.memory_limit},
               {"--memory-ceiling", memory_ceiling, options.memory_ceiling}};
  for (const auto& [option, text, bytes] : sizes)
    if (app.count(option) > 0) {
      OCTET_ASSIGN_OR_RETURN(bytes, parse_size(option, text));
    }
  OCTET_RETURN_IF_ERROR(check(options));
  return ParsedOptions{std::move(options), 0};
}

}  // namespace octet::app
