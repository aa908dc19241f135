// Borrowing sessions and giving them back.
#include "runtime/api/session_pool.h"

#include "runtime/api/handles.h"

namespace octet {

SessionPool::SessionPool(std::shared_ptr<const Model> model, size_t most_idle)
    : model_(std::move(model)), most_idle_(most_idle) {
  idle_.reserve(most_idle);  // giving back needs no memory
}
SessionPool::~SessionPool() = default;

std::unique_ptr<octet_session> SessionPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
  }
  return make_session(model_);
}

void SessionPool::give_back(std::unique_ptr<octet_session> session) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < most_idle_) idle_.push_back(std::move(session));
}

}  // namespace octet
