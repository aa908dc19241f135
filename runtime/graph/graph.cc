// Building and normalizing graphs.
#include "runtime/graph/graph.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

template <class T>
Contents elements_as_dims(const Tensor& tensor) {
  std::vector<Dim> dims;
  for (T element : tensor.elements<const T>()) {
    if (!std::in_range<int64_t>(element)) return std::nullopt;
    dims.emplace_back(static_cast<int64_t>(element));
  }
  return dims;
}

Contents contents_of(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kI8:
      return elements_as_dims<int8_t>(tensor);
    case DType::kU8:
      return elements_as_dims<uint8_t>(tensor);
    case DType::kI16:
      return elements_as_dims<int16_t>(tensor);
    case DType::kU16:
      return elements_as_dims<uint16_t>(tensor);
    case DType::kI32:
      return elements_as_dims<int32_t>(tensor);
    case DType::kU32:
      return elements_as_dims<uint32_t>(tensor);
    case DType::kI64:
      return elements_as_dims<int64_t>(tensor);
    case DType::kU64:
      return elements_as_dims<uint64_t>(tensor);
    case DType::kBool: {
      std::vector<Dim> dims;
      for (bool element : tensor.elements<const bool>()) dims.emplace_back(element ? 1 : 0);
      return dims;
    }
    default:
      return std::nullopt;
  }
}

// Differences may be negative.
Status require_extents(TypeInfo& type) {
  for (size_t axis = 0; axis < type.shape.size(); ++axis)
    if (!type.shape[axis].is_constant())
      OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                     .found = type.shape[axis],
                                     .expected = 0,
                                     .what = "axis " + std::to_string(axis) + " of the result"},
                                    type.checks));
  return Status::ok();
}

}  // namespace

ValueId Graph::add_input(std::string name, TypeInfo type) {
  const bool readable = type.dtype == DType::kI64 || type.dtype == DType::kI32;
  if (readable && may_have_contents(type)) {
    std::vector<Dim> contents;
    const int64_t count = element_count(type.shape).value();
    for (int64_t i = 0; i < count; ++i) contents.push_back(Dim::symbol(element_symbol(name, i)));
    type.contents = std::move(contents);
  }
  const auto id = static_cast<ValueId>(values_.size());
  values_.push_back({std::move(name), std::move(type), std::nullopt});
  inputs_.push_back(id);
  return id;
}

Result<ValueId> Graph::add_constant(std::string name, Constant constant) {
  TypeInfo type;
  type.dtype = constant.dtype();
  type.shape = to_symbolic(constant.shape());
  if (may_have_contents(type)) {
    auto tensor = constant.load();
    if (!tensor.is_ok()) return tensor.status().with_prefix("constant \"" + name + "\"");
    type.contents = contents_of(*tensor);
  }
  const auto id = static_cast<ValueId>(values_.size());
  values_.push_back({std::move(name), std::move(type), std::move(constant)});
  return id;
}

std::string Graph::where(const Node& node) {
  return "node \"" + node.name + "\" (" + op_label(node.attributes) + ")";
}

Result<OutputTypes> Graph::infer(const Node& node) const {
  std::vector<const TypeInfo*> types;
  for (ValueId id : node.inputs) {
    assert(id == kNoValue || (id >= 0 && static_cast<size_t>(id) < values_.size()));
    types.push_back(id == kNoValue ? nullptr : &value(id).type);
  }
  auto outputs = infer_types(node.attributes, types);
  if (!outputs.is_ok()) return outputs.status().with_prefix(where(node));
  for (TypeInfo& type : *outputs) {
    OCTET_RETURN_IF_ERROR(require_extents(type));
    for (Check& check : type.checks) check.where = where(node);
  }
  return outputs;
}

Result<std::vector<ValueId>> Graph::add_node(std::string name, Attributes attributes,
                                             std::vector<ValueId> inputs,
                                             std::vector<std::string> output_names) {
  Node node{std::move(name), std::move(attributes), std::move(inputs), {}};
  auto outputs = infer(node);
  OCTET_RETURN_IF_ERROR(outputs.status());
  for (size_t i = 0; i < outputs->size(); ++i) {
    if (!origin_.empty())
      for (const Check& check : (*outputs)[i].checks)
        add_check(static_cast<ValueId>(values_.size()), check);
    std::string output_name = i == 0 ? node.name : node.name + ":" + std::to_string(i);
    if (i < output_names.size() && !output_names[i].empty()) output_name = output_names[i];
    node.outputs.push_back(static_cast<ValueId>(values_.size()));
    values_.push_back({std::move(output_name), std::move((*outputs)[i]), std::nullopt});
  }
  nodes_.push_back(std::move(node));
  return nodes_.back().outputs;
}

