// The control of what a thread is doing.
#include "runtime/core/run_control.h"

namespace octet {
namespace {

thread_local const RunControl* current = nullptr;

}  // namespace

ControlScope::ControlScope(const RunControl* control) : before_(current) {
  if (control != nullptr) current = control;
}
ControlScope::~ControlScope() { current = before_; }

const RunControl* current_control() { return current; }

Status stop_error(StatusCode code) {
  return {code, code == StatusCode::kCancelled
                    ? "cancelled by the caller"
                    : "the time that the caller gave was over before the end; give it more"};
}

Status check_stop() {
  const StatusCode code = current == nullptr ? StatusCode::kOk : current->check();
  return code == StatusCode::kOk ? Status::ok() : stop_error(code);
}

}  // namespace octet
