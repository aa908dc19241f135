// Handles over the C API.
#include "apps/run_model/client.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>

#include "apps/run_model/terminal.h"
#include "runtime/core/clock.h"
#include "runtime/core/cpu_count.h"
#include "runtime/core/packed_codes.h"

namespace octet::app {

double now_ms() { return now_seconds() * 1e3; }

Status take_error(octet_status status, octet_error*& error) {
  if (status == OCTET_OK) return Status::ok();
  std::string message = error == nullptr ? "out of memory" : octet_error_message(error);
  octet_error_free(error);
  error = nullptr;
  static_assert(static_cast<int>(StatusCode::kInternal) == OCTET_INTERNAL);
  return {static_cast<StatusCode>(status), std::move(message)};
}

namespace {

// What became of the model otherwise than asked for.
void print_warning(void*, octet_log_level level, const char* text) {
  if (level >= OCTET_LOG_WARNING) print_line(stderr, "run_model: warning: {}", text);
}

}  // namespace

Result<LoadedModel> LoadedModel::load(const Options& options) {
  LoadedModel loaded;
  octet_error* error = nullptr;
  octet_engine_options engine_options = OCTET_INIT(octet_engine_options);
  engine_options.threads = options.threads;
  engine_options.max_model_bytes = options.max_model_bytes;
  engine_options.memory_limit = options.memory_limit;
  engine_options.memory_ceiling = options.memory_ceiling;
  engine_options.log = print_warning;
  // Each worker's thread runs its session's tasks too, beside the engine's own.
  if (options.workers > 1) {
    const int threads = options.threads > 0 ? options.threads : available_cpu_count();
    loaded.workers_ = std::min(options.workers, threads);
    engine_options.threads = threads - loaded.workers_ + 1;
  }
  loaded.timeout_ms_ = options.timeout_seconds * 1e3;
  octet_engine* engine = nullptr;
  OCTET_RETURN_IF_ERROR(take_error(octet_engine_create(&engine_options, &engine, &error), error));
  loaded.engine_.reset(engine);

  octet_load_options load_options = OCTET_INIT(octet_load_options);
  load_options.scheme = options.quantize.c_str();
  std::vector<octet_layer_rule> rules;
  for (const auto& [pattern, scheme] : options.layer_rules)
    rules.push_back({pattern.c_str(), scheme.c_str()});
  load_options.layer_rules = rules.data();
  load_options.layer_rule_count = static_cast<int32_t>(rules.size());
  load_options.requantize = options.requantize ? 1 : 0;
  load_options.smoothing = options.smoothing ? OCTET_SMOOTHING_NORM : OCTET_SMOOTHING_NONE;
  load_options.timeout_ms = options.load_timeout * 1e3;
  octet_model* model = nullptr;
  const double start = now_ms();
  OCTET_RETURN_IF_ERROR(take_error(
      octet_model_load(engine, options.model.c_str(), &load_options, &model, &error), error));
  loaded.load_ms_ = now_ms() - start;
  loaded.model_.reset(model);
  // The plain weights that were packed are free, but the C library keeps their memory.
  malloc_trim(0);

  loaded.inputs_.assign(static_cast<size_t>(octet_model_input_count(model)),
                        OCTET_INIT(octet_value_info));
  loaded.outputs_.assign(static_cast<size_t>(octet_model_output_count(model)),
                         OCTET_INIT(octet_value_info));
  for (size_t i = 0; i < loaded.inputs_.size(); ++i)
    OCTET_RETURN_IF_ERROR(take_error(
        octet_model_input(model, static_cast<int32_t>(i), &loaded.inputs_[i], &error), error));
  for (size_t i = 0; i < loaded.outputs_.size(); ++i)
    OCTET_RETURN_IF_ERROR(take_error(
        octet_model_output(model, static_cast<int32_t>(i), &loaded.outputs_[i], &error), error));
  return loaded;
}

bool LoadedModel::needs_values() const {
  return std::any_of(inputs_.begin(), inputs_.end(), is_held) ||
         std::any_of(outputs_.begin(), outputs_.end(), is_held);
}

Status LoadedModel::expect_tensors(const char* what) const {
  for (const auto* infos : {&inputs_, &outputs_})
    for (const octet_value_info& info : *infos)
      if (is_held(info))
        return unsupported(
            fmt::format("{}: {} \"{}\" is {}, expected a tensor; such models run "
                        "with inputs and outputs in files, and with --verify",
                        what, infos == &inputs_ ? "input" : "output", info.name, describe(info)));
  return Status::ok();
}

Result<Runner> Runner::create(const LoadedModel& model) {
  Runner runner;
  octet_error* error = nullptr;
  octet_session* session = nullptr;
  OCTET_RETURN_IF_ERROR(take_error(octet_session_create(model.get(), &session, &error), error));
  runner.session_.reset(session);
  runner.inputs_.resize(model.inputs().size());
  runner.outputs_.resize(model.outputs().size());
  runner.packed_inputs_.resize(runner.inputs_.size());
  runner.unpacked_outputs_.resize(runner.outputs_.size());
  runner.timeout_ms_ = model.timeout_ms();
  return runner;
}

namespace {

int64_t element_count(const octet_tensor& tensor) {
  int64_t count = 1;
  for (int32_t axis = 0; axis < tensor.rank; ++axis) count *= tensor.dims[axis];
  return count;
}

// `tensor` with its elements packed in `bytes`, where the C API has them so.
void pack(octet_tensor& tensor, std::vector<std::byte>& bytes) {
  const auto dtype = static_cast<DType>(tensor.dtype);
  if (!is_packed(dtype)) return;
  const int64_t count = element_count(tensor);
  bytes.resize(static_cast<size_t>(packed_bytes(count, dtype)));
  pack_codes(static_cast<const std::byte*>(tensor.data), dtype_bits(dtype), count, bytes.data());
  tensor.data = bytes.data();
}

void unpack(octet_tensor& tensor, std::vector<std::byte>& bytes) {
  const auto dtype = static_cast<DType>(tensor.dtype);
  if (!is_packed(dtype)) return;
  const int64_t count = element_count(tensor);
  bytes.resize(static_cast<size_t>(count));
  unpack_codes(static_cast<const std::byte*>(tensor.data), dtype_bits(dtype),
               byte_type(dtype) == DType::kI8, count, bytes.data());
  tensor.data = bytes.data();
}

}  // namespace

Status Runner::run(const std::vector<Array>& inputs) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i] = inputs[i].tensor();
    pack(inputs_[i], packed_inputs_[i]);
  }
  for (octet_tensor& output : outputs_) output = {};
  octet_run_options options = OCTET_INIT(octet_run_options);
  options.timeout_ms = timeout_ms_;
  octet_error* error = nullptr;
  const octet_status status =
      octet_session_run(session_.get(), inputs_.data(), static_cast<int32_t>(inputs_.size()),
                        outputs_.data(), static_cast<int32_t>(outputs_.size()), &options, &error);
  OCTET_RETURN_IF_ERROR(take_error(status, error));
  for (size_t i = 0; i < outputs_.size(); ++i) unpack(outputs_[i], unpacked_outputs_[i]);
  return Status::ok();
}

Status Runner::run_values(const std::vector<ArrayValue>& inputs) {
  std::vector<ValueHandle> values;
  std::vector<octet_value*> given, made(outputs_.size(), nullptr);
  for (const ArrayValue& input : inputs) {
    OCTET_ASSIGN_OR_RETURN(ValueHandle value, to_value(input));
    given.push_back(value.get());
    values.push_back(std::move(value));
  }
  output_arrays_.clear();
  output_values_.clear();
  octet_run_options options = OCTET_INIT(octet_run_options);
  options.timeout_ms = timeout_ms_;
  octet_error* error = nullptr;
  const octet_status status =
      octet_session_run_values(session_.get(), given.data(), static_cast<int32_t>(given.size()),
                               made.data(), static_cast<int32_t>(made.size()), &options, &error);
  OCTET_RETURN_IF_ERROR(take_error(status, error));
  for (octet_value* value : made) output_values_.emplace_back(value);
  for (const ValueHandle& value : output_values_) {
    OCTET_ASSIGN_OR_RETURN(ArrayValue arrays, to_arrays(value.get()));
    output_arrays_.push_back(std::move(arrays));
  }
  return Status::ok();
}

}  // namespace octet::app
