// BindingCache: the most recently used bindings of a model's programs, a bounded number of them.
#pragma once

#include <list>
#include <map>
#include <mutex>

#include "runtime/binding/binding.h"

namespace octet {

// Threading: any thread.
class BindingCache {
 public:
  explicit BindingCache(size_t capacity) : capacity_(capacity) {}

  // The binding for these symbols, made when it is not there. Errors as bind_shapes().
  Result<std::shared_ptr<const Binding>> get(const Program& program,
                                             const std::vector<int64_t>& symbols, int threads,
                                             int64_t memory_limit);
  size_t size() const;

 private:
  using Key = std::pair<int, std::vector<int64_t>>;  // Program::number, symbols
  using Entry = std::pair<Key, std::shared_ptr<const Binding>>;
  size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::map<Key, std::list<Entry>::iterator> index_;
};

}  // namespace octet
