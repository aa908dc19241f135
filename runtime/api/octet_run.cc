// The C API: runs, by a session or a model, and what stops them.
#include <algorithm>
#include <cstring>

#include "runtime/api/handles.h"
#include "runtime/api/lent_data.h"

namespace octet {

Result<RunControl> to_control(const octet_cancel* cancel, double timeout_ms, const char* field) {
  RunControl control;
  if (cancel != nullptr) control.cancelled = &cancel->requested;
  if (!(timeout_ms >= 0))
    return invalid_argument(std::string(field) + " is " + std::to_string(timeout_ms) +
                            ", expected milliseconds, or 0 for no limit");
  constexpr double kCenturyMs = 3.2e12;  // further away the clock would overflow
  if (timeout_ms > 0 && timeout_ms < kCenturyMs)
    control.deadline =
        RunControl::Clock::now() + std::chrono::duration_cast<RunControl::Clock::duration>(
                                       std::chrono::duration<double, std::milli>(timeout_ms));
  return control;
}

Result<RunControl> control_of(const octet_run_options* options) {
  OCTET_ASSIGN_OR_RETURN(const octet_run_options given, take_struct(options, "octet_run_options"));
  return to_control(given.cancel, given.timeout_ms, "octet_run_options.timeout_ms");
}

namespace {

Result<TensorView> take_output(const octet_tensor& output) {
  if (output.data != nullptr) return to_output_view(output);
  OCTET_RETURN_IF_ERROR(check_place(output));
  return TensorView{};
}

Status overlap(const Program& program, size_t output, const std::string& other) {
  return invalid_argument("output \"" + program.outputs[output].name + "\": its memory overlaps " +
                          other + "'s, expected memory of its own; give it another place, or NULL");
}

}  // namespace

// Of outputs among each other only row-major ones: strided ones may lie in each other's gaps.
Status check_overlaps(octet_session& session) {
  const Program& program = session.session->program();
  const auto given = [](const TensorView& output) { return output.data != nullptr; };
  if (std::none_of(session.outputs.begin(), session.outputs.end(), given)) return Status::ok();
  session.input_bytes.resize(session.inputs.size());
  session.output_bytes.assign(session.outputs.size(), {});
  for (size_t i = 0; i < session.inputs.size(); ++i)
    session.input_bytes[i] = byte_range(session.inputs[i]).value_or(ByteRange{});
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    if (!given(session.outputs[i])) continue;
    const ByteRange bytes = byte_range(session.outputs[i]).value_or(ByteRange{});
    for (size_t n = 0; n < session.inputs.size(); ++n)
      if (bytes.overlaps(session.input_bytes[n]))
        return overlap(program, i, "input \"" + program.inputs[n].name + "\"");
    if (!session.outputs[i].contiguous()) continue;
    for (size_t n = 0; n < i; ++n)
      if (bytes.overlaps(session.output_bytes[n]))
        return overlap(program, i, "output \"" + program.outputs[n].name + "\"");
    session.output_bytes[i] = bytes;
  }
  return Status::ok();
}

namespace {

// session.outputs: the memory that the caller gave, and none elsewhere. Precondition: the inputs
// are taken.
Status take_outputs(octet_session& session, const octet_tensor* outputs, int32_t count) {
  OCTET_RETURN_IF_ERROR(check_output_count(session, outputs != nullptr, count));
  session.outputs.resize(static_cast<size_t>(count));
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    auto view = take_output(outputs[i]);
    if (!view.is_ok())
      return view.status().with_prefix("output \"" + session.session->program().outputs[i].name +
                                       "\"");
    session.outputs[i] = *view;
  }
  return check_overlaps(session);
}

// The caller's own are as they were, but for extents that only the run has shown.
void give_outputs(const octet_session& session, octet_tensor* outputs) {
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    const TensorView& output = session.outputs[i];
    if (outputs[i].data == nullptr)
      outputs[i] = to_c(output);
    else if (session.session->program().outputs[i].late >= 0)
      std::copy(output.shape.begin(), output.shape.end(), outputs[i].dims);
  }
}

