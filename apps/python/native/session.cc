// Sessions: one run at a time, into arrays that may be bound.
#include <nanobind/nanobind.h>

#include "apps/python/native/bindings.h"
#include "apps/python/native/run_arguments.h"
#include "apps/python/native/text.h"
#include "apps/python/native/value_arguments.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

// The C API has one call at a time on a session; a second thread is told so, not made to wait.
class Busy {
 public:
  explicit Busy(const std::shared_ptr<SessionState>& state) : state_(state) {
    if (state_->busy)
      refuse(
          "the session is in use by another thread; give each thread a session of its own, or call "
          "model.run, which any thread may");
    state_->busy = true;
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() { state_->busy = false; }

 private:
  std::shared_ptr<SessionState> state_;
};

}  // namespace

Session::Session(const Model& model) : state_(std::make_shared<SessionState>()) {
  state_->model = model.state();
  octet_session* handle = nullptr;
  call([&](octet_error** error) {
    return octet_session_create(state_->model->handle.get(), &handle, error);
  });
  state_->handle.reset(handle);
}

const std::shared_ptr<SessionState>& Session::state() const {
  if (state_ == nullptr) refuse("the session is closed; make another");
  return state_;
}

nb::dict Session::run(const nb::dict& inputs, nb::object outputs, Cancel* cancel,
                      double timeout_ms) const {
  const std::shared_ptr<SessionState> session = state();
  const std::shared_ptr<ModelState> model = session->model;
  const Busy busy(session);
  if (model->by_values) {
    ValueArguments values(*model, inputs, outputs);
    stoppable_call(cancel, [&](const octet_cancel* stop, octet_error** error) {
      const octet_run_options options = run_options(stop, timeout_ms);
      values.drop_outputs();
      return octet_session_run_values(session->handle.get(), values.inputs(), values.input_count(),
                                      values.outputs(), values.output_count(), &options, error);
    });
    return values.results();
  }
  RunArguments arguments(*model, inputs, outputs);
  // The session's own memory is good until its next run only: outputs get arrays of their own.
  std::vector<octet_tensor> shapes(model->outputs.size());
  call([&](octet_error** error) {
    return octet_session_output_shapes(session->handle.get(), arguments.inputs(),
                                       arguments.input_count(), shapes.data(),
                                       arguments.output_count(), error);
  });
  arguments.make_outputs(shapes);
  stoppable_call(cancel, [&](const octet_cancel* stop, octet_error** error) {
    const octet_run_options options = run_options(stop, timeout_ms);
    return octet_session_run(session->handle.get(), arguments.inputs(), arguments.input_count(),
                             arguments.outputs(), arguments.output_count(), &options, error);
  });
  return arguments.results(false);
}

void Session::rebind(const Model& model) const {
  const std::shared_ptr<SessionState> session = state();
  const std::shared_ptr<ModelState> next = model.state();
  const Busy busy(session);
  call([&](octet_error** error) {
    return octet_session_rebind(session->handle.get(), next->handle.get(), error);
  });
  session->model = next;
}

int64_t Session::memory() const {
  const Busy busy(state());
  return octet_session_memory(state()->handle.get());
}

void Session::set_profile(bool enable) const {
  const Busy busy(state());
  call([&](octet_error** error) {
    return octet_session_profile(state()->handle.get(), enable ? 1 : 0, error);
  });
}

nb::str Session::profile() const {
  const Busy busy(state());
  return to_str(octet_session_profile_json(state()->handle.get()));
}

nb::str Session::trace() const {
  const Busy busy(state());
  return to_str(octet_session_trace(state()->handle.get()));
}

void bind_session(nb::module_& module) {
  nb::class_<Session>(module, "Session")
      .def(nb::init<const Model&>(), nb::arg("model"))
      .def("close", &Session::close)
      .def("run", &Session::run, nb::arg("inputs"), nb::arg("outputs").none(),
           nb::arg("cancel").none(), nb::arg("timeout_ms"))
      .def("rebind", &Session::rebind, nb::arg("model"))
      .def("memory", &Session::memory)
      .def("set_profile", &Session::set_profile, nb::arg("enable"))
      .def("profile", &Session::profile)
      .def("trace", &Session::trace);
}

}  // namespace octet::python
