// What the importers of RNN, LSTM and GRU share, whatever their weights are.
#pragma once

#include <functional>

#include "loaders/onnx/node_import.h"
#include "runtime/ops/recurrence.h"

namespace octet {

namespace recurrent {
enum Input { kX, kW, kR, kB, kLengths, kHidden, kCell, kPeepholes };
}

// What holds for all directions of a node.
struct Recurrent {
  RecurrentCell cell;
  int64_t directions;
  bool reverse;      // of one direction
  bool batch_first;  // layout 1
  int64_t hidden;
  Dim steps, batch, features;

  int64_t columns() const { return gate_count(cell) * hidden; }
  // Of initial and last states, [directions, batch, hidden] or with the batch first.
  int state_axis() const { return batch_first ? 1 : 0; }
  SymbolicShape state_shape() const {
    return batch_first ? SymbolicShape{batch, directions, hidden}
                       : SymbolicShape{directions, batch, hidden};
  }
  // In front of the names of steps.
  std::string prefix(int64_t direction) const {
    return directions == 1 ? "" : direction == 0 ? "forward/" : "reverse/";
  }
};

// From the node's attributes and inputs, whose types and extents are checked, but for those of W
// and R. `hidden_axis`: that of R with as many elements as there are hidden units.
Result<Recurrent> read_recurrent(NodeImport& node, RecurrentCell cell, size_t hidden_axis);
// That input `index`, where it is there, has these extents.
Status expect_input(NodeImport& node, int index, const char* name, const SymbolicShape& expected);
// That these inputs, where they are there, have the type of X.
Status expect_type_of_src(const NodeImport& node, std::initializer_list<int> inputs);

// X with the steps first.
Result<ValueId> emit_steps_first(NodeImport& node, const Recurrent& recurrent);
// What an input has for one direction along its first axis, without that axis: a constant where the
// input is one, so that it can be packed. kNoValue where it is absent.
Result<ValueId> emit_part(NodeImport& node, const Recurrent& recurrent, int64_t direction,
                          int index, const char* name);

// What nodes make of their W and R.
struct RecurrentWeights {
  // X . W^T + bias of a direction for all steps, [steps, batch, gates * hidden]. bias: kNoValue for
  // none.
  std::function<Result<ValueId>(int64_t direction, ValueId bias)> gates;
  // R of a direction, [gates * hidden, hidden].
  std::function<Result<ValueId>(int64_t direction)> recurrence;
};
// The node's outputs: for each direction the gates of all steps, and a Recurrence.
Status finish_recurrent(NodeImport& node, const Recurrent& recurrent,
                        const RecurrentWeights& weights);

}  // namespace octet
