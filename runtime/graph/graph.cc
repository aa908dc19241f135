// Building and editing graphs, and who makes and reads what.
#include "runtime/graph/graph.h"

#include <algorithm>
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

// Shapes have few elements. Expressions that are too complex can't be told from each other, and of
// many elements they cost more than the run that computes them.
bool is_worth_keeping(const Contents& contents) {
  constexpr size_t kMostExpressions = 16;
  if (!contents) return true;
  size_t expressions = 0;
  for (const Dim& element : *contents) {
    if (element.is_too_complex()) return false;
    expressions += element.is_constant() ? 0 : 1;
  }
  return expressions <= kMostExpressions;
}

// Differences may be negative.
Status require_extents(TypeInfo& type) {
  for (size_t axis = 0; axis < type.shape.size(); ++axis)
    if (!type.shape[axis].is_constant() && !type.shape[axis].is_at_least(0))
      OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                     .found = type.shape[axis],
                                     .expected = 0,
                                     .what = "axis " + std::to_string(axis) + " of the result"},
                                    type.checks));
  return Status::ok();
}

}  // namespace

Graph::Graph(const Graph& other)
    : values_(other.values_),
      nodes_(other.nodes_),
      inputs_(other.inputs_),
      outputs_(other.outputs_),
      output_names_(other.output_names_),
      checks_(other.checks_),
      origin_(other.origin_),
      output_positions_(other.output_positions_),
      producers_(other.producers_),
      uses_(other.uses_),
      makes_symbols_(other.makes_symbols_),
      changed_(other.changed_),
      stale_(other.stale_) {
  for (Node& node : nodes_)
    for (auto& inner : node.graphs) inner = std::make_shared<Graph>(*inner);
}

void Graph::reserve(size_t nodes, size_t values) {
  nodes_.reserve(nodes);
  values_.reserve(values);
  producers_.reserve(values);
  uses_.reserve(values);
}

ValueId Graph::add_input(std::string name, TypeInfo type) {
  const bool readable = type.dtype == DType::kI64 || type.dtype == DType::kI32;
  if (readable && may_have_contents(type)) {
    std::vector<Dim> contents;
    const int64_t count = element_count(type.shape).value();
    for (int64_t i = 0; i < count; ++i) contents.push_back(Dim::symbol(element_symbol(name, i)));
    type.contents = std::move(contents);
  }
  return add_inner_input(std::move(name), std::move(type));
}

ValueId Graph::add_inner_input(std::string name, TypeInfo type) {
  const auto id = static_cast<ValueId>(values_.size());
  values_.push_back({std::move(name), std::move(type), std::nullopt});
  producers_.push_back(-1);
  uses_.emplace_back();
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
  producers_.push_back(-1);
  uses_.emplace_back();
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
    if (!is_worth_keeping(type.contents)) type.contents.reset();
    // What a control node gives is checked in its graph, where the symbols are known.
    if (node.kind() != OpKind::kControl) OCTET_RETURN_IF_ERROR(require_extents(type));
    for (Check& check : type.checks) check.where = where(node);
  }
  return outputs;
}

Result<std::vector<ValueId>> Graph::add_node(std::string name, Attributes attributes,
                                             std::vector<ValueId> inputs,
                                             std::vector<std::string> output_names) {
  Node node{std::move(name), std::move(attributes), std::move(inputs), {}};
  makes_symbols_ = makes_symbols_ || !made_symbols(node.attributes).empty();
  auto outputs = infer(node);
  OCTET_RETURN_IF_ERROR(outputs.status());
  for (size_t i = 0; i < outputs->size(); ++i) {
    for (const Check& check : (*outputs)[i].checks) add_check(check);
    std::string output_name = i == 0 ? node.name : node.name + ":" + std::to_string(i);
    if (i < output_names.size() && !output_names[i].empty()) output_name = output_names[i];
    node.outputs.push_back(static_cast<ValueId>(values_.size()));
    values_.push_back({std::move(output_name), std::move((*outputs)[i]), std::nullopt});
    producers_.push_back(static_cast<int>(nodes_.size()));
    uses_.emplace_back();
  }
  for (size_t i = 0; i < node.inputs.size(); ++i)
    note_use(node.inputs[i], {static_cast<int>(nodes_.size()), i});
  changed_ = true;
  nodes_.push_back(std::move(node));
  return nodes_.back().outputs;
}

