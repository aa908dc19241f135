// GraphProto to Graph.
#pragma once

#include <map>
#include <string>

#include "loaders/onnx/import_tensor.h"
#include "runtime/graph/graph.h"

namespace octet {

// Imports inputs, initializers, nodes and outputs, in this order. Precondition: check_names and
// check_ops accepted `proto`. An initializer that is also an input (IR below 4) is a constant.
// Errors: kInvalidModel for undefined names, names made twice, and nodes before their inputs; and
// those of the importers, each with the node before it.
// `owner` keeps `proto`, `opsets` and `store` alive: nodes that can only be imported once a run
// shows some values keep it (GraphSource).
Result<Graph> import_graph(const pb::GraphProto& proto,
                           const std::map<std::string, int64_t>& opsets, TensorStore& store,
                           std::shared_ptr<const void> owner = nullptr);

}  // namespace octet
