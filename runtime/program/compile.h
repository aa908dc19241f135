// compile: from a graph that the passes have finished to a Program.
#pragma once

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
};

// `graph` is used up: plain codes of quantized weights go as soon as their layer is packed, so that
// a model's weights exist once at any time, but for one layer, and those of several layers once.
// Errors name the node: kUnsupported when no kernel takes it, kIoError when a weight cannot be
// read; kCancelled or kDeadlineExceeded as check_stop() says between layers.
Result<std::shared_ptr<const Program>> compile(Graph graph, const CompileOptions& options);

}  // namespace octet
