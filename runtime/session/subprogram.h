// What a step that runs other programs keeps from run to run.
#pragma once

#include "runtime/session/session.h"

namespace octet {

struct Session::Subprogram {
  // Sessions of the programs, the last used first.
  std::vector<std::pair<std::shared_ptr<const Program>, std::unique_ptr<Session>>> sessions;
  std::vector<TensorView> inputs, outputs;  // of the step, in its order

  // Of a loop. Values that go from one iteration to the next: those read, and those written.
  std::vector<KeptBuffer> carried[2];
  std::vector<KeptBuffer> scanned;  // scan outputs without a place
  std::vector<TensorView> body_inputs, body_outputs;
  int64_t iteration = 0;
  bool condition = true;

  int64_t memory_bytes() const;
};

}  // namespace octet
