// Runs the programs of If nodes and stages; loops are in run_loop.cc.
#include "runtime/session/loop_run.h"

#include <algorithm>

#include "runtime/program/late_programs.h"

namespace octet {

int64_t Session::Subprogram::memory_bytes() const {
  int64_t bytes = 0;
  for (const auto& [program, session] : sessions) bytes += session->memory_bytes();
  for (const auto* buffers : {&carried[0], &carried[1], &scanned})
    for (const KeptBuffer& buffer : *buffers) bytes += buffer.held();
  return bytes;
}

Session& Session::inner_session(Subprogram& work, const std::shared_ptr<const Program>& program) {
  auto& sessions = work.sessions;
  const auto found = std::find_if(sessions.begin(), sessions.end(),
                                  [&](const auto& entry) { return entry.first == program; });
  if (found == sessions.end()) {
    SessionOptions options = options_;
    options.inner = true;
    options.packed = false;
    auto session = std::make_unique<Session>(program, cache_, pool_, options);
    sessions.insert(sessions.begin(), {program, std::move(session)});
    if (sessions.size() > kLatePrograms) sessions.pop_back();
  } else if (found != sessions.begin()) {
    std::rotate(sessions.begin(), found, found + 1);
  }
  sessions.front().second->set_profile(profile_);
  return *sessions.front().second;
}

Status Session::run_subprogram(const SubprogramStep& call, const BoundStep& bound) {
  auto& kept = subprograms_[step_];
  if (kept == nullptr) kept = std::make_unique<Subprogram>();
  Subprogram& work = *kept;
  const auto place = [&](const std::vector<TensorIndex>& tensors, const std::vector<int>& late,
                         size_t first_view, std::vector<TensorView>& views) {
    views.assign(tensors.size(), {});
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i] != kNoTensor) views[i] = views_[first_view + i];
      if (late[i] >= 0) views[i] = late_[static_cast<size_t>(late[i])];
    }
  };
  place(call.inputs, call.late_inputs, bound.first_view, work.inputs);
  place(call.outputs, std::vector<int>(call.outputs.size(), -1),
        bound.first_view + call.inputs.size(), work.outputs);

  const std::span<const TensorView> inputs(work.inputs);
  const auto run = [&](const std::shared_ptr<const Program>& program, size_t first_input) {
    return inner_session(work, program).run(inputs.subspan(first_input), work.outputs, control_);
  };
  Status status;
  switch (call.control.kind) {
    case ControlKind::kIf:
      status = run(call.programs[*inputs[0].as<bool>() ? 0 : 1], 1);
      break;
    case ControlKind::kRest:
      status = run(call.programs[0], 0);
      break;
    case ControlKind::kLater: {
      auto program = call.source->get(inputs.first(static_cast<size_t>(call.control.known)));
      status = program.is_ok() ? run(*program, 0) : kernel_status(program.status(), call.report);
      break;
    }
    case ControlKind::kLoop:
    case ControlKind::kScan:
      status = LoopRun(*this, call, bound, work).run();
      break;
  }
  OCTET_RETURN_IF_ERROR(status);
  for (size_t i = 0; i < call.outputs.size(); ++i)
    if (call.late_outputs[i] >= 0)
      late_[static_cast<size_t>(call.late_outputs[i])] = work.outputs[i];
  return Status::ok();
}

}  // namespace octet
