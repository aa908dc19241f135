// Support: yes, or no with the reason.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace octet {

class Support {
 public:
  static Support yes() { return Support(); }
  static Support no(std::string reason) { return Support(std::move(reason)); }
  static Support no(std::string reason, int64_t found) {
    return Support(std::move(reason) + ", found " + std::to_string(found));
  }
  bool is_yes() const { return reason_.empty(); }
  const std::string& reason() const { return reason_; }

 private:
  Support() = default;
  explicit Support(std::string reason) : reason_(std::move(reason)) {}
  std::string reason_;
};

}  // namespace octet