// Memory of its own for every output that has none and whose extents are known. Precondition: the
// session is prepared.
std::vector<LentData> lend_outputs(octet_session& session) {
  const auto shapes = session.session->output_shapes();
  std::vector<LentData> lent(session.outputs.size());
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    TensorView& output = session.outputs[i];
    if (output.data != nullptr || session.session->program().outputs[i].late >= 0) continue;
    const DType dtype = session.session->program().outputs[i].dtype;
    lent[i] = lend_data(*session.model->engine()->memory,
                        static_cast<size_t>(packed_bytes(shapes[i].element_count(), dtype)));
    output = contiguous_view(lent[i].get(), dtype, shapes[i]);
  }
  return lent;
}

// The same for those that the run has put in the session's memory.
void lend_late_outputs(octet_session& session, const octet_tensor* outputs,
                       std::vector<LentData>& lent) {
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    if (session.session->program().outputs[i].late < 0 || outputs[i].data != nullptr) continue;
    TensorView& output = session.outputs[i];
    const auto bytes = static_cast<size_t>(packed_bytes(output.element_count(), output.dtype));
    lent[i] = lend_data(*session.model->engine()->memory, bytes);
    if (bytes > 0) std::memcpy(lent[i].get(), output.data, bytes);
    output.data = static_cast<std::byte*>(static_cast<void*>(lent[i].get()));
  }
}

}  // namespace
}  // namespace octet

extern "C" {

octet_status octet_cancel_create(octet_cancel** cancel, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (cancel == nullptr) return octet::invalid_argument("octet_cancel_create: cancel is NULL");
    *cancel = new octet_cancel;
    return octet::Status::ok();
  });
}
void octet_cancel_request(octet_cancel* cancel) {
  if (cancel != nullptr) cancel->requested.store(true);
}
void octet_cancel_reset(octet_cancel* cancel) {
  if (cancel != nullptr) cancel->requested.store(false);
}
int32_t octet_cancel_requested(const octet_cancel* cancel) {
  return cancel != nullptr && cancel->requested.load() ? 1 : 0;
}
void octet_cancel_free(octet_cancel* cancel) { delete cancel; }

octet_status octet_session_run(octet_session* session, const octet_tensor* inputs,
                               int32_t input_count, octet_tensor* outputs, int32_t output_count,
                               const octet_run_options* options, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (session == nullptr) return octet::invalid_argument("octet_session_run: session is NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::RunControl control, octet::control_of(options));
    OCTET_RETURN_IF_ERROR(octet::take_inputs(*session, inputs, input_count));
    OCTET_RETURN_IF_ERROR(octet::take_outputs(*session, outputs, output_count));
    OCTET_RETURN_IF_ERROR(session->session->run(session->inputs, session->outputs, control));
    octet::give_outputs(*session, outputs);
    return octet::Status::ok();
  });
}

octet_status octet_model_run(const octet_model* model, const octet_tensor* inputs,
                             int32_t input_count, octet_tensor* outputs, int32_t output_count,
                             const octet_run_options* options, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (model == nullptr) return octet::invalid_argument("octet_model_run: model is NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::RunControl control, octet::control_of(options));
    const octet::SessionPool::Loan loan(*model->sessions);
    octet_session& session = *loan;
    OCTET_RETURN_IF_ERROR(octet::take_inputs(session, inputs, input_count));
    OCTET_RETURN_IF_ERROR(octet::take_outputs(session, outputs, output_count));
    {
      const octet::ControlScope scope(&control);
      OCTET_RETURN_IF_ERROR(session.session->prepare(session.inputs));
    }
    auto lent = octet::lend_outputs(session);
    OCTET_RETURN_IF_ERROR(session.session->run(session.inputs, session.outputs, control));
    octet::lend_late_outputs(session, outputs, lent);
    octet::give_outputs(session, outputs);
    for (octet::LentData& data : lent) data.release();  // the caller's from here on
    return octet::Status::ok();
  });
}

}  // extern "C"
