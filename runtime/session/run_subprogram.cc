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

void Session::read_operands(const SessionOperands& operands, const BoundStep& bound,
                            StepOperands& read) {
  const size_t count = operands.inputs.size();
  read.inputs.assign(count, {});
  read.values.assign(program_->holds_values ? count : 0, {});
  for (size_t i = 0; i < count; ++i) {
    if (operands.inputs[i] != kNoTensor) read.inputs[i] = views_[bound.first_view + i];
    if (operands.late_inputs[i] < 0) continue;
    const auto late = static_cast<size_t>(operands.late_inputs[i]);
    read.inputs[i] = late_[late];
    if (read.values.empty()) continue;
    if (operands.is_last_read[i])
      read.values[i] = std::move(held_[late]);
    else
      read.values[i] = held_[late];
  }
  read.outputs.assign(operands.outputs.size(), {});
  read.results.assign(program_->holds_values ? operands.outputs.size() : 0, {});
  for (size_t i = 0; i < operands.outputs.size(); ++i)
    if (operands.outputs[i] != kNoTensor) read.outputs[i] = views_[bound.first_view + count + i];
}

void Session::keep_results(const SessionOperands& operands, StepOperands& made) {
  for (size_t i = 0; i < operands.outputs.size(); ++i) {
    if (operands.late_outputs[i] < 0) continue;
    const auto late = static_cast<size_t>(operands.late_outputs[i]);
    late_[late] = made.outputs[i];
    if (!made.results.empty()) held_[late] = std::move(made.results[i]);
  }
}

namespace {

// The rank of the tensors in a value, as value_form.h numbers ranks.
int held_rank(const HeldValue& value) {
  if (!value) return kAnyRank;
  if (value.is(HeldKind::kTensor)) return value.tensor().shape().rank();
  int rank = kAnyRank;
  for (const HeldValue& element : value.elements()) rank = common_rank(rank, held_rank(element));
  return rank == kUnknownRank ? kSeveralRanks : rank;
}

}  // namespace

std::span<const TensorView> Session::Subprogram::find_known(const SubprogramStep& call) {
  const auto count = static_cast<size_t>(call.control.known);
  known.assign(inputs.begin(), inputs.begin() + call.control.known);
  held_ranks.assign(count, 0);
  for (size_t i = 0; i < count; ++i) {
    if (call.operands.input_forms[i] == ValueForm::kTensor) continue;
    held_ranks[i] = held_rank(values[i]);
    known[i] = contiguous_view(&held_ranks[i], DType::kI64, {});
  }
  return known;
}

Status Session::run_subprogram(const SubprogramStep& call, const BoundStep& bound) {
  auto& kept = subprograms_[step_];
  if (kept == nullptr) kept = std::make_unique<Subprogram>();
  Subprogram& work = *kept;
  const LetGo<Subprogram> let_go{work};
  read_operands(call.operands, bound, work);

  const std::span<const TensorView> inputs(work.inputs);
  const auto run = [&](const std::shared_ptr<const Program>& program, size_t first_input) {
    HeldValues values{{}, work.results, budget_};
    if (!work.values.empty()) values.inputs = std::span(work.values).subspan(first_input);
    return inner_session(work, program)
        .run(inputs.subspan(first_input), work.outputs, control_, values);
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
      auto program = call.source->get(work.find_known(call));
      status = program.is_ok() ? run(*program, 0) : kernel_status(program.status(), call.report);
      break;
    }
    case ControlKind::kLoop:
    case ControlKind::kScan:
      status = LoopRun(*this, call, bound, work).run();
      break;
  }
  if (status.is_ok()) keep_results(call.operands, work);
  return status;
}

}  // namespace octet
