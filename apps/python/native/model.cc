// Models: loading, running, looking into them.
#include <nanobind/nanobind.h>

#include "apps/python/native/bindings.h"
#include "apps/python/native/buffer.h"
#include "apps/python/native/run_arguments.h"
#include "apps/python/native/text.h"
#include "apps/python/native/value_arguments.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

Value read_value(const octet_model* model, int32_t index, bool input) {
  octet_value_info info = OCTET_INIT(octet_value_info);
  check([&](octet_error** error) {
    return input ? octet_model_input(model, index, &info, error)
                 : octet_model_output(model, index, &info, error);
  });
  Value value;
  PyObject* name = to_str(info.name).release().ptr();
  PyUnicode_InternInPlace(&name);
  value.name = nb::steal<nb::str>(name);
  value.dtype = info.dtype;
  value.what = std::string(input ? "input \"" : "output \"") + info.name + "\"";
  value.kind = info.kind;
  value.element_kind = info.element_kind;
  value.shape = nb::none();
  if (info.rank < 0) return value;
  const bool is_tensor = info.kind == OCTET_VALUE_TENSOR;
  nb::list shape;
  for (int axis = 0; axis < info.rank; ++axis) {
    if (is_tensor && info.symbols[axis] == nullptr)
      shape.append(info.dims[axis]);
    else
      shape.append(to_str(is_tensor ? info.symbols[axis] : "?"));
  }
  value.shape = nb::tuple(shape);
  return value;
}

// octet_load_options, and the texts that it points to.
class LoadOptions {
 public:
  LoadOptions(const nb::dict& given, double timeout_ms) {
    options.timeout_ms = timeout_ms;
    scheme_ = to_text(given["quantize"], "quantize");
    options.scheme = scheme_.c_str();
    options.smoothing =
        nb::cast<bool>(given["smoothing"]) ? OCTET_SMOOTHING_NORM : OCTET_SMOOTHING_NONE;
    options.requantize = nb::cast<bool>(given["requantize"]) ? 1 : 0;
    options.idle_sessions = nb::cast<int32_t>(given["idle_sessions"]);
    const auto rules = nb::cast<nb::list>(given["layers"]);
    texts_.reserve(2 * rules.size());
    for (nb::handle rule : rules) {
      const auto pair = nb::cast<nb::tuple>(rule);
      texts_.push_back(to_text(pair[0], "a pattern of layers"));
      texts_.push_back(to_text(pair[1], "the scheme of layers"));
      rules_.push_back({texts_[texts_.size() - 2].c_str(), texts_.back().c_str()});
    }
    options.layer_rules = rules_.data();
    options.layer_rule_count = static_cast<int32_t>(rules_.size());
  }
  LoadOptions(const LoadOptions&) = delete;
  LoadOptions& operator=(const LoadOptions&) = delete;

  octet_load_options options = OCTET_INIT(octet_load_options);

 private:
  std::string scheme_;
  std::vector<std::string> texts_;
  std::vector<octet_layer_rule> rules_;
};

// `source`: the path as bytes, or the file itself as a buffer.
Model* load(const Engine& engine, nb::handle source, bool is_path, const nb::dict& given,
            Cancel* cancel, double timeout_ms) {
  LoadOptions made(given, timeout_ms);
  const std::shared_ptr<EngineState> state = engine.state();
  const Buffer bytes(source);
  const std::string path(bytes.data(), is_path ? bytes.size() : 0);
  ModelHandle loaded;
  stoppable_call(cancel, [&](const octet_cancel* stop, octet_error** error) {
    octet_load_options options = made.options;
    options.cancel = stop;
    octet_engine* const owner = state->handle.get();
    octet_model* handle = nullptr;
    const octet_status status =
        is_path
            ? octet_model_load(owner, path.c_str(), &options, &handle, error)
            : octet_model_load_memory(owner, bytes.data(), bytes.size(), &options, &handle, error);
    loaded.reset(handle);
    return status;
  });
  return new Model(make_model(state, std::move(loaded)));
}

}  // namespace

std::shared_ptr<ModelState> make_model(std::shared_ptr<EngineState> engine, ModelHandle handle) {
  auto state = std::make_shared<ModelState>();
  state->engine = std::move(engine);
  state->handle = std::move(handle);
  const octet_model* model = state->handle.get();
  for (int32_t i = 0; i < octet_model_input_count(model); ++i)
    state->inputs.push_back(read_value(model, i, true));
  for (int32_t i = 0; i < octet_model_output_count(model); ++i)
    state->outputs.push_back(read_value(model, i, false));
  for (const std::vector<Value>* values : {&state->inputs, &state->outputs})
    for (const Value& value : *values)
      state->by_values = state->by_values || value.kind != OCTET_VALUE_TENSOR;
  return state;
}

const std::shared_ptr<ModelState>& Model::state() const {
  if (state_ == nullptr) refuse("the model is closed; load it again");
  return state_;
}

nb::list Model::values(bool inputs) const {
  return describe(inputs ? state()->inputs : state()->outputs);
}

const char* Model::explain() const { return octet_model_explain(state()->handle.get()); }
int64_t Model::memory() const { return octet_model_memory(state()->handle.get()); }

nb::dict Model::run(const nb::dict& inputs, nb::object outputs, Cancel* cancel,
                    double timeout_ms) const {
  const std::shared_ptr<ModelState> model = state();
  if (model->by_values) {
    ValueArguments values(*model, inputs, outputs);
    stoppable_call(cancel, [&](const octet_cancel* stop, octet_error** error) {
      const octet_run_options options = run_options(stop, timeout_ms);
      values.drop_outputs();
      return octet_model_run_values(model->handle.get(), values.inputs(), values.input_count(),
                                    values.outputs(), values.output_count(), &options, error);
    });
    return values.results();
  }
  RunArguments arguments(*model, inputs, outputs);
  arguments.expect_lent();
  stoppable_call(cancel, [&](const octet_cancel* stop, octet_error** error) {
    const octet_run_options options = run_options(stop, timeout_ms);
    return octet_model_run(model->handle.get(), arguments.inputs(), arguments.input_count(),
                           arguments.outputs(), arguments.output_count(), &options, error);
  });
  return arguments.results(true);
}

void bind_model(nb::module_& module) {
  auto model = nb::class_<Model>(module, "Model")
                   .def("close", &Model::close)
                   .def("is_closed", &Model::is_closed)
                   .def("values", &Model::values, nb::arg("inputs"))
                   .def("explain", &Model::explain)
                   .def("memory", &Model::memory)
                   .def("run", &Model::run, nb::arg("inputs"), nb::arg("outputs").none(),
                        nb::arg("cancel").none(), nb::arg("timeout_ms"));
  bind_weights(model);
  bind_save(model);
  module.def("load", load, nb::arg("engine"), nb::arg("source"), nb::arg("is_path"),
             nb::arg("options"), nb::arg("cancel").none(), nb::arg("timeout_ms"),
             nb::rv_policy::take_ownership);
}

}  // namespace octet::python
