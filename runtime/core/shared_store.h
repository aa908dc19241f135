// SharedStore: what the layers of a model can share, found by what it was made from.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

#include "runtime/core/status.h"

namespace octet {

// What something was made from and how, so that equal keys mean equal contents, and nothing has to
// be read to compare two. A key starts with constants (Constant::key(): a range of a file or a
// buffer) or with a name, and every step that was taken from there is added with its parameters:
// the transposition, the scale factors, the scheme of quantization, the layout. A value type.
class SharedKey {
 public:
  // Of something that nobody can tell from others: it is equal to nothing, and never shared.
  SharedKey() = default;
  // Of something that is made from its name and parameters alone.
  static SharedKey of_name(std::string_view name);
  // Of the bytes of a buffer. `owner` keeps the buffer; nullptr: the key is unknown. The key does
  // not keep it, and remains unlike that of every later buffer at the same address.
  static SharedKey of_buffer(const std::shared_ptr<const void>& owner, const void* data);
  // Of the rows of one weight after those of another.
  static SharedKey of_rows(std::span<const SharedKey> parts);

  bool is_known() const { return !text_.empty(); }
  // This, after a step. An unknown key stays so.
  SharedKey with(std::string_view step, std::span<const std::byte> parameters = {}) const;
  // After a step whose parameter is something else that has a key. Unknown where either is.
  SharedKey with(std::string_view step, const SharedKey& parameter) const;

  // Precondition of the comparisons: both are known.
  friend bool operator<(const SharedKey& lhs, const SharedKey& rhs);
  friend bool operator==(const SharedKey& lhs, const SharedKey& rhs) {
    return !(lhs < rhs) && !(rhs < lhs);
  }
  size_t hash() const { return std::hash<std::string>()(text_); }

 private:
  void add(std::string_view step, std::span<const std::byte> parameters);

  std::string text_;
  std::vector<std::weak_ptr<const void>> owners_;  // of the buffers in text_, in their order
};

// Finds what was made before and is still in use somewhere: it keeps nothing alive by itself. A
// model owns one and hands it to passes and kernels, and models made by replace() share it.
// Threading: any thread.
class SharedStore {
 public:
  // nullptr when there is none; an unknown key has none.
  template <class T>
  std::shared_ptr<const T> find(const SharedKey& key) {
    return std::static_pointer_cast<const T>(find_entry(key, typeid(T)));
  }
  // What others shall find; where there is one already, that one. Equal contents by the key.
  template <class T>
  std::shared_ptr<const T> share(const SharedKey& key, std::shared_ptr<const T> made) {
    return std::static_pointer_cast<const T>(share_entry(key, typeid(T), std::move(made)));
  }
  // find(), or what `make` gives: a Result<std::shared_ptr<const T>>. Error: that of `make`.
  template <class T, class Make>
  Result<std::shared_ptr<const T>> get(const SharedKey& key, Make&& make) {
    if (auto found = find<T>(key)) return found;
    OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const T> made, make());
    return share<T>(key, std::move(made));
  }

 private:
  using Key = std::pair<std::type_index, SharedKey>;
  std::shared_ptr<const void> find_entry(const SharedKey& key, std::type_index type);
  std::shared_ptr<const void> share_entry(const SharedKey& key, std::type_index type,
                                          std::shared_ptr<const void> made);

  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const void>> entries_;
  size_t sweep_at_ = 64;  // entries: those that ended are dropped then
};

// store->get(), and what `make` gives where there is no store.
template <class T, class Make>
Result<std::shared_ptr<const T>> get_shared(SharedStore* store, const SharedKey& key, Make&& make) {
  if (store == nullptr) return make();
  return store->get<T>(key, std::forward<Make>(make));
}

}  // namespace octet
