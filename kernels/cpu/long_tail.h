// Rows of the kernel table for single ops of the long-tail lane.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// The attributes of the node where it is that op, else nullptr.
template <LongTail Attrs>
const Attrs* tail_attributes(const KernelRequest& request) {
  const auto* tail = std::get_if<LongTailAttrs>(&request.attributes);
  if (tail == nullptr || &tail->op() != &kLongTailOp<Attrs>) return nullptr;
  return static_cast<const Attrs*>(tail->attrs());
}

// Why a kernel refuses all other ops of the lane.
template <LongTail Attrs>
Support require_tail(const KernelRequest& request) {
  if (tail_attributes<Attrs>(request) != nullptr) return Support::yes();
  return Support::no(std::string("it is no ") + Attrs::kName);
}

}  // namespace octet::cpu
