// Bodies of ONNX's own ops: what the standard says that an op is, in terms of other ops.
#pragma once

#include <map>
#include <string>

#include "loaders/onnx/onnx_proto.h"
#include "runtime/core/status.h"
#include "runtime/ops/type_info.h"

namespace octet {

// Whether the op of that opset has a body. Ops that hold graphs or tensors are said to have none: a
// graph sees the names around its node, which a body would hide. The first call of a process builds
// ONNX's table of ops: ask for what there is no importer of.
bool has_function_body(const std::string& domain, const std::string& op_type, int64_t opset);

// The body of one node. Nothing in it refers to what is around the node.
struct FunctionBody {
  // Inputs: all that the op has, by the standard's names; those that the node leaves out are absent
  // in the nodes as well. Outputs: those that the node gives, in its order. Attributes of the node,
  // or their defaults, are filled in.
  pb::GraphProto graph;
  std::map<std::string, int64_t> opsets;  // that it is written in, by domain
};

// Precondition: has_function_body() of the node. `inputs`: as they are known, nullptr where absent.
// Errors: kInvalidModel for a node that is none of the op, by its number of inputs and outputs or
// its attributes, and for one that the standard has no body for.
Result<FunctionBody> function_body(const pb::NodeProto& node, int64_t opset, InputTypes inputs);

}  // namespace octet
