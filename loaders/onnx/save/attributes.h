// Attributes of nodes, read and written.
#pragma once

#include <string_view>
#include <vector>

#include "loaders/onnx/onnx_proto.h"

namespace octet {

// nullptr where the node does not have it.
const pb::AttributeProto* find_attribute(const pb::NodeProto& node, std::string_view name);
int64_t int_attribute(const pb::NodeProto& node, std::string_view name, int64_t otherwise);
// Nothing where the node does not have it.
void remove_attribute(pb::NodeProto& node, std::string_view name);
// Precondition of both: the node does not have it.
void add_int(pb::NodeProto& node, const char* name, int64_t value);
void add_ints(pb::NodeProto& node, const char* name, const std::vector<int64_t>& values);

}  // namespace octet
