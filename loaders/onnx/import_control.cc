// If, Loop and Scan: https://onnx.ai/onnx/operators, nodes whose attributes are graphs.
#include <algorithm>

#include "loaders/onnx/importers.h"
#include "runtime/ops/contents.h"

namespace octet {
namespace {

// Whether the value of a type could be a condition or a count.
Status expect_one_element(NodeImport& node, int index, DType dtype, const char* what) {
  const TypeInfo type = node.type(index);
  if (type.dtype == dtype && (type.rank() == 0 || element_count(type.shape) == Dim(1)))
    return Status::ok();
  return invalid_model("input " + std::to_string(index) + ", " + what + ", is " + to_string(type) +
                       ", expected one " + dtype_name(dtype));
}

TypeInfo scalar_type(DType dtype) {
  TypeInfo type;
  type.dtype = dtype;
  return type;
}

// Graphs don't know how many bits of an element their own inputs use.
Status expect_whole_bytes(NodeImport& node, int index) {
  if (node.bits(index) >= 8) return Status::ok();
  return unsupported("input " + std::to_string(index) + " has elements of " +
                     std::to_string(node.bits(index)) +
                     " bits, which a loop cannot carry; cast it to int8 or uint8 first");
}

// What a value of one iteration is for the next: nothing is known of its elements.
TypeInfo without_contents(TypeInfo type) {
  type.contents.reset();
  type.checks.clear();
  return type;
}

// Whether all symbols of the extent are known without the body: none is of its own inputs, whose
// names begin with `own`, and none is one that its nodes make known.
bool is_known_outside(const Graph& body, const std::string& own, const Dim& extent) {
  for (const Symbol& symbol : extent.symbols()) {
    if (symbol.name.starts_with(own)) return false;
    for (const Node& node : body.nodes())
      for (const Symbol& made : made_symbols(node.attributes))
        if (made.id == symbol.id) return false;
  }
  return true;
}

const TypeInfo& output_type(const Graph& graph, size_t index) {
  return graph.value(graph.outputs()[index]).type;
}

// An extent of output `output` that only the run shows.
Dim late_extent(NodeImport& node, size_t output, size_t axis, ControlAttrs& attrs) {
  const std::string name = node.name() + ":" + std::to_string(output);
  attrs.made.push_back(
      Dim::symbol(late_extent_symbol(node.late_name(name), static_cast<int>(axis))));
  return attrs.made.back();
}

Status finish_control(NodeImport& node, ControlAttrs attrs, std::vector<ValueId> inputs,
                      std::vector<std::shared_ptr<Graph>> graphs) {
  const std::vector<ValueId> outputs = node.graph().add_control(
      node.name(), std::move(attrs), std::move(inputs), std::move(graphs), node.output_names());
  for (int i = 0; i < node.output_count(); ++i)
    if (node.wants_output(i)) node.alias(outputs[static_cast<size_t>(i)], i);
  return Status::ok();
}

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
    OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                           node.bodies().import_inline(taken ? *then_proto : *else_proto,
                                                       taken ? then_name : else_name, {}));
    if (outputs.size() < wanted)
      return invalid_model("its branch gives " + std::to_string(outputs.size()) +
                           " values, expected " + std::to_string(wanted));
    for (size_t i = 0; i < wanted; ++i) node.alias(outputs[i], static_cast<int>(i));
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
    if (a.dtype != b.dtype || a.rank() != b.rank()) return node.missing_value(0);
    ResultType& result = attrs.results.emplace_back();
    result.dtype = a.dtype;
    for (size_t axis = 0; axis < a.shape.size(); ++axis) {
      const bool same = a.shape[axis] == b.shape[axis] &&
                        is_known_outside(*then_body.graph, then_name, a.shape[axis]) &&
                        is_known_outside(*else_body.graph, else_name, b.shape[axis]);
      result.shape.push_back(same ? a.shape[axis] : late_extent(node, i, axis, attrs));
    }
  }
  std::vector<ValueId> inputs = {node.input(0)};
  inputs.insert(inputs.end(), else_body.captured.begin(), else_body.captured.end());
  return finish_control(node, std::move(attrs), std::move(inputs),
                        {then_body.graph, else_body.graph});
}

