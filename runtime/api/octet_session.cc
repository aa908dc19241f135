// The C API: sessions, and what they measured.
#include "runtime/api/handles.h"
#include "runtime/api/profile_json.h"

namespace octet {
namespace {

// A text for a function that cannot fail: `otherwise` where there is no memory to make it.
template <class F>
const char* text_or(const char* otherwise, F&& make) {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return otherwise;
  }
}

}  // namespace

std::unique_ptr<octet_session> make_session(const std::shared_ptr<const Model>& model) {
  auto session = std::make_unique<octet_session>();
  session->model = model;
  session->session = model->make_session(true);
  return session;
}

Status expect_tensors(const octet_session& session) {
  const Program& program = session.session->program();
  if (!program.holds_values) return Status::ok();
  const auto refuse = [](const char* which, const ModelTensor& value) {
    return invalid_argument(std::string(which) + " \"" + value.name + "\" is a " +
                            form_name(value.form) +
                            ", which runs by tensors cannot have; run the model with "
                            "octet_session_run_values or octet_model_run_values");
  };
  for (const ModelTensor& input : program.inputs)
    if (!input.is_tensor()) return refuse("input", input);
  for (const ModelTensor& output : program.outputs)
    if (!output.is_tensor()) return refuse("output", output);
  return Status::ok();
}

Status check_input_count(const octet_session& session, bool given, int32_t count) {
  const size_t expected = session.session->program().inputs.size();
  if (count >= 0 && static_cast<size_t>(count) == expected && (given || count == 0))
    return Status::ok();
  return invalid_argument("the model has " + std::to_string(expected) + " inputs, " +
                          std::to_string(given ? count : 0) + " were given");
}

Status check_index_dtype(const ModelTensor& input, DType given) {
  const DType wanted = input.dtype;
  if (!(given == DType::kI32 && wanted == DType::kI64) &&
      !(given == DType::kI64 && wanted == DType::kI32))
    return Status::ok();
  return invalid_argument("input \"" + input.name + "\" is " + dtype_name(given) + ", expected " +
                          dtype_name(wanted) + "; convert its elements");
}

Status take_inputs(octet_session& session, const octet_tensor* inputs, int32_t count) {
  OCTET_RETURN_IF_ERROR(expect_tensors(session));
  OCTET_RETURN_IF_ERROR(check_input_count(session, inputs != nullptr, count));
  const auto& expected = session.session->program().inputs;
  session.inputs.resize(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    auto view = to_view(inputs[i]);
    if (!view.is_ok()) return view.status().with_prefix("input \"" + expected[i].name + "\"");
    OCTET_RETURN_IF_ERROR(check_index_dtype(expected[i], view->dtype));
    const DType given = view->dtype, wanted = expected[i].dtype;
    if (given != wanted && given == byte_type(wanted) && is_packed(wanted))
      return invalid_argument("input \"" + expected[i].name + "\" is " + dtype_name(given) +
                              ", expected " + dtype_name(wanted) +
                              ", of which several share a byte; pack its elements");
    session.inputs[i] = *view;
  }
  return Status::ok();
}

Status check_output_count(const octet_session& session, bool given, int32_t count) {
  const size_t expected = session.session->program().outputs.size();
  if (count >= 0 && static_cast<size_t>(count) == expected && (given || count == 0))
    return Status::ok();
  return invalid_argument("the model has " + std::to_string(expected) + " outputs, " +
                          std::to_string(given ? count : 0) + " were given");
}

}  // namespace octet

extern "C" {

octet_status octet_session_create(const octet_model* model, octet_session** session,
                                  octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (model == nullptr || session == nullptr)
      return octet::invalid_argument("octet_session_create: model and session must not be NULL");
    *session = octet::make_session(model->model).release();
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
    OCTET_RETURN_IF_ERROR(octet::check_output_count(*session, outputs != nullptr, output_count));
    OCTET_RETURN_IF_ERROR(session->session->prepare(session->inputs));
    for (size_t i = 0; i < static_cast<size_t>(output_count); ++i)
      outputs[i] =
          octet::to_c(octet::contiguous_view(nullptr, session->session->program().outputs[i].dtype,
                                             session->session->output_shapes()[i]));
    return octet::Status::ok();
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
    session->session = model->model->make_session(true);
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

const char* octet_session_profile_json(octet_session* session) {
  constexpr const char* kNothing = "{\"nodes\": [], \"runs\": 0}";
  if (session == nullptr || !session->profile) return kNothing;
  return octet::text_or(kNothing, [&] {
    session->profile_text =
        octet::profile_json(*session->profile, session->model->engine()->pool->size());
    return session->profile_text.c_str();
  });
}

const char* octet_session_trace(octet_session* session) {
  constexpr const char* kNothing = "{\"traceEvents\": []}";
  if (session == nullptr || !session->profile) return kNothing;
  return octet::text_or(kNothing, [&] {
    session->trace = octet::trace_json(*session->profile);
    return session->trace.c_str();
  });
}

}  // extern "C"
