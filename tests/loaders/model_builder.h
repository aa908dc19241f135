// Builds small ONNX models in code, and looks at what the loader makes of them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loaders/onnx/load_model.h"
#include "loaders/onnx/onnx_proto.h"

namespace octet::test {

inline constexpr auto kFloat = pb::TensorProto::FLOAT;
inline constexpr auto kInt64 = pb::TensorProto::INT64;
inline constexpr auto kBoolean = pb::TensorProto::BOOL;

// An extent of an input: a number or a name.
struct Extent {
  Extent(int value) : value(value) {}
  Extent(const char* name) : name(name) {}
  int64_t value = 0;
  std::string name;
};

template <class T>
constexpr pb::TensorProto::DataType onnx_type() {
  if constexpr (std::is_same_v<T, float>) return pb::TensorProto::FLOAT;
  if constexpr (std::is_same_v<T, double>) return pb::TensorProto::DOUBLE;
  if constexpr (std::is_same_v<T, int64_t>) return pb::TensorProto::INT64;
  if constexpr (std::is_same_v<T, int32_t>) return pb::TensorProto::INT32;
  if constexpr (std::is_same_v<T, uint8_t>) return pb::TensorProto::UINT8;
  return pb::TensorProto::UNDEFINED;
}

// A tensor with its elements as raw data.
template <class T>
pb::TensorProto raw_tensor(const std::string& name, std::vector<int64_t> dims,
                           const std::vector<T>& values) {
  pb::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(onnx_type<T>());
  for (int64_t dim : dims) tensor.add_dims(dim);
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
  return tensor;
}

class NodeBuilder {
 public:
  explicit NodeBuilder(pb::NodeProto& node) : node_(node) {}
  NodeBuilder& attr(const std::string& name, int value) { return attr(name, int64_t{value}); }
  NodeBuilder& attr(const std::string& name, int64_t value) {
    add(name, pb::AttributeProto::INT).set_i(value);
    return *this;
  }
  NodeBuilder& attr(const std::string& name, float value) {
    add(name, pb::AttributeProto::FLOAT).set_f(value);
    return *this;
  }
  NodeBuilder& attr(const std::string& name, const char* value) {
    add(name, pb::AttributeProto::STRING).set_s(value);
    return *this;
  }
  NodeBuilder& ints(const std::string& name, std::vector<int64_t> values) {
    auto& attribute = add(name, pb::AttributeProto::INTS);
    for (int64_t value : values) attribute.add_ints(value);
    return *this;
  }
  NodeBuilder& attr(const std::string& name, const pb::TensorProto& value) {
    *add(name, pb::AttributeProto::TENSOR).mutable_t() = value;
    return *this;
  }
  NodeBuilder& graph(const std::string& name, const pb::GraphProto& value) {
    *add(name, pb::AttributeProto::GRAPH).mutable_g() = value;
    return *this;
  }
  NodeBuilder& attr(const std::string& name, const pb::TypeProto& value) {
    *add(name, pb::AttributeProto::TYPE_PROTO).mutable_tp() = value;
    return *this;
  }
  NodeBuilder& named(const std::string& name) {
    node_.set_name(name);
    return *this;
  }
  NodeBuilder& in_domain(const std::string& domain) {
    node_.set_domain(domain);
    return *this;
  }
  pb::NodeProto& proto() { return node_; }

