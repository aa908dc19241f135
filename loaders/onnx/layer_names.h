// LayerNames: what the nodes of a graph, and the layers that they are, are called.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "loaders/onnx/onnx_proto.h"

namespace octet {

// The same names for the same graph, so that a layer's node is found again. Threading: one owner.
class LayerNames {
 public:
  // `prefix` is put before every name: "loop/body/". The graph must outlive this.
  LayerNames(const pb::GraphProto& graph, std::string prefix);

  // The node's own name, unless another node has it too: it then means neither. Else its first
  // output's. Precondition: called once for each node, in order.
  std::string of(const pb::NodeProto& node, int index);
  const std::string& prefix() const { return prefix_; }

 private:
  std::string prefix_;
  // By names, which are the proto's.
  std::unordered_map<std::string_view, int> nodes_named_;
  std::unordered_set<std::string_view> names_;  // given to nodes
};

// What the nodes of a graph in an attribute are called after, as `prefix`: "loop/body/".
inline std::string body_prefix(const std::string& node, std::string_view attribute) {
  return node + "/" + std::string(attribute) + "/";
}

}  // namespace octet
