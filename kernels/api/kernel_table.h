// Kernel tables: ordered rows, fastest first; a row that declines says why.
#pragma once

#include <span>

#include "kernels/api/kernel.h"
#include "runtime/core/constant.h"
#include "runtime/core/support.h"
#include "runtime/ops/op.h"

namespace octet {

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