namespace {

// The body of a loop, with the types of its own inputs.
struct LoopBody {
  ImportedBody body;
  std::vector<TypeInfo> inputs;
};

// Whether the extent of a carried value is one that may change.
bool is_of_body(NodeImport& node, const Dim& extent) {
  const Symbol* symbol = extent.as_symbol();
  return symbol != nullptr && symbol->name.starts_with(node.name() + "/body#");
}

// Whether a carried value becomes another extent that was not known to change.
bool changes_extents(NodeImport& node, const std::vector<TypeInfo>& inputs, const Graph& body,
                     size_t first, size_t carried, size_t first_output) {
  for (size_t i = 0; i < carried; ++i) {
    const SymbolicShape &given = inputs[first + i].shape,
                        &next = output_type(body, first_output + i).shape;
    for (size_t axis = 0; axis < given.size(); ++axis)
      if (!is_of_body(node, given[axis]) && !(given[axis] == next[axis])) return true;
  }
  return false;
}

// An extent of a carried value that differs from one iteration to the next is a symbol of the body;
// to find out the body is imported up to three times. `first`: of the `carried` values among its
// inputs; `first_output` among its outputs.
Result<LoopBody> import_loop_body(NodeImport& node, std::vector<TypeInfo> inputs, size_t first,
                                  size_t carried, size_t first_output) {
  OCTET_ASSIGN_OR_RETURN(const pb::GraphProto* proto, node.graph_attribute("body"));
  for (int round = 0;; ++round) {
    OCTET_ASSIGN_OR_RETURN(ImportedBody body,
                           node.bodies().import_body(*proto, node.name() + "/body", inputs, {}));
    if (body.graph->outputs().size() < first_output + carried)
      return invalid_model("its body gives " + std::to_string(body.graph->outputs().size()) +
                           " values, expected " + std::to_string(first_output + carried) +
                           " or more");
    for (size_t i = 0; i < carried; ++i) {
      const TypeInfo &given = inputs[first + i], &next = output_type(*body.graph, first_output + i);
      if (given.dtype != next.dtype || given.rank() != next.rank())
        return unsupported("carried value " + std::to_string(i) + " is " + to_string(given) +
                           " and becomes " + to_string(next) +
                           "; a value that changes its type or rank is not supported");
    }
    bool changed = false;
    const bool any = changes_extents(node, inputs, *body.graph, first, carried, first_output);
    for (size_t i = 0; any && i < carried; ++i) {
      TypeInfo& given = inputs[first + i];
      const TypeInfo& next = output_type(*body.graph, first_output + i);
      for (size_t axis = 0; axis < given.shape.size(); ++axis) {
        const bool is_own = is_of_body(node, given.shape[axis]);
        // One that changes may change others: the second time all are taken to.
        if (is_own || (given.shape[axis] == next.shape[axis] && round == 0)) continue;
        given.shape[axis] = Dim::symbol(node.late_name(node.name() + "/body"));
        changed = true;
      }
    }
    if (!changed) return LoopBody{std::move(body), std::move(inputs)};
  }
}

// The types of what the node gives: carried values, then scan outputs with their axis.
Status add_results(NodeImport& node, const LoopBody& loop, size_t first, size_t first_output,
                   const std::optional<Dim>& count, ControlAttrs& attrs) {
  const Graph& body = *loop.body.graph;
  const auto carried = static_cast<size_t>(attrs.carried);
  const auto outside = [&](const Dim& extent, size_t output, size_t axis) {
    return is_known_outside(body, node.name() + "/body", extent)
               ? extent
               : late_extent(node, output, axis, attrs);
  };
  for (size_t i = 0; i < carried; ++i) {
    const TypeInfo& type = loop.inputs[first + i];
    ResultType& result = attrs.results.emplace_back();
    result.dtype = type.dtype;
    for (size_t axis = 0; axis < type.shape.size(); ++axis)
      result.shape.push_back(outside(type.shape[axis], i, axis));
  }
  for (size_t i = 0; i < attrs.scan_outputs.size(); ++i) {
    const TypeInfo& type = output_type(body, first_output + carried + i);
    ScanAxis& scan = attrs.scan_outputs[i];
    OCTET_ASSIGN_OR_RETURN(scan.axis, normalize_axis(scan.axis, type.rank() + 1));
    ResultType& result = attrs.results.emplace_back();
    result.dtype = type.dtype;
    for (size_t axis = 0; axis <= type.shape.size(); ++axis) {
      if (static_cast<int>(axis) == scan.axis)
        result.shape.push_back(count ? *count : late_extent(node, carried + i, axis, attrs));
      if (axis < type.shape.size())
        result.shape.push_back(outside(type.shape[axis], carried + i, axis));
    }
    OCTET_RETURN_IF_ERROR(check_shape(result.shape, node.limits()));
  }
  return Status::ok();
}

}  // namespace