std::vector<ValueId> Graph::add_control(std::string name, ControlAttrs attributes,
                                        std::vector<ValueId> inputs,
                                        std::vector<std::shared_ptr<Graph>> graphs,
                                        std::vector<std::string> output_names,
                                        std::shared_ptr<const GraphSource> source) {
  attributes.name = name;
  auto outputs =
      add_node(std::move(name), std::move(attributes), std::move(inputs), std::move(output_names));
  assert(outputs.is_ok());  // the types are the attributes' own
  nodes_.back().graphs = std::move(graphs);
  nodes_.back().source = std::move(source);
  return std::move(outputs).value();
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
  output_positions_[value].push_back(outputs_.size());
  outputs_.push_back(value);
  output_names_.push_back(std::move(name));
}

void Graph::set_output(size_t index, ValueId value) {
  const ValueId before = outputs_[index];
  std::erase(output_positions_[before], index);
  if (output_positions_[before].empty()) output_positions_.erase(before);
  output_positions_[value].push_back(index);
  outputs_[index] = value;
  changed_ = true;
}

const Node* Graph::producer(ValueId id) const {
  const int index = id == kNoValue ? -1 : producers_[static_cast<size_t>(id)];
  return index < 0 ? nullptr : &nodes_[static_cast<size_t>(index)];
}

std::vector<int> Graph::users(ValueId id) const {
  if (id == kNoValue) return {};
  std::vector<Use> uses = uses_[static_cast<size_t>(id)];
  std::sort(uses.begin(), uses.end());
  uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  std::vector<int> users;
  for (const Use& use : uses)
    if (is_current(use, id)) users.push_back(use.node);
  return users;
}

const Node* Graph::single_user(ValueId id) const {
  if (id == kNoValue || is_output(id)) return nullptr;
  const Use* found = nullptr;
  for (const Use& use : uses_[static_cast<size_t>(id)]) {
    if (!is_current(use, id)) continue;
    if (found != nullptr && *found != use) return nullptr;
    found = &use;
  }
  return found == nullptr ? nullptr : &nodes_[static_cast<size_t>(found->node)];
}

void Graph::note_use(ValueId value, Use use) {
  if (value != kNoValue) uses_[static_cast<size_t>(value)].push_back(use);
}

Node& Graph::edited(const Node& node) {
  assert(&node >= nodes_.data() && &node < nodes_.data() + nodes_.size());  // not a copy of one
  changed_ = true;
  stale_.push_back(node.outputs[0]);
  return nodes_[static_cast<size_t>(index_of(node))];
}

void Graph::set_input(const Node& node, size_t input, ValueId value) {
  std::vector<ValueId>& inputs = edited(node).inputs;
  if (input >= inputs.size()) inputs.resize(input + 1, kNoValue);
  inputs[input] = value;
  note_use(value, {index_of(node), input});
}

void Graph::set_inputs(const Node& node, std::vector<ValueId> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) note_use(inputs[i], {index_of(node), i});
  edited(node).inputs = std::move(inputs);
}

Attributes& Graph::edit_attributes(const Node& node) { return edited(node).attributes; }

void Graph::replace_uses(ValueId from, ValueId to) {
  if (from == to) return;
  for (const Use& use : std::exchange(uses_[static_cast<size_t>(from)], {})) {
    if (!is_current(use, from)) continue;
    edited(nodes_[static_cast<size_t>(use.node)]).inputs[use.input] = to;
    note_use(to, use);
  }
  const auto found = output_positions_.find(from);
  if (found == output_positions_.end()) return;
  const std::vector<size_t> positions = std::move(found->second);
  output_positions_.erase(found);
  for (size_t position : positions) outputs_[position] = to;
  std::vector<size_t>& now = output_positions_[to];
  now.insert(now.end(), positions.begin(), positions.end());
  changed_ = true;
}

}  // namespace octet
