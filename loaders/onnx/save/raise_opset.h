// Makes a model one of a newer opset where its nodes go on meaning the same.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "loaders/onnx/onnx_proto.h"
#include "runtime/core/status.h"

namespace octet {

// Of ONNX's own ops; 0 where the model has none of them.
int64_t opset_of(const pb::ModelProto& model);
// What nodes can be raised from and to.
inline constexpr int64_t kOldestRaised = 7, kNewestRaised = 21;

// Why a node of the model would mean something else in opset `to`, or nothing: "node \"p\"
// (Softmax): opset 13 changed it". nullopt: none would. Precondition: to <= kNewestRaised.
std::optional<std::string> why_not_raise(const pb::ModelProto& model, int64_t to);

// Writes what newer opsets write otherwise (attributes that became inputs), and the number.
// `new_name` gives a name that no value has. An older or equal `to` changes nothing. Precondition:
// why_not_raise() says nothing.
void raise_opset(pb::ModelProto& model, int64_t to,
                 const std::function<std::string(const std::string&)>& new_name);

// At least `version`; below version 4 initializers are inputs as well, which they are not from then
// on, because a runtime would let them be replaced.
void raise_ir_version(pb::ModelProto& model, int64_t version);

}  // namespace octet
