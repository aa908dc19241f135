// How the ops of the long-tail lane are computed.
#pragma once

#include "kernels/reference/share.h"
#include "runtime/ops/long_tail.h"

namespace octet::reference {

// One row for each op. The functions are as those in evaluate.h; `attrs` are the op's own.
struct LongTailRow {
  const LongTailOp* op;
  Status (*evaluate)(const void* attrs, const TaskArgs& args, Share& share, std::byte* scratch);
  size_t (*scratch_bytes)(const void* attrs, const TaskShapes& shapes);
};
std::span<const LongTailRow> long_tail_rows();

}  // namespace octet::reference
