// If: https://onnx.ai/onnx/operators, and what nodes that hold graphs share.
#include "loaders/onnx/control_parts.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/contents.h"

namespace octet {

Status expect_one_element(NodeImport& node, int index, DType dtype, const char* what) {
  const TypeInfo type = node.type(index);
  if (type.is_tensor() && type.dtype == dtype &&
      (type.rank() == 0 || element_count(type.shape) == Dim(1)))
    return Status::ok();
  return invalid_model("input " + std::to_string(index) + ", " + what + ", is " + to_string(type) +
                       ", expected one " + dtype_name(dtype));
}

TypeInfo scalar_type(DType dtype) {
  TypeInfo type;
  type.dtype = dtype;
  return type;
}

Status expect_holdable(NodeImport& node, int index) {
  const DType dtype = node.type(index).dtype;
  if (!is_packed(dtype)) return Status::ok();
  return unsupported("input " + std::to_string(index) + " has elements of " + dtype_name(dtype) +
                     ", which sequences and optionals cannot hold; cast it to int8 or uint8 first");
}

// What a value of one iteration is for the next: nothing is known of its elements.
TypeInfo without_contents(TypeInfo type) {
  type.contents.reset();
  type.checks.clear();
  return type;
}

const TypeInfo& output_type(const Graph& graph, size_t index) {
  return graph.value(graph.outputs()[index]).type;
}

bool is_known_outside(const Graph& body, const std::string& own, const Dim& extent) {
  for (const Symbol& symbol : extent.symbols()) {
    if (symbol.name.starts_with(own)) return false;
    for (const Node& node : body.nodes())
      for (const Symbol& made : made_symbols(node.attributes))
        if (made.id == symbol.id) return false;
  }
  return true;
}

Status make_optional(Graph& graph, size_t index, const TypeInfo& type) {
  const ValueId value = graph.outputs()[index];
  if (graph.value(value).type.form == type.form) return Status::ok();
  const SequenceAttrs attrs{.function = SequenceFunction::kOptional, .result = result_type(type)};
  OCTET_ASSIGN_OR_RETURN(const ValueId made,
                         graph.add(graph.value(value).name + "/optional", attrs, {value}));
  graph.set_output(index, made);
  return graph.normalize();
}

Status finish_control(NodeImport& node, ControlAttrs attrs, std::vector<ValueId> inputs,
                      std::vector<std::shared_ptr<Graph>> graphs) {
  const std::vector<ValueId> outputs = node.graph().add_control(
      node.name(), std::move(attrs), std::move(inputs), std::move(graphs), node.output_names());
  for (int i = 0; i < node.output_count(); ++i)
    if (node.wants_output(i)) node.alias(outputs[static_cast<size_t>(i)], i);
  return Status::ok();
}

namespace {

Status expect_outputs(const Graph& graph, const char* which, size_t expected) {
  if (graph.outputs().size() == expected) return Status::ok();
  return invalid_model(std::string(which) + " gives " + std::to_string(graph.outputs().size()) +
                       " values, expected " + std::to_string(expected));
}

}  // namespace

// A condition that is known leaves one branch.
Status import_if(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_one_element(node, 0, DType::kBool, "the condition"));
  OCTET_ASSIGN_OR_RETURN(const pb::GraphProto* then_proto, node.graph_attribute("then_branch"));
  OCTET_ASSIGN_OR_RETURN(const pb::GraphProto* else_proto, node.graph_attribute("else_branch"));
  const std::string then_name = node.name() + "/then_branch",
                    else_name = node.name() + "/else_branch";
  const auto wanted = static_cast<size_t>(node.output_count());
  if (const auto known = constant_contents(node.type(0)); known && known->size() == 1) {
    const bool taken = (*known)[0] != 0;
    std::vector<std::string> missing;
    const auto outputs = node.bodies().import_inline(taken ? *then_proto : *else_proto,
                                                     taken ? then_name : else_name, {}, missing);
    if (!outputs.is_ok()) return node.miss(std::move(missing)), outputs.status();
    if (outputs->size() < wanted)
      return invalid_model("its branch gives " + std::to_string(outputs->size()) +
                           " values, expected " + std::to_string(wanted));
    for (size_t i = 0; i < wanted; ++i) node.alias((*outputs)[i], static_cast<int>(i));
    return Status::ok();
  }
  OCTET_ASSIGN_OR_RETURN(ImportedBody then_body,
                         node.bodies().import_body(*then_proto, then_name, {}, {}));
  OCTET_ASSIGN_OR_RETURN(ImportedBody else_body,
                         node.bodies().import_body(*else_proto, else_name, {}, then_body.captured));
  for (size_t i = then_body.captured.size(); i < else_body.captured.size(); ++i) {
    const Value& outer = node.graph().value(else_body.captured[i]);
    then_body.graph->add_inner_input(outer.name, outer.type);
  }
  OCTET_RETURN_IF_ERROR(expect_outputs(*then_body.graph, "then_branch", wanted));
  OCTET_RETURN_IF_ERROR(expect_outputs(*else_body.graph, "else_branch", wanted));
  ControlAttrs attrs{.kind = ControlKind::kIf, .results = {}};
  for (size_t i = 0; i < wanted; ++i) {
    const TypeInfo &a = output_type(*then_body.graph, i), &b = output_type(*else_body.graph, i);
    if (const auto held = common_held_type(a, b)) {
      OCTET_RETURN_IF_ERROR(make_optional(*then_body.graph, i, *held));
      OCTET_RETURN_IF_ERROR(make_optional(*else_body.graph, i, *held));
      attrs.results.push_back(result_type(*held));
      continue;
    }
    if (!a.is_tensor() || !b.is_tensor() || a.dtype != b.dtype || a.rank() != b.rank())
      return node.missing_value(0);
    ResultType& result = attrs.results.emplace_back();
    result.dtype = a.dtype;
    for (size_t axis = 0; axis < a.shape.size(); ++axis) {
      const bool same = a.shape[axis] == b.shape[axis] &&
                        is_known_outside(*then_body.graph, then_name, a.shape[axis]) &&
                        is_known_outside(*else_body.graph, else_name, b.shape[axis]);
      result.shape.push_back(same ? a.shape[axis] : node.late_extent(i, axis, attrs.made));
    }
  }
  std::vector<ValueId> inputs = {node.input(0)};
  inputs.insert(inputs.end(), else_body.captured.begin(), else_body.captured.end());
  return finish_control(node, std::move(attrs), std::move(inputs),
                        {then_body.graph, else_body.graph});
}

}  // namespace octet
