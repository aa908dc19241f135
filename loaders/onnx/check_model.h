// Checks of a parsed model that need no types: versions, names, and whether every op can be
// imported.
#pragma once

#include <map>
#include <string>

#include "loaders/onnx/onnx_proto.h"
#include "runtime/core/limits.h"
#include "runtime/core/status.h"

namespace octet {

// The opset of each domain of the model; "ai.onnx" is "". Errors: kInvalidModel, kUnsupported for
// ONNX's own below 7.
Result<std::map<std::string, int64_t>> check_versions(const pb::ModelProto& model);

// Names are UTF-8 and not too long; input and output names of the graph are not empty.
Status check_names(const pb::GraphProto& graph, const Limits& limits);

// kUnsupported with all op types that have neither a row in the op table nor a body, or came after
// the model's opset, subgraphs included: domain, name, number of nodes, the first node.
Status check_ops(const pb::GraphProto& graph, const std::map<std::string, int64_t>& opsets);

}  // namespace octet