 private:
  pb::AttributeProto& add(const std::string& name, pb::AttributeProto::AttributeType type) {
    auto& attribute = *node_.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }
  pb::NodeProto& node_;
};

class ModelBuilder {
 public:
  explicit ModelBuilder(int64_t opset = 17) {
    proto.set_ir_version(8);
    import("", opset);
    graph().set_name("g");
  }
  pb::GraphProto& graph() { return *proto.mutable_graph(); }
  ModelBuilder& import(const std::string& domain, int64_t opset) {
    auto& import = *proto.add_opset_import();
    import.set_domain(domain);
    import.set_version(opset);
    return *this;
  }
  ModelBuilder& input(const std::string& name, std::vector<Extent> extents, int type = kFloat) {
    set_tensor(*value_info(*graph().add_input(), name).mutable_type(), std::move(extents), type);
    return *this;
  }
  // A sequence of tensors with these extents; nullopt: of any rank.
  ModelBuilder& sequence(const std::string& name, std::optional<std::vector<Extent>> extents,
                         int type = kFloat) {
    set_tensor(*value_info(*graph().add_input(), name)
                    .mutable_type()
                    ->mutable_sequence_type()
                    ->mutable_elem_type(),
               extents, type);
    return *this;
  }
  // An optional tensor, or an optional sequence.
  ModelBuilder& optional(const std::string& name, std::optional<std::vector<Extent>> extents,
                         bool of_sequence = false, int type = kFloat) {
    pb::TypeProto* inside = value_info(*graph().add_input(), name)
                                .mutable_type()
                                ->mutable_optional_type()
                                ->mutable_elem_type();
    if (of_sequence) inside = inside->mutable_sequence_type()->mutable_elem_type();
    set_tensor(*inside, extents, type);
    return *this;
  }
  template <class T>
  ModelBuilder& initializer(const std::string& name, std::vector<int64_t> dims,
                            std::vector<T> values) {
    *graph().add_initializer() = raw_tensor(name, std::move(dims), values);
    return *this;
  }
  ModelBuilder& ints(const std::string& name, std::vector<int64_t> values) {
    return initializer(name, {static_cast<int64_t>(values.size())}, values);
  }
  ModelBuilder& scalar(const std::string& name, int64_t value) {
    return initializer(name, {}, std::vector<int64_t>{value});
  }
  NodeBuilder node(const std::string& op, std::vector<std::string> inputs,
                   std::vector<std::string> outputs) {
    auto& node = *graph().add_node();
    node.set_op_type(op);
    for (const auto& name : inputs) node.add_input(name);
    for (const auto& name : outputs) node.add_output(name);
    return NodeBuilder(node);
  }
  ModelBuilder& output(const std::string& name) {
    value_info(*graph().add_output(), name);
    return *this;
  }
  // Of the last output, which the file declares.
  pb::TypeProto& output_type() {
    return *graph().mutable_output(graph().output_size() - 1)->mutable_type();
  }
  static void set_tensor(pb::TypeProto& proto, std::optional<std::vector<Extent>> extents,
                         int type = kFloat) {
    auto& tensor = *proto.mutable_tensor_type();
    tensor.set_elem_type(type);
    if (!extents) return;
    tensor.mutable_shape();
    for (const Extent& extent : *extents) {
      auto& dim = *tensor.mutable_shape()->add_dim();
      if (extent.name.empty())
        dim.set_dim_value(extent.value);
      else if (extent.name != "?")
        dim.set_dim_param(extent.name);
    }
  }

  std::string bytes() const { return proto.SerializeAsString(); }
  Result<LoadedModel> load(const Limits& limits = {}) const;

  pb::ModelProto proto;

 private:
  static pb::ValueInfoProto& value_info(pb::ValueInfoProto& info, const std::string& name) {
    info.set_name(name);
    return info;
  }
};

inline Result<LoadedModel> load_bytes(const std::string& bytes, const Limits& limits = {}) {
  auto owner = std::make_shared<const std::string>(bytes);
  return load_onnx_memory(std::as_bytes(std::span(*owner)), owner, "", limits);
}
inline Result<LoadedModel> ModelBuilder::load(const Limits& limits) const {
  return load_bytes(bytes(), limits);
}

// The graph of a model that must load.
inline Graph loaded(const ModelBuilder& model) {
  auto result = model.load();
  EXPECT_TRUE(result.is_ok()) << result.status().message();
  return result.is_ok() ? std::move(result->graph) : Graph();
}
// The message of a model that must not load; "" when it does.
inline std::string load_error(const ModelBuilder& model) {
  const auto result = model.load();
  EXPECT_FALSE(result.is_ok());
  return result.is_ok() ? "" : result.status().message();
}

// "transpose linear add": the ops in order.
inline std::string ops(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes())
    text += (text.empty() ? "" : " ") + op_label(node.attributes);
  return text;
}
// "float32[batch, 4]" of output `index`.
inline std::string output_text(const Graph& graph, size_t index = 0) {
  if (index >= graph.outputs().size()) return "none";
  return to_string(graph.value(graph.outputs()[index]).type);
}
// The attributes of the first node of that kind. Precondition: there is one.
template <class Attrs>
const Attrs& first(const Graph& graph) {
  for (const Node& node : graph.nodes())
    if (const auto* attrs = node.as<Attrs>()) return *attrs;
  throw std::runtime_error("no such node in: " + to_string(graph));
}
template <class T>
std::vector<T> elements(const Constant& constant) {
  const auto tensor = constant.load();
  EXPECT_TRUE(tensor.is_ok()) << tensor.status().message();
  const auto values = tensor->elements<const T>();
  return {values.begin(), values.end()};
}
// The elements of the constant that the first node reads as input `index`.
template <class T>
std::vector<T> constant_input(const Graph& graph, size_t index) {
  return elements<T>(*graph.value(graph.nodes()[0].inputs.at(index)).constant);
}

}  // namespace octet::test