// Inputs M, cond, carried values; a body that gives cond, carried values, scan outputs.
Status import_loop(NodeImport& node) {
  if (node.has_input(0))
    OCTET_RETURN_IF_ERROR(expect_one_element(node, 0, DType::kI64, "the number of iterations"));
  if (node.has_input(1))
    OCTET_RETURN_IF_ERROR(expect_one_element(node, 1, DType::kBool, "the condition"));
  ControlAttrs attrs{.kind = ControlKind::kLoop, .results = {}};
  attrs.carried = std::max(0, node.input_count() - 2);
  std::vector<TypeInfo> types = {scalar_type(DType::kI64), scalar_type(DType::kBool)};
  std::vector<ValueId> inputs = {node.input(0), node.input(1)};
  for (int i = 2; i < node.input_count(); ++i) {
    if (!node.has_input(i))
      return invalid_model("input " + std::to_string(i) + ", a carried value, is missing");
    OCTET_RETURN_IF_ERROR(expect_whole_bytes(node, i));
    types.push_back(without_contents(node.type(i)));
    inputs.push_back(node.input(i));
  }
  const auto carried = static_cast<size_t>(attrs.carried);
  OCTET_ASSIGN_OR_RETURN(const LoopBody loop,
                         import_loop_body(node, std::move(types), 2, carried, 1));
  const Graph& body = *loop.body.graph;
  const TypeInfo& condition = output_type(body, 0);
  if (condition.dtype != DType::kBool ||
      !(condition.rank() == 0 || element_count(condition.shape) == Dim(1)))
    return invalid_model("its body gives the condition " + to_string(condition) +
                         ", expected one bool");
  attrs.scan_outputs.resize(body.outputs().size() - 1 - carried);
  if (static_cast<size_t>(node.output_count()) > body.outputs().size() - 1)
    return invalid_model("has " + std::to_string(node.output_count()) +
                         " outputs, its body gives " + std::to_string(body.outputs().size() - 1));
  OCTET_RETURN_IF_ERROR(add_results(node, loop, 2, 1, std::nullopt, attrs));
  inputs.insert(inputs.end(), loop.body.captured.begin(), loop.body.captured.end());
  return finish_control(node, std::move(attrs), std::move(inputs), {loop.body.graph});
}

// Scan of opset 8: every value has a batch axis in front, over which an outer Scan goes. Input 0,
// the lengths of the sequences, is absent.
Status import_batched_scan(NodeImport& node, int64_t scanned) {
  if (node.has_input(0))
    return unsupported(
        "Scan of opset 8 with lengths of its sequences is not supported; convert the "
        "model with onnx.version_converter to opset 9 or newer");
  const std::vector<ValueId> values(node.inputs().begin() + 1, node.inputs().end());
  const int64_t states = static_cast<int64_t>(values.size()) - scanned;
  if (scanned < 1 || states < 0)
    return invalid_model("attribute \"num_scan_inputs\" is " + std::to_string(scanned) + " of " +
                         std::to_string(values.size()) + " values");
  const auto directions = node.ints_attribute("directions");
  ControlAttrs outer{.kind = ControlKind::kScan, .results = {}};
  ControlAttrs inner{.kind = ControlKind::kScan, .results = {}};
  inner.carried = static_cast<int>(states);
  auto middle = std::make_shared<Graph>();
  std::vector<TypeInfo> types;
  std::vector<ValueId> inner_inputs;
  std::optional<Dim> batch, count;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool is_scanned = static_cast<int64_t>(i) >= states;
    TypeInfo type = without_contents(node.type_of(values[i]));
    if (type.rank() < (is_scanned ? 2 : 1))
      return invalid_model("input " + std::to_string(i + 1) + " is " + to_string(type) +
                           ", expected a batch axis" + (is_scanned ? " and a sequence" : ""));
    if (!batch) batch = type.shape[0];
    type.shape.erase(type.shape.begin());
    outer.scan_inputs.push_back({});
    inner_inputs.push_back(middle->add_inner_input(node.name() + "/batch", type));
    if (is_scanned) {
      const auto scan = static_cast<size_t>(static_cast<int64_t>(i) - states);
      inner.scan_inputs.push_back(
          {0, directions && scan < directions->size() && (*directions)[scan] != 0});
      if (!count) count = type.shape[0];
      type.shape.erase(type.shape.begin());
    }
    types.push_back(std::move(type));
  }
  OCTET_ASSIGN_OR_RETURN(const LoopBody loop, import_loop_body(node, std::move(types), 0,
                                                               static_cast<size_t>(states), 0));
  const Graph& body = *loop.body.graph;
  inner.scan_outputs.resize(body.outputs().size() - static_cast<size_t>(states));
  OCTET_RETURN_IF_ERROR(add_results(node, loop, 0, 0, count, inner));
  // What the body captures goes through the graph between.
  std::vector<ValueId> outer_inputs = values;
  for (const ValueId captured : loop.body.captured) {
    const Value& value = node.graph().value(captured);
    inner_inputs.push_back(middle->add_inner_input(value.name, value.type));
    outer_inputs.push_back(captured);
  }
  const std::vector<ResultType> results = inner.results;
  const std::vector<ValueId> made = middle->add_control(
      node.name() + "/sequence", std::move(inner), std::move(inner_inputs), {loop.body.graph}, {});
  for (size_t i = 0; i < results.size(); ++i) {
    middle->add_output(made[i], node.name());
    outer.scan_outputs.push_back({});
    ResultType& result = outer.results.emplace_back();
    result.dtype = results[i].dtype;
    result.shape.push_back(*batch);
    for (size_t axis = 0; axis < results[i].shape.size(); ++axis)
      result.shape.push_back(
          is_known_outside(*middle, node.name() + "/body", results[i].shape[axis])
              ? results[i].shape[axis]
              : late_extent(node, i, axis + 1, outer));
  }
  return finish_control(node, std::move(outer), std::move(outer_inputs), {std::move(middle)});
}

