// Names, inputs, initializers, nodes and outputs of one graph.
#include "loaders/onnx/graph_importer.h"

#include <numeric>

#include "loaders/onnx/declared_type.h"
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/names.h"
#include "runtime/core/run_control.h"

namespace octet {
namespace {

Status check_arity(const OpRow& row, const pb::NodeProto& node,
                   const std::vector<ValueId>& inputs) {
  const auto count = static_cast<int>(inputs.size());
  if (count < row.min_inputs || (row.max_inputs != kAnyNumber && count > row.max_inputs)) {
    std::string expected = std::to_string(row.min_inputs);
    if (row.max_inputs != row.min_inputs)
      expected +=
          row.max_inputs == kAnyNumber ? " or more" : " to " + std::to_string(row.max_inputs);
    return invalid_model("has " + std::to_string(count) + " inputs, expected " + expected);
  }
  for (int i = 0; i < row.min_inputs; ++i)
    if (inputs[static_cast<size_t>(i)] == kNoValue)
      return invalid_model("input " + std::to_string(i) + " is missing");
  if (node.output_size() == 0) return invalid_model("has no outputs");
  if (node.output(0).empty() && row.max_outputs == 1) return invalid_model("output 0 has no name");
  if (row.max_outputs != kAnyNumber && node.output_size() > row.max_outputs)
    return invalid_model("has " + std::to_string(node.output_size()) + " outputs, expected " +
                         std::to_string(row.max_outputs) + " or less");
  return Status::ok();
}

}  // namespace

GraphImporter::GraphImporter(const pb::GraphProto& proto, const ModelImport& model, Graph& graph,
                             GraphImporter* outer, std::string prefix)
    : proto_(proto),
      model_(model),
      graph_(graph),
      outer_(outer),
      prefix_(std::move(prefix)),
      layer_names_(proto, prefix_),
      depth_(outer == nullptr ? 0 : outer->depth_ + 1),
      scope_{graph, model.store, *this} {}

Status GraphImporter::import_all() {
  prepare();
  OCTET_RETURN_IF_ERROR(add_inputs());
  OCTET_RETURN_IF_ERROR(add_initializers());
  OCTET_RETURN_IF_ERROR(add_nodes(all_nodes()));
  return add_outputs();
}

std::vector<int> GraphImporter::all_nodes() const {
  std::vector<int> nodes(static_cast<size_t>(proto_.node_size()));
  std::iota(nodes.begin(), nodes.end(), 0);
  return nodes;
}

void GraphImporter::prepare() {
  const auto nodes = static_cast<size_t>(proto_.node_size());
  const auto given = static_cast<size_t>(proto_.input_size() + proto_.initializer_size());
  if (outer_ == nullptr) graph_.reserve(nodes, nodes + given);
  values_.reserve(nodes + given);
  for (const auto& tensor : proto_.initializer()) initializers_.insert(tensor.name());
  find_needed_nodes();
}

Status GraphImporter::add_inputs() {
  for (const auto& input : proto_.input()) OCTET_RETURN_IF_ERROR(add_input(input));
  return Status::ok();
}

Status GraphImporter::add_initializers() {
  if (proto_.sparse_initializer_size() > 0)
    return unsupported("initializer " + quoted(proto_.sparse_initializer(0).values().name()) +
                       " is sparse, which is not supported; store it as a dense tensor");
  for (const auto& tensor : proto_.initializer()) OCTET_RETURN_IF_ERROR(add_initializer(tensor));
  return Status::ok();
}

Status GraphImporter::add_nodes(const std::vector<int>& nodes) {
  OCTET_RETURN_IF_ERROR(add_known_nodes(nodes));
  return late_nodes_.empty() ? Status::ok() : add_late_graph();
}

// A node that reads what a late one gives is late itself.
Status GraphImporter::add_known_nodes(const std::vector<int>& nodes) {
  for (const int index : nodes) {
    OCTET_RETURN_IF_ERROR(check_stop());
    if (++model_.store.imported_nodes > model_.store.limits.max_nodes)
      return resource_exhausted("bodies of loops and of functions come to more than " +
                                std::to_string(model_.store.limits.max_nodes) +
                                " nodes; raise max_nodes, or nest less");
    const pb::NodeProto& node = proto_.node(index);
    if (reads_late_value(node))
      put_off(index, {});
    else
      OCTET_RETURN_IF_ERROR(add_node(node, index));
  }
  return Status::ok();
}

Status GraphImporter::add_outputs() {
  for (const auto& output : proto_.output()) OCTET_RETURN_IF_ERROR(add_output(output));
  return Status::ok();
}

// Those that an output depends on, be it by the shape of their results: runtimes drop the others.
void GraphImporter::find_needed_nodes() {
  std::unordered_map<std::string_view, int> makers;
  makers.reserve(static_cast<size_t>(proto_.node_size()));
  for (int i = 0; i < proto_.node_size(); ++i)
    for (const auto& name : proto_.node(i).output()) makers[name] = i;
  needed_.assign(static_cast<size_t>(proto_.node_size()), false);
  std::vector<std::string_view> pending;
  for (const auto& output : proto_.output()) pending.push_back(output.name());
  while (!pending.empty()) {
    const auto maker = makers.find(pending.back());
    pending.pop_back();
    if (maker == makers.end() || needed_[static_cast<size_t>(maker->second)]) continue;
    needed_[static_cast<size_t>(maker->second)] = true;
    for_each_read_name(proto_.node(maker->second),
                       [&](const std::string& name) { pending.push_back(name); });
  }
}

Status GraphImporter::define(const std::string& name, ValueId value) {
  if (values_.emplace(name, value).second) return Status::ok();
  return invalid_model("value " + quoted(name) + " is made more than once");
}

Status GraphImporter::add_input(const pb::ValueInfoProto& input) {
  if (initializers_.contains(input.name())) return Status::ok();
  const std::string where = "input " + quoted(input.name());
  if (!input.has_type()) return invalid_model(where + " has no type");
  if (!input.type().has_tensor_type()) {
    auto type = declared_held_type(input.type());
    if (!type.is_ok()) return Status(type.status().code(), where + " " + type.status().message());
    return define(input.name(), graph_.add_input(input.name(), *type));
  }
  return add_tensor_input(input);
}

Status GraphImporter::add_tensor_input(const pb::ValueInfoProto& input) {
  const std::string where = "input " + quoted(input.name());
  const auto& tensor = input.type().tensor_type();
  const std::optional<DType> dtype = dtype_of_onnx(tensor.elem_type());
  if (!dtype)
    return unsupported(where + " has the element type " + onnx_type_name(tensor.elem_type()) +
                       ", which is not supported");
  if (!tensor.has_shape())
    return unsupported(where + " has no shape; export the model with the rank of its inputs");
  TypeInfo type;
  type.dtype = *dtype;
  for (int axis = 0; axis < tensor.shape().dim_size(); ++axis) {
    const auto& dim = tensor.shape().dim(axis);
    if (dim.has_dim_value() && dim.dim_value() == -1) {  // what some exporters write for "any"
      model_.store.warnings.push_back(where + ": extent " + std::to_string(axis) +
                                      " is -1, which ONNX does not define; it is taken as unknown");
      type.shape.push_back(symbols_.unnamed(input.name(), axis));
      continue;
    }
    if (dim.has_dim_value() && dim.dim_value() < 0)
      return invalid_model(where + " has a negative extent " + std::to_string(dim.dim_value()));
    if (dim.has_dim_value())
      type.shape.push_back(dim.dim_value());
    else
      type.shape.push_back(dim.dim_param().empty() ? symbols_.unnamed(input.name(), axis)
                                                   : symbols_.named(dim.dim_param()));
  }
  if (Status status = check_shape(type.shape, model_.store.limits); !status.is_ok())
    return status.with_prefix(where);
  return define(input.name(), graph_.add_input(input.name(), std::move(type)));
}

Status GraphImporter::add_initializer(const pb::TensorProto& tensor) {
  Result<Constant> constant = import_tensor(tensor, model_.store);
  if (!constant.is_ok())
    return constant.status().with_prefix("initializer " + quoted(tensor.name()));
  OCTET_ASSIGN_OR_RETURN(const ValueId value,
                         graph_.add_constant(tensor.name(), std::move(constant).value()));
  return define(tensor.name(), value);
}

Status GraphImporter::add_node(const pb::NodeProto& node, int index) {
  const std::string name = layer_names_.of(node, index);
  const std::string where = "node " + quoted(name) + " (" + node.op_type() + ")";
  if (needed_[static_cast<size_t>(index)]) graph_.set_origin(where);
  const Status status = import_node(node, index, name);
  graph_.set_origin("");
  if (status.is_ok()) return status;
  // The graph names the node with the IR's op; people know it by ONNX's.
  std::string text = status.message();
  const size_t prefix_end = text.find("): ");
  if (text.starts_with("node \"" + name + "\" (") && prefix_end != std::string::npos)
    text.erase(0, prefix_end + 3);
  return Status(status.code(), std::move(text)).with_prefix(where);
}

Status GraphImporter::import_node(const pb::NodeProto& node, int index, const std::string& name) {
  const size_t checks = graph_.checks().size();
  const OpRow* row = find_op(node.domain(), node.op_type());
  if (row == nullptr) return import_function(node, index, name);
  const auto opset = model_.opsets.find(node.domain() == "ai.onnx" ? "" : node.domain());
  assert(opset != model_.opsets.end());
  OCTET_ASSIGN_OR_RETURN(std::vector<ValueId> inputs, find_inputs(node));
  OCTET_RETURN_IF_ERROR(check_arity(*row, node, inputs));
  for (size_t i = 0; i < inputs.size() && !row->takes_values; ++i)
    if (inputs[i] != kNoValue && !graph_.value(inputs[i]).type.is_tensor())
      return invalid_model("input " + std::to_string(i) + " is " +
                           to_string(graph_.value(inputs[i]).type) + ", expected a tensor");
  NodeImport import(node, name, opset->second, std::move(inputs), scope_);
  const Status status = row->import(import);
  OCTET_RETURN_IF_ERROR(import.status());
  if (const std::vector<std::string> missing = import.missing_values();
      !status.is_ok() && !missing.empty()) {
    graph_.checks().resize(checks);
    put_off(index, missing);
    return Status::ok();
  }
  OCTET_RETURN_IF_ERROR(status);
  for (int i = 0; i < node.output_size(); ++i) {
    if (!import.wants_output(i)) continue;
    const ValueId value = import.outputs()[static_cast<size_t>(i)];
    if (value == kNoValue) return unsupported("output " + std::to_string(i) + " is not supported");
    OCTET_RETURN_IF_ERROR(define(node.output(i), value));
  }
  return Status::ok();
}

Result<std::vector<ValueId>> GraphImporter::find_inputs(const pb::NodeProto& node) {
  std::vector<ValueId> inputs;
  for (const auto& name : node.input()) {
    if (name.empty()) {
      inputs.push_back(kNoValue);
      continue;
    }
    OCTET_ASSIGN_OR_RETURN(const ValueId value, find(name));
    if (value == kNoValue)
      return invalid_model("input " + quoted(name) +
                           " is not made by an input, an initializer or an earlier node; "
                           "nodes must be sorted");
    inputs.push_back(value);
  }
  while (!inputs.empty() && inputs.back() == kNoValue) inputs.pop_back();
  return inputs;
}

// The declared shape is not trusted, but a caller allocates by the declared type.
Status GraphImporter::add_output(const pb::ValueInfoProto& output) {
  const std::string where = "output " + quoted(output.name());
  OCTET_ASSIGN_OR_RETURN(ValueId value, find(output.name()));
  if (value == kNoValue) return invalid_model(where + " is not made by any node");
  // A body may give one value as several.
  if (!outputs_.insert(output.name()).second && outer_ == nullptr)
    return invalid_model(where + " is listed twice");
  if (is_held_type(output.type()) || !graph_.value(value).type.is_tensor()) {
    auto made = as_declared(value, output.type());
    if (!made.is_ok()) return Status(made.status().code(), where + " " + made.status().message());
    graph_.add_output(*made, output.name());
    return Status::ok();
  }
  const DType dtype = graph_.value(value).type.dtype;
  const int declared =
      output.type().has_tensor_type() ? output.type().tensor_type().elem_type() : 0;
  if (declared != 0 && dtype_of_onnx(declared) != dtype)
    return invalid_model(where + " is declared as " + onnx_type_name(declared) + ", but it is " +
                         dtype_name(dtype));
  graph_.add_output(value, output.name());
  return Status::ok();
}

// A value and its optional stand for each other, since nobody says which one a loop makes of both.
Result<ValueId> GraphImporter::as_declared(ValueId value, const pb::TypeProto& declared) {
  const TypeInfo type = graph_.value(value).type;
  if (declared.value_case() == pb::TypeProto::VALUE_NOT_SET) return value;
  TypeInfo wanted;
  if (declared.has_tensor_type()) {
    wanted.dtype = dtype_of_onnx(declared.tensor_type().elem_type()).value_or(type.dtype);
  } else {
    OCTET_ASSIGN_OR_RETURN(wanted, declared_held_type(declared));
  }
  if (wanted.dtype != type.dtype || without_optional(wanted.form) != without_optional(type.form))
    return invalid_model(
        "is declared as " +
        (declared.has_tensor_type() ? std::string(dtype_name(wanted.dtype)) : to_string(wanted)) +
        ", but it is " + to_string(type));
  if (wanted.form == type.form) return value;
  SequenceAttrs attrs{.function = SequenceFunction::kOptional};
  attrs.result = result_type(
      held_type(wanted.form, type.dtype, type.is_tensor() ? type.rank() : type.held_rank));
  if (!is_optional(wanted.form)) attrs.function = SequenceFunction::kElement;
  if (wanted.is_tensor()) {
    if (type.held_rank < 0)
      return unsupported("is declared as a tensor, and is " + to_string(type) +
                         ", of which nobody knows the rank; declare it as an optional");
    attrs.result.held_rank = kUnknownRank;
    for (int axis = 0; axis < type.held_rank; ++axis) {
      attrs.made.push_back(
          Dim::symbol(late_extent_symbol(model_.store.late_name(graph_.value(value).name), axis)));
      attrs.result.shape.push_back(attrs.made.back());
    }
  }
  return graph_.add(graph_.value(value).name + "/output", std::move(attrs), {value});
}

Result<Graph> import_graph(const pb::GraphProto& proto,
                           const std::map<std::string, int64_t>& opsets, TensorStore& store,
                           std::shared_ptr<const void> owner) {
  Graph graph;
  const ModelImport model{opsets, store, std::move(owner)};
  OCTET_RETURN_IF_ERROR(GraphImporter(proto, model, graph).import_all());
  return graph;
}

}  // namespace octet
