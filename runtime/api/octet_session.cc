// The C API: sessions, runs and profiles.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/api/handles.h"

namespace octet {
namespace {

Status take_inputs(octet_session& session, const octet_tensor* inputs, int32_t count) {
  const auto& expected = session.session->program().inputs;
  if (count < 0 || static_cast<size_t>(count) != expected.size() ||
      (inputs == nullptr && count > 0))
    return invalid_argument("the model has " + std::to_string(expected.size()) + " inputs, " +
                            std::to_string(count) + " were given");
  session.inputs.resize(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    auto view = to_view(inputs[i], true);
    if (!view.is_ok()) return view.status().with_prefix("input \"" + expected[i].name + "\"");
    session.inputs[i] = *view;
  }
  return Status::ok();
}

Status check_outputs(const octet_session& session, const octet_tensor* outputs, int32_t count) {
  const size_t expected = session.session->program().outputs.size();
  if (count >= 0 && static_cast<size_t>(count) == expected && (outputs != nullptr || count == 0))
    return Status::ok();
  return invalid_argument("the model has " + std::to_string(expected) + " outputs, " +
                          std::to_string(count) + " were given");
}

Status run(octet_session& session, const octet_tensor* inputs, int32_t input_count,
           octet_tensor* outputs, int32_t output_count) {
  OCTET_RETURN_IF_ERROR(take_inputs(session, inputs, input_count));
  OCTET_RETURN_IF_ERROR(check_outputs(session, outputs, output_count));
  session.outputs.resize(static_cast<size_t>(output_count));
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    session.outputs[i] = {};
    if (outputs[i].data == nullptr) continue;
    auto view = to_view(outputs[i], true);
    if (!view.is_ok())
      return view.status().with_prefix("output \"" + session.session->program().outputs[i].name +
                                       "\"");
    session.outputs[i] = *view;
  }
  OCTET_RETURN_IF_ERROR(session.session->run(session.inputs, session.outputs));
  for (size_t i = 0; i < session.outputs.size(); ++i) outputs[i] = to_c(session.outputs[i]);
  return Status::ok();
}

// The Trace Event format of Chrome: complete events, microseconds.
std::string trace_json(const Program& program, const Profile& profile) {
  const auto calls = profile.calls();
  int64_t origin = INT64_MAX;
  for (const KernelCall& call : calls) origin = std::min(origin, call.start);
  auto events = nlohmann::json::array();
  for (const KernelCall& call : calls) {
    const NodeReport& report = program.reports[static_cast<size_t>(call.report)];
    events.push_back(
        {{"ph", "X"},
         {"pid", 0},
         {"tid", call.slot},
         {"name", report.name},
         {"cat", report.op},
         {"ts", static_cast<double>(call.start - origin) / 1e3},
         {"dur", static_cast<double>(call.end - call.start) / 1e3},
         {"args",
          {{"op", report.op},
           {"kernel", report.kernel},
           {"step", report.step},
           {"rows", call.rows},
           {"multiply_adds", report.multiply_adds_per_row * static_cast<double>(call.rows)}}}});
  }
  const nlohmann::json trace = {{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}};
  return trace.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace
}  // namespace octet

extern "C" {

octet_status octet_session_create(const octet_model* model, octet_session** session,
                                  octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (model == nullptr || session == nullptr)
      return octet::invalid_argument("octet_session_create: model and session must not be NULL");
    auto made = std::make_unique<octet_session>();
    made->model = model->model;
    made->session = model->model->make_session();
    *session = made.release();
    return octet::Status::ok();
  });
}

void octet_session_free(octet_session* session) { delete session; }

octet_status octet_session_output_shapes(octet_session* session, const octet_tensor* inputs,
                                         int32_t input_count, octet_tensor* outputs,
                                         int32_t output_count, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (session == nullptr)
      return octet::invalid_argument("octet_session_output_shapes: session is NULL");
    OCTET_RETURN_IF_ERROR(octet::take_inputs(*session, inputs, input_count));
    OCTET_RETURN_IF_ERROR(octet::check_outputs(*session, outputs, output_count));
    OCTET_RETURN_IF_ERROR(session->session->prepare(session->inputs));
    for (size_t i = 0; i < static_cast<size_t>(output_count); ++i)
      outputs[i] =
          octet::to_c(octet::contiguous_view(nullptr, session->session->program().outputs[i].dtype,
                                             session->session->output_shapes()[i]));
    return octet::Status::ok();
  });
}

octet_status octet_session_run(octet_session* session, const octet_tensor* inputs,
                               int32_t input_count, octet_tensor* outputs, int32_t output_count,
                               octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (session == nullptr) return octet::invalid_argument("octet_session_run: session is NULL");
    return octet::run(*session, inputs, input_count, outputs, output_count);
  });
}

octet_status octet_session_rebind(octet_session* session, const octet_model* model,
                                  octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (session == nullptr || model == nullptr)
      return octet::invalid_argument("octet_session_rebind: session and model must not be NULL");
    if (!model->model->shares_structure(*session->model))
      return octet::invalid_argument(
          "octet_session_rebind: the model was not replaced from the session's own; create a new "
          "session");
    session->session = model->model->make_session();
    session->model = model->model;
    if (session->profile) session->session->set_profile(session->profile.get());
    return octet::Status::ok();
  });
}

int64_t octet_session_memory(const octet_session* session) {
  return session == nullptr ? 0 : session->session->memory_bytes();
}

octet_status octet_session_profile(octet_session* session, int32_t enable, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (session == nullptr)
      return octet::invalid_argument("octet_session_profile: session is NULL");
    session->session->set_profile(nullptr);
    session->profile.reset();
    if (enable != 0)
      session->profile = std::make_unique<octet::Profile>(session->model->engine()->pool->size());
    session->session->set_profile(session->profile.get());
    return octet::Status::ok();
  });
}

const char* octet_session_trace(octet_session* session) {
  if (session == nullptr || !session->profile) return "{\"traceEvents\": []}";
  session->trace = octet::trace_json(session->session->program(), *session->profile);
  return session->trace.c_str();
}

}  // extern "C"
