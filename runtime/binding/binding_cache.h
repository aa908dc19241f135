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
  // Looks a key up without making one: a session whose shapes were seen allocates nothing.
  using KeyView = std::pair<int, const std::vector<int64_t>&>;
  struct Less {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return a.first != b.first ? a.first < b.first : a.second < b.second;
    }
  };
  using Entry = std::pair<Key, std::shared_ptr<const Binding>>;
  size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::map<Key, std::list<Entry>::iterator, Less> index_;
};

}  // namespace octet
