// Keys as texts that can't be mistaken for one another, and a map of what is in use.
#include "runtime/core/shared_store.h"

#include <algorithm>
#include <cassert>

namespace octet {

SharedKey SharedKey::of_name(std::string_view name) {
  SharedKey key;
  key.add(name, {});
  return key;
}

SharedKey SharedKey::of_buffer(const std::shared_ptr<const void>& owner, const void* data) {
  SharedKey key;
  if (owner == nullptr) return key;
  key.add("buffer", std::as_bytes(std::span(&data, 1)));
  key.owners_.push_back(owner);
  return key;
}

SharedKey SharedKey::of_rows(std::span<const SharedKey> parts) {
  SharedKey key;
  for (const SharedKey& part : parts) {
    if (!part.is_known()) return {};
    key.add("rows of", std::as_bytes(std::span(part.text_)));
    key.owners_.insert(key.owners_.end(), part.owners_.begin(), part.owners_.end());
  }
  return key;
}

SharedKey SharedKey::with(std::string_view step, std::span<const std::byte> parameters) const {
  SharedKey key = *this;
  if (key.is_known()) key.add(step, parameters);
  return key;
}

SharedKey SharedKey::with(std::string_view step, const SharedKey& parameter) const {
  if (!is_known() || !parameter.is_known()) return {};
  SharedKey key = with(step, std::as_bytes(std::span(parameter.text_)));
  key.owners_.insert(key.owners_.end(), parameter.owners_.begin(), parameter.owners_.end());
  return key;
}

// Lengths stand before the bytes, so that no bytes can look like the end of a step.
void SharedKey::add(std::string_view step, std::span<const std::byte> parameters) {
  text_ += std::to_string(step.size()) + ":" + std::to_string(parameters.size()) + ":";
  text_ += step;
  text_.append(reinterpret_cast<const char*>(parameters.data()), parameters.size());
}

bool operator<(const SharedKey& lhs, const SharedKey& rhs) {
  assert(lhs.is_known() && rhs.is_known());
  if (const int order = lhs.text_.compare(rhs.text_); order != 0) return order < 0;
  return std::lexicographical_compare(
      lhs.owners_.begin(), lhs.owners_.end(), rhs.owners_.begin(), rhs.owners_.end(),
      [](const auto& left, const auto& right) { return left.owner_before(right); });
}

std::shared_ptr<const void> SharedStore::find_entry(const SharedKey& key, std::type_index type) {
  if (!key.is_known()) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(Key(type, key));
  return found == entries_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<const void> SharedStore::share_entry(const SharedKey& key, std::type_index type,
                                                     std::shared_ptr<const void> made) {
  if (!key.is_known()) return made;
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= sweep_at_) {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<size_t>(64, 2 * entries_.size());
  }
  std::weak_ptr<const void>& entry = entries_[Key(type, key)];
  if (auto other = entry.lock()) return other;
  entry = made;
  return made;
}

}  // namespace octet
