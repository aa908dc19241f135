// Lookups, from the inner graph outwards.
#include "loaders/onnx/save/graph_scope.h"

#include <algorithm>

#include "loaders/onnx/save/attributes.h"
#include "loaders/onnx/save/edited_model.h"

namespace octet {

GraphScope::GraphScope(pb::GraphProto& graph, const GraphScope* outer) : outer_(outer) {
  for (const auto& tensor : graph.initializer()) tensors_[tensor.name()] = &tensor;
  for (const auto* values : {&graph.value_info(), &graph.input(), &graph.output()})
    for (const auto& value : *values)
      if (value.type().has_tensor_type())
        types_[value.name()] = value.type().tensor_type().elem_type();
  for (const auto& output : graph.output()) readers_[output.name()].push_back(nullptr);
  for (auto& node : *graph.mutable_node()) {
    for (const auto& output : node.output()) makers_[output] = &node;
    for (const auto& input : node.input()) readers_[input].push_back(&node);
    for (auto& attribute : *node.mutable_attribute())
      if (attribute.has_g())
        for_each_graph(*attribute.mutable_g(), [&](pb::GraphProto& inner) {
          for (const auto& reader : inner.node())
            for (const auto& input : reader.input()) readers_[input].push_back(nullptr);
        });
    const pb::AttributeProto* value =
        node.op_type() == "Constant" ? find_attribute(node, "value") : nullptr;
    if (value != nullptr && value->has_t() && node.output_size() == 1)
      tensors_[node.output(0)] = &value->t();
  }
}

const pb::TensorProto* GraphScope::tensor(const std::string& name) const {
  if (const auto found = tensors_.find(name); found != tensors_.end()) return found->second;
  if (makers_.contains(name) || outer_ == nullptr) return nullptr;
  return outer_->tensor(name);
}

const pb::NodeProto* GraphScope::maker(const std::string& name) const {
  if (const auto found = makers_.find(name); found != makers_.end()) return found->second;
  if (tensors_.contains(name) || outer_ == nullptr) return nullptr;
  return outer_->maker(name);
}

pb::NodeProto* GraphScope::editable(const std::string& name) const {
  const auto found = makers_.find(name);
  return found == makers_.end() ? nullptr : found->second;
}

pb::NodeProto* GraphScope::single_reader(const std::string& name) const {
  const auto found = readers_.find(name);
  return found == readers_.end() || found->second.size() != 1 ? nullptr : found->second[0];
}

namespace {

// Ops whose result has the type of input 0.
bool keeps_type(const std::string& op) {
  constexpr std::string_view kOps[] = {"Add",    "Concat", "Div",       "Expand",   "Flatten",
                                       "Gather", "Gemm",   "Identity",  "MatMul",   "Mul",
                                       "Neg",    "Pad",    "Reshape",   "Slice",    "Squeeze",
                                       "Sub",    "Tile",   "Transpose", "Unsqueeze"};
  return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

}  // namespace

int GraphScope::element_type(const std::string& name) const {
  std::string at = name;
  for (int step = 0; step < 64; ++step) {  // a cycle is no model, but a file may have one
    if (const pb::TensorProto* found = tensor(at)) return found->data_type();
    const pb::NodeProto* node = maker(at);
    if (node != nullptr && node->op_type() == "Cast")
      return static_cast<int>(int_attribute(*node, "to", 0));
    if (node != nullptr && node->op_type() == "DequantizeLinear" && node->input_size() > 1) {
      const auto given = static_cast<int>(int_attribute(*node, "output_dtype", 0));
      if (given != 0) return given;
      at = node->input(1);
    } else if (node != nullptr && keeps_type(node->op_type()) && node->input_size() > 0) {
      at = node->input(0);
    } else {
      break;
    }
  }
  for (const GraphScope* scope = this; scope != nullptr; scope = scope->outer_)
    if (const auto found = scope->types_.find(at); found != scope->types_.end())
      return found->second;
  return pb::TensorProto::FLOAT;
}

WeightPath trace_weight(const GraphScope& scope, const std::string& name) {
  WeightPath path;
  path.element_type = scope.element_type(name);
  std::string at = name;
  for (int step = 0; step < 16; ++step) {
    path.tensor = scope.tensor(at);
    if (path.tensor != nullptr) return path;
    const pb::NodeProto* node = scope.maker(at);
    if (node == nullptr || node->input_size() == 0) return path;
    const std::string& op = node->op_type();
    if (op == "DequantizeLinear") {
      if (path.dequantize != nullptr) return path;
      path.dequantize = node;
    } else if (op == "Transpose") {
      path.is_turned = !path.is_turned;
    } else if (op != "Identity" && op != "Reshape" && op != "Squeeze" && op != "Unsqueeze" &&
               op != "Flatten" && op != "Cast") {
      return path;
    }
    at = node->input(0);
  }
  return path;
}

}  // namespace octet