Result<ValueId> Graph::add(std::string name, Attributes attributes, std::vector<ValueId> inputs,
                           std::string output_name) {
  OCTET_ASSIGN_OR_RETURN(std::vector<ValueId> outputs,
                         add_node(std::move(name), std::move(attributes), std::move(inputs),
                                  {std::move(output_name)}));
  assert(outputs.size() == 1);
  return outputs[0];
}

void Graph::add_output(ValueId value, std::string name) {
  outputs_.push_back(value);
  output_names_.push_back(std::move(name));
}

void Graph::drop_unused_checks() {
  const std::vector<int> producer = producers();
  std::erase_if(checks_,
                [&](const auto& entry) { return producer[static_cast<size_t>(entry.first)] < 0; });
}

std::vector<int> Graph::producers() const {
  std::vector<int> producers(values_.size(), -1);
  for (size_t i = 0; i < nodes_.size(); ++i)
    for (ValueId output : nodes_[i].outputs)
      producers[static_cast<size_t>(output)] = static_cast<int>(i);
  return producers;
}

std::vector<std::vector<int>> Graph::users() const {
  std::vector<std::vector<int>> users(values_.size());
  for (size_t i = 0; i < nodes_.size(); ++i)
    for (ValueId input : nodes_[i].inputs)
      if (input != kNoValue) users[static_cast<size_t>(input)].push_back(static_cast<int>(i));
  return users;
}

bool Graph::is_output(ValueId id) const {
  return std::find(outputs_.begin(), outputs_.end(), id) != outputs_.end();
}

void Graph::replace_uses(ValueId from, ValueId to) {
  for (Node& node : nodes_) std::replace(node.inputs.begin(), node.inputs.end(), from, to);
  std::replace(outputs_.begin(), outputs_.end(), from, to);
}

Status Graph::normalize() {
  const std::vector<int> producer = producers();
  const auto producer_of = [&](ValueId id) {
    return id == kNoValue ? -1 : producer[static_cast<size_t>(id)];
  };

  std::vector<bool> live(nodes_.size());
  std::vector<int> pending;
  const auto visit = [&](ValueId id) {
    const int node = producer_of(id);
    if (node < 0 || live[static_cast<size_t>(node)]) return;
    live[static_cast<size_t>(node)] = true;
    pending.push_back(node);
  };
  for (ValueId id : outputs_) visit(id);
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    for (ValueId id : nodes_[static_cast<size_t>(node)].inputs) visit(id);
  }

  // Kahn's algorithm; of the nodes that are ready, the one that stood first goes first.
  std::vector<int> missing(nodes_.size(), 0);
  std::vector<std::vector<int>> readers(nodes_.size());
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  size_t live_count = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!live[i]) continue;
    ++live_count;
    for (ValueId id : nodes_[i].inputs)
      if (const int from = producer_of(id); from >= 0) {
        ++missing[i];
        readers[static_cast<size_t>(from)].push_back(static_cast<int>(i));
      }
    if (missing[i] == 0) ready.push(static_cast<int>(i));
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    order.push_back(node);
    for (int reader : readers[static_cast<size_t>(node)])
      if (--missing[static_cast<size_t>(reader)] == 0) ready.push(reader);
  }
  if (order.size() != live_count) {
    for (size_t i = 0; i < nodes_.size(); ++i)
      if (live[i] && missing[i] > 0)
        return invalid_model("node \"" + nodes_[i].name +
                             "\" depends on its own output; a graph has no cycles");
  }
  std::vector<Node> sorted;
  sorted.reserve(order.size());
  for (int node : order) sorted.push_back(std::move(nodes_[static_cast<size_t>(node)]));
  nodes_ = std::move(sorted);
  return Status::ok();
}

}  // namespace octet
