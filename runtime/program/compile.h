// compile: from a graph that the passes have finished to a Program, with those of the graphs
// inside.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/api/backend.h"
#include "runtime/graph/graph.h"
#include "runtime/program/program.h"

namespace octet {

struct CompileOptions {
  std::vector<Backend> backends;  // in order of preference; the last one takes everything
  // Copies a tensor of any strides to a contiguous one, and to any other of the same shape.
  std::shared_ptr<const TaskKernel> copy;
  SharedStore* store = nullptr;  // of the model; nullptr: layers share nothing
  // Passes and compilation of a graph that is made late, with everything that they need. Empty:
  // such graphs are refused.
  std::function<Result<std::shared_ptr<const Program>>(Graph)> make_late = {};
  // Numbers of the model's programs; nullptr: there is but one.
  std::shared_ptr<std::atomic<int>> numbers = {};
};

// `graph` is used up: plain codes of quantized weights go as soon as their layer is packed, so that
// a model's weights exist once at any time, but for one layer, and those of several layers once.
// Errors name the node: kUnsupported when no kernel takes it, kIoError when a weight cannot be
// read; kCancelled or kDeadlineExceeded as check_stop() says between layers.
Result<std::shared_ptr<const Program>> compile(Graph graph, const CompileOptions& options);

}  // namespace octet
