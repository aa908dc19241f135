// The C API: loading models and looking into them.
#include <algorithm>

#include "runtime/api/handles.h"
#include "runtime/api/json_text.h"
#include "runtime/program/steps.h"

namespace octet {
namespace {

constexpr int32_t kMostIdleSessions = 4096;

struct Options {
  LoadOptions load;
  int32_t idle_sessions = 0;
};

Result<QuantizationScheme> to_scheme(octet_quantize quantize) {
  switch (quantize) {
    case OCTET_QUANTIZE_NONE:
      return QuantizationScheme::none();
    case OCTET_QUANTIZE_W8A8:
      return QuantizationScheme::w8a8();
    default:
      return invalid_argument("options.quantize is " + std::to_string(quantize) +
                              ", expected OCTET_QUANTIZE_NONE or OCTET_QUANTIZE_W8A8");
  }
}

Result<QuantizationPlan> to_plan(const octet_load_options& given) {
  QuantizationPlan plan;
  OCTET_ASSIGN_OR_RETURN(plan.standard, to_scheme(given.quantize));
  if (given.scheme != nullptr) {
    const auto scheme = scheme_named(given.scheme);
    if (!scheme.is_ok()) return scheme.status().with_prefix("options.scheme");
    plan.standard = *scheme;
  }
  if (given.layer_rule_count < 0 || (given.layer_rule_count > 0 && given.layer_rules == nullptr))
    return invalid_argument("options.layer_rules is " +
                            std::string(given.layer_rules == nullptr ? "NULL" : "given") + " for " +
                            std::to_string(given.layer_rule_count) + " rules");
  for (int32_t i = 0; i < given.layer_rule_count; ++i) {
    const octet_layer_rule& rule = given.layer_rules[i];
    const std::string where = "options.layer_rules[" + std::to_string(i) + "]";
    if (rule.pattern == nullptr || rule.scheme == nullptr)
      return invalid_argument(where + ": pattern and scheme must not be NULL");
    const auto scheme = scheme_named(rule.scheme);
    if (!scheme.is_ok()) return scheme.status().with_prefix(where);
    plan.rules.push_back({rule.pattern, *scheme});
  }
  return plan;
}

Result<Options> to_options(const octet_load_options* options, const octet_engine& engine) {
  OCTET_ASSIGN_OR_RETURN(const octet_load_options given,
                         take_struct(options, "octet_load_options"));
  Options made;
  OCTET_ASSIGN_OR_RETURN(made.load.quantization, to_plan(given));
  if (given.smoothing != OCTET_SMOOTHING_NORM && given.smoothing != OCTET_SMOOTHING_NONE)
    return invalid_argument("options.smoothing is " + std::to_string(given.smoothing) +
                            ", expected OCTET_SMOOTHING_NORM or OCTET_SMOOTHING_NONE");
  if (given.idle_sessions < 0 || given.idle_sessions > kMostIdleSessions)
    return invalid_argument("options.idle_sessions is " + std::to_string(given.idle_sessions) +
                            ", expected 1 to " + std::to_string(kMostIdleSessions) +
                            ", or 0 for one per thread of the engine");
  OCTET_ASSIGN_OR_RETURN(made.load.control, to_control(given.cancel, given.timeout_ms,
                                                       "octet_load_options.timeout_ms"));
  made.load.smooth_from_norm = given.smoothing == OCTET_SMOOTHING_NORM;
  made.load.requantize = given.requantize != 0;
  made.idle_sessions =
      given.idle_sessions > 0 ? given.idle_sessions : octet_engine_threads(&engine);
  return made;
}

octet_model::Value describe(const ModelTensor& tensor) {
  octet_model::Value value{tensor.name, {}};
  for (const Dim& dim : tensor.shape) value.symbols.push_back(dim.is_constant() ? "" : dim.text());
  return value;
}

void explain(const Program& program, int number, int first_step, nlohmann::json& nodes) {
  for (const NodeReport& report : program.reports) {
    const bool region = report.step >= 0 && std::holds_alternative<RegionStep>(
                                                program.steps[static_cast<size_t>(report.step)]);
    nodes.push_back({{"node", report.name},
                     {"op", report.op},
                     {"kernel", report.kernel},
                     {"step", report.step < 0 ? -1 : first_step + report.step},
                     {"region", region},
                     {"declined", report.declined.list()},
                     {"types", report.types}});
    if (number > 0) nodes.back()["program"] = number;
    if (report.scheme.empty()) continue;
    nodes.back()["scheme"] = report.scheme;
    if (!report.why_float.empty()) nodes.back()["reason"] = report.why_float;
  }
}

// Steps are counted through all programs.
std::string explain(const Program& program) {
  auto nodes = nlohmann::json::array();
  int number = 0, steps = 0;
  for_each_program(program, [&](const Program& each) {
    explain(each, number++, steps, nodes);
    steps += static_cast<int>(each.steps.size());
  });
  return json_text(nodes);
}

// Of `rows` of the weight: codes, scales and zero points.
int64_t quantized_bytes(const QuantizedConstant& weights, int64_t rows) {
  const auto share = [&](const Constant& part) {
    const auto bytes = static_cast<int64_t>(part.byte_count());
    return weights.granularity == Granularity::kPerTensor ? bytes : bytes / weights.n() * rows;
  };
  return (rows * weights.k() * weights.bits + 7) / 8 + share(weights.scale) +
         (weights.zero_point ? share(*weights.zero_point) : 0);
}

octet_model::Layer describe_layer(const Model& model, int index) {
  const LayerRecord& record = model.record(index);
  const LayerPart& part = model.layer(index);
  octet_model::Layer layer;
  for (const std::string& alias : part.aliases) layer.aliases.push_back(alias.c_str());
  for (const std::string& reason : model.report(index).declined.list())
    layer.declined.push_back(reason.c_str());
  layer.layout = "plain";
  if (const PackedWeights* packed = model.packed_weights(index))
    layer.layout = packed->layout_name();
  const QuantizationScheme& scheme = model.scheme(index);
  layer.scheme = scheme.name();
  const int64_t elements = part.rows * record.k;
  const bool in_bf16 = scheme.weights.type == ElementType::kBF16;
  layer.bytes = record.components == nullptr ? elements * (in_bf16 ? 2 : 4)
                                             : quantized_bytes(*record.components, part.rows);
  return layer;
}

// The numbers of octet_value_kind.
octet_value_kind to_c(ValueForm form) {
  if (is_optional(form)) return OCTET_VALUE_OPTIONAL;
  return form == ValueForm::kSequence ? OCTET_VALUE_SEQUENCE : OCTET_VALUE_TENSOR;
}

void describe_held(const ModelTensor& value, octet_value_info& info) {
  info.kind = to_c(value.form);
  if (is_optional(value.form)) info.element_kind = to_c(without_optional(value.form));
  info.rank = std::max(value.held_rank, -1);
  std::fill_n(info.dims, std::max(info.rank, 0), -1);
}

octet_status fill_info(const std::vector<ModelTensor>& tensors,
                       const std::vector<octet_model::Value>& values, int32_t index,
                       octet_value_info* info, octet_error** error) {
  return guarded(error, [&]() -> Status {
    if (index < 0 || static_cast<size_t>(index) >= values.size())
      return invalid_argument("index is " + std::to_string(index) + ", expected one below " +
                              std::to_string(values.size()));
    const ModelTensor& tensor = tensors[static_cast<size_t>(index)];
    const octet_model::Value& value = values[static_cast<size_t>(index)];
    octet_value_info filled = OCTET_INIT(octet_value_info);
    filled.name = value.name.c_str();
    filled.dtype = to_c(tensor.dtype);
    filled.rank = static_cast<int32_t>(tensor.shape.size());
    if (!tensor.is_tensor()) describe_held(tensor, filled);
    for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
      const Dim& dim = tensor.shape[axis];
      filled.dims[axis] = dim.is_constant() ? dim.value() : -1;
      filled.symbols[axis] = dim.is_constant() ? nullptr : value.symbols[axis].c_str();
    }
    return give_struct(filled, info, "octet_value_info");
  });
}

}  // namespace

