// The table of ONNX ops that can be imported, one row per op.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/core/status.h"

namespace octet {

class NodeImport;

// Turns one ONNX node into nodes of the IR and sets the node's outputs. All differences between
// opsets end here.
using ImportFunction = Status (*)(NodeImport& node);

struct OpRow {
  std::string_view domain;  // "" is ONNX's own
  std::string_view op_type;
  ImportFunction import;
  int min_inputs;  // the first min_inputs must be there
  int max_inputs;  // kAnyNumber: no limit
  int max_outputs = 1;
  int64_t since = 1;  // the opset that brought the op
  bool takes_values = false;  // an input may be a sequence or an optional
};
inline constexpr int kAnyNumber = -1;

// nullptr when there is no such row. "ai.onnx" is "".
const OpRow* find_op(std::string_view domain, std::string_view op_type);
// All rows, sorted by domain and op type.
std::vector<OpRow> op_table();
// Those of com.microsoft alone, sorted by op type.
std::span<const OpRow> contrib_op_table();
// Those of the long-tail lane alone, beside their importers.
std::span<const OpRow> long_tail_op_table();
// Those of sequences and optionals, beside their importers.
std::span<const OpRow> sequence_op_table();

}  // namespace octet
