// Kernel tables: ordered rows, fastest first; a row that declines says why.
#pragma once

#include <span>
#include <string>

#include "kernels/api/kernel.h"
#include "runtime/core/constant.h"
#include "runtime/ops/op.h"

namespace octet {

// Yes, or no with the reason.
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

// What a row of the table may look at.
struct KernelRequest {
  const Attributes& attributes;
  InputTypes inputs;
  const OutputTypes& outputs;
  std::span<const Constant* const> constants;  // per input; nullptr where it is computed or absent
  SharedStore* store = nullptr;  // what the kernels of a model share; nullptr: nothing
};

struct KernelRow {
  const char* name;  // "quantized_linear/onednn": op, implementation
  OpKind op;
  Support (*accept)(const KernelRequest& request);
  // Precondition: accept() said yes. Packs weights, unless request.store has them packed. Error:
  // kIoError from loading a constant, kInternal from a library.
  Result<Kernel> (*make)(const KernelRequest& request);
};

}  // namespace octet
