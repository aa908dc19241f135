// What a step that runs other programs keeps from run to run.
#pragma once

#include "runtime/session/session.h"

namespace octet {

// Lets go of the values that a step read and gave, however it ends.
template <class Operands>
struct LetGo {
  Operands& operands;
  ~LetGo() {
    operands.values.clear();
    operands.results.clear();
  }
};

struct Session::Subprogram : StepOperands {
  // Sessions of the programs, the last used first.
  std::vector<std::pair<std::shared_ptr<const Program>, std::unique_ptr<Session>>> sessions;
  // Of a graph that is made late: what is known of its first inputs.
  std::vector<TensorView> known;
  std::vector<int64_t> held_ranks;

  // Of a loop. Values that go from one iteration to the next: those read, and those written.
  std::vector<KeptBuffer> carried[2];
  std::vector<KeptBuffer> scanned;  // scan outputs without a place
  std::vector<TensorView> body_inputs, body_outputs;
  std::vector<HeldValue> carried_values, body_values, body_results;
  int64_t iteration = 0;
  bool condition = true;

  // What a graph is made for: the values of the first inputs, or the ranks of what they hold.
  std::span<const TensorView> find_known(const SubprogramStep& call);
  int64_t memory_bytes() const;
};

}  // namespace octet
