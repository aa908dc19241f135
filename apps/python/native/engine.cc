// Engines, their log, and octet.Cancel.
#include <nanobind/nanobind.h>

#include <csignal>

#include "apps/python/native/bindings.h"
#include "apps/python/native/text.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

const char* level_name(octet_log_level level) {
  if (level == OCTET_LOG_WARNING) return "warning";
  return level == OCTET_LOG_INFO ? "info" : "debug";
}

// The engine's log: from a thread that is inside the library, without the GIL.
void log_to_python(void* user, octet_log_level level, const char* text) {
  const auto& log = static_cast<EngineState*>(user)->log;
  if (log.load() == nullptr || is_lost() || Py_IsInitialized() == 0) return;
  const nb::gil_scoped_acquire acquired;
  PyObject* function = log.load();
  if (!acquired.is_valid() || function == nullptr) return;
  const nb::object held = nb::borrow(function);
  const LogScope scope;
  try {
    held(level_name(level), to_str(text));
  } catch (nb::python_error& error) {
    // Ctrl-C while it ran: for the call's end, not for here.
    if (error.matches(PyExc_KeyboardInterrupt))
      PyErr_SetInterrupt();
    else
      error.discard_as_unraisable("octet's log function");
  }
}

struct Field {
  const char* name;
  int64_t octet_engine_options::* field;
};
constexpr Field kFields[] = {{"memory_limit", &octet_engine_options::memory_limit},
                             {"memory_ceiling", &octet_engine_options::memory_ceiling},
                             {"max_model_bytes", &octet_engine_options::max_model_bytes},
                             {"max_nodes", &octet_engine_options::max_nodes},
                             {"max_dim", &octet_engine_options::max_dim},
                             {"max_elements", &octet_engine_options::max_elements},
                             {"max_structure_bytes", &octet_engine_options::max_structure_bytes},
                             {"max_initializers", &octet_engine_options::max_initializers},
                             {"max_inputs", &octet_engine_options::max_inputs},
                             {"max_fields", &octet_engine_options::max_fields},
                             {"max_string", &octet_engine_options::max_string},
                             {"max_nesting", &octet_engine_options::max_nesting},
                             {"max_shape_bytes", &octet_engine_options::max_shape_bytes},
                             {"max_folded_bytes", &octet_engine_options::max_folded_bytes}};

void set_option(octet_engine_options& options, const std::string& name, int64_t value) {
  if (name == "threads") {
    options.threads = static_cast<int32_t>(value);
    return;
  }
  for (const Field& field : kFields) {
    if (name != field.name) continue;
    options.*field.field = value;
    return;
  }
  std::string known = "threads";
  for (const Field& field : kFields) known += std::string(", ") + field.name;
  refuse("an engine has no option \"" + name + "\"; it has log, " + known);
}

int visit_engine(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (nb::inst_ready(self)) Py_VISIT(nb::inst_ptr<Engine>(self)->log.ptr());
  return 0;
}

int clear_engine(PyObject* self) {
  if (nb::inst_ready(self)) {
    Engine* engine = nb::inst_ptr<Engine>(self);
    engine->state()->log.store(nullptr);
    engine->log = nb::object();
  }
  return 0;
}

PyType_Slot engine_slots[] = {{Py_tp_traverse, reinterpret_cast<void*>(visit_engine)},
                              {Py_tp_clear, reinterpret_cast<void*>(clear_engine)},
                              {0, nullptr}};

}  // namespace

Engine::Engine(const nb::dict& options, nb::object function)
    : state_(std::make_shared<EngineState>()) {
  octet_engine_options made = OCTET_INIT(octet_engine_options);
  for (const auto& [name, value] : options)
    set_option(made, to_text(name, "an option's name"), nb::cast<int64_t>(value));
  if (!function.is_none()) {
    log = std::move(function);
    state_->log.store(log.ptr());
    made.log = log_to_python;
    made.log_user = state_.get();
  }
  octet_engine* handle = nullptr;
  call([&](octet_error** error) { return octet_engine_create(&made, &handle, error); });
  state_->handle.reset(handle);
}

// Models that outlive this object go on without a log.
Engine::~Engine() { state_->log.store(nullptr); }

int32_t Engine::threads() const { return octet_engine_threads(state_->handle.get()); }

nb::tuple Engine::memory() const {
  octet_memory memory = OCTET_INIT(octet_memory);
  check([&](octet_error** error) {
    return octet_engine_memory(state_->handle.get(), &memory, error);
  });
  return nb::make_tuple(memory.bytes_in_use, memory.peak_bytes, memory.ceiling);
}

void bind_engine(nb::module_& module) {
  nb::class_<Engine>(module, "Engine", nb::type_slots(engine_slots))
      .def(nb::init<const nb::dict&, nb::object>(), nb::arg("options"), nb::arg("log").none())
      .def("threads", &Engine::threads)
      .def("memory", &Engine::memory);
  nb::class_<Cancel>(module, "Cancel")
      .def(nb::init<>())
      .def("request", &Cancel::request)
      .def("reset", &Cancel::reset)
      .def("requested", &Cancel::requested);
}

}  // namespace octet::python
