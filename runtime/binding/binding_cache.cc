// Least-recently-used cache of bindings.
#include "runtime/binding/binding_cache.h"

namespace octet {

Result<std::shared_ptr<const Binding>> BindingCache::get(const Program& program,
                                                         const std::vector<int64_t>& symbols,
                                                         int threads, int64_t memory_limit) {
  const KeyView key(program.number, symbols);
  {
    const std::lock_guard lock(mutex_);
    if (auto found = index_.find(key); found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
  }
  OCTET_ASSIGN_OR_RETURN(auto binding, bind_shapes(program, symbols, threads, memory_limit));
  const std::lock_guard lock(mutex_);
  if (index_.contains(key)) return binding;  // another thread was faster
  entries_.emplace_front(Key(key), binding);
  index_[entries_.front().first] = entries_.begin();
  if (entries_.size() > capacity_) {
    index_.erase(entries_.back().first);
    entries_.pop_back();
  }
  return binding;
}

size_t BindingCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace octet