// Carried values and what is scanned.
Status import_scan(NodeImport& node) {
  const int64_t scanned = node.int_attribute("num_scan_inputs", 0);
  if (node.opset() < 9) return import_batched_scan(node, scanned);
  const int64_t states = node.input_count() - scanned;
  if (scanned < 1 || states < 0)
    return invalid_model("attribute \"num_scan_inputs\" is " + std::to_string(scanned) + " of " +
                         std::to_string(node.input_count()) + " inputs");
  ControlAttrs attrs{.kind = ControlKind::kScan, .results = {}};
  attrs.carried = static_cast<int>(states);
  const auto carried = static_cast<size_t>(states);
  std::vector<TypeInfo> types;
  std::vector<ValueId> inputs = node.inputs();
  const auto entry = [](const std::optional<std::vector<int64_t>>& list, size_t i) {
    return list && i < list->size() ? (*list)[i] : 0;
  };
  const auto axes = node.ints_attribute("scan_input_axes");
  const auto directions = node.ints_attribute("scan_input_directions");
  std::optional<Dim> count;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
    OCTET_RETURN_IF_ERROR(expect_whole_bytes(node, i));
    TypeInfo type = without_contents(node.type(i));
    if (i >= attrs.carried) {
      const auto scan = static_cast<size_t>(i - attrs.carried);
      OCTET_ASSIGN_OR_RETURN(const int axis, normalize_axis(entry(axes, scan), type.rank()));
      attrs.scan_inputs.push_back({axis, entry(directions, scan) != 0});
      const Dim extent = type.shape[static_cast<size_t>(axis)];
      if (!count) count = extent;
      type.shape.erase(type.shape.begin() + axis);
    }
    types.push_back(std::move(type));
  }
  OCTET_ASSIGN_OR_RETURN(const LoopBody loop,
                         import_loop_body(node, std::move(types), 0, carried, 0));
  const Graph& body = *loop.body.graph;
  const auto output_axes = node.ints_attribute("scan_output_axes");
  const auto output_directions = node.ints_attribute("scan_output_directions");
  for (size_t i = 0; i + carried < body.outputs().size(); ++i) {
    const int64_t axis = entry(output_axes, i);
    if (axis < -kMaxRank || axis >= kMaxRank)
      return invalid_model("attribute \"scan_output_axes\" has the axis " + std::to_string(axis));
    attrs.scan_outputs.push_back({static_cast<int>(axis), entry(output_directions, i) != 0});
  }
  if (static_cast<size_t>(node.output_count()) > body.outputs().size())
    return invalid_model("has " + std::to_string(node.output_count()) +
                         " outputs, its body gives " + std::to_string(body.outputs().size()));
  OCTET_RETURN_IF_ERROR(add_results(node, loop, 0, 0, count, attrs));
  inputs.insert(inputs.end(), loop.body.captured.begin(), loop.body.captured.end());
  return finish_control(node, std::move(attrs), std::move(inputs), {loop.body.graph});
}

}  // namespace octet
