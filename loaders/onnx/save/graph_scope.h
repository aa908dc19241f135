// GraphScope: what the names in a graph of a model stand for.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "loaders/onnx/onnx_proto.h"

namespace octet {

// A graph's names and those of the graphs around it. Threading: one owner.
class GraphScope {
 public:
  // The graph's nodes and tensors must outlive it, wherever they are moved; `outer` as well.
  GraphScope(pb::GraphProto& graph, const GraphScope* outer);

  // nullptr where the name is something else.
  const pb::TensorProto* tensor(const std::string& name) const;  // of an initializer or Constant
  const pb::NodeProto* maker(const std::string& name) const;
  // The node of this graph alone that makes the value, to be changed; nullptr where none does.
  pb::NodeProto* editable(const std::string& name) const;
  // The one reader of a value of this graph, which is no output; nullptr where there are others.
  pb::NodeProto* single_reader(const std::string& name) const;
  // TensorProto::DataType as far as the nodes around and value_info tell it, else FLOAT.
  int element_type(const std::string& name) const;

 private:
  std::unordered_map<std::string, const pb::TensorProto*> tensors_;
  std::unordered_map<std::string, pb::NodeProto*> makers_;
  std::unordered_map<std::string, std::vector<pb::NodeProto*>> readers_;  // nullptr: another graph
  std::unordered_map<std::string, int> types_;  // of inputs and of what value_info names
  const GraphScope* outer_;
};

// A constant weight on its way to the node that reads it.
struct WeightPath {
  const pb::TensorProto* tensor = nullptr;    // where it starts; nullptr: it is computed of several
  const pb::NodeProto* dequantize = nullptr;  // the DequantizeLinear that it goes through
  bool is_turned = false;                     // by a Transpose of a matrix
  int element_type = 0;                       // of what is read
};
WeightPath trace_weight(const GraphScope& scope, const std::string& name);

}  // namespace octet