std::unique_ptr<octet_model> wrap(std::shared_ptr<const Model> model, int32_t idle_sessions) {
  auto handle = std::make_unique<octet_model>();
  for (const ModelTensor& input : model->program()->inputs)
    handle->inputs.push_back(describe(input));
  for (const ModelTensor& output : model->program()->outputs)
    handle->outputs.push_back(describe(output));
  for (size_t index = 0; index < model->layers().size(); ++index)
    handle->layers.push_back(describe_layer(*model, static_cast<int>(index)));
  handle->explain = explain(*model->program());
  handle->idle_sessions = idle_sessions;
  handle->sessions = std::make_unique<SessionPool>(model, static_cast<size_t>(idle_sessions));
  handle->model = std::move(model);
  return handle;
}

namespace {

// The end of a load: a model that comes late is none.
Status hand_over(std::shared_ptr<const Model> loaded, const Options& made, octet_model** model) {
  auto handle = wrap(std::move(loaded), made.idle_sessions);
  const ControlScope control(&made.load.control);
  OCTET_RETURN_IF_ERROR(check_stop());
  *model = handle.release();
  return Status::ok();
}

}  // namespace
}  // namespace octet

extern "C" {

octet_status octet_model_load(octet_engine* engine, const char* path,
                              const octet_load_options* options, octet_model** model,
                              octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (engine == nullptr || path == nullptr || model == nullptr)
      return octet::invalid_argument("octet_model_load: engine, path and model must not be NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::Options made, octet::to_options(options, *engine));
    OCTET_ASSIGN_OR_RETURN(auto loaded, octet::Model::load(engine->engine, path, made.load));
    return octet::hand_over(std::move(loaded), made, model);
  });
}

octet_status octet_model_load_memory(octet_engine* engine, const void* data, size_t size,
                                     const octet_load_options* options, octet_model** model,
                                     octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (engine == nullptr || (data == nullptr && size > 0) || model == nullptr)
      return octet::invalid_argument(
          "octet_model_load_memory: engine, data and model must not be NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::Options made, octet::to_options(options, *engine));
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(data), size);
    OCTET_ASSIGN_OR_RETURN(auto loaded,
                           octet::Model::load_memory(engine->engine, bytes, made.load));
    return octet::hand_over(std::move(loaded), made, model);
  });
}

void octet_model_free(octet_model* model) { delete model; }

int32_t octet_model_input_count(const octet_model* model) {
  return model == nullptr ? 0 : static_cast<int32_t>(model->inputs.size());
}
int32_t octet_model_output_count(const octet_model* model) {
  return model == nullptr ? 0 : static_cast<int32_t>(model->outputs.size());
}

octet_status octet_model_input(const octet_model* model, int32_t index, octet_value_info* info,
                               octet_error** error) {
  if (model == nullptr)
    return octet::report(error, OCTET_INVALID_ARGUMENT, "octet_model_input: model is NULL");
  return octet::fill_info(model->model->program()->inputs, model->inputs, index, info, error);
}

octet_status octet_model_output(const octet_model* model, int32_t index, octet_value_info* info,
                                octet_error** error) {
  if (model == nullptr)
    return octet::report(error, OCTET_INVALID_ARGUMENT, "octet_model_output: model is NULL");
  return octet::fill_info(model->model->program()->outputs, model->outputs, index, info, error);
}

int64_t octet_model_memory(const octet_model* model) {
  return model == nullptr ? 0 : model->model->memory_bytes();
}

const char* octet_model_explain(const octet_model* model) {
  return model == nullptr ? "[]" : model->explain.c_str();
}

}  // extern "C"
