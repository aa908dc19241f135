// Loop and Scan: https://onnx.ai/onnx/operators, nodes that run a graph again and again.
#include <algorithm>

#include "loaders/onnx/control_parts.h"
#include "loaders/onnx/declared_type.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

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

// Of a value that holds no tensors yet the rank that the body declares, as a guess. Whether it
// does.
bool assume_rank(const pb::GraphProto& body, size_t index, TypeInfo& type) {
  if (type.is_tensor() || type.held_rank != kAnyRank) return false;
  if (index >= static_cast<size_t>(body.input_size())) return false;
  const auto declared = declared_held_type(body.input(static_cast<int>(index)).type());
  if (!declared.is_ok() || declared->held_rank < 0) return false;
  type.held_rank = declared->held_rank;
  return true;
}

}  // namespace

Result<LoopBody> import_loop_body(NodeImport& node, std::vector<TypeInfo> inputs, size_t first,
                                  size_t carried, size_t first_output,
                                  std::vector<ValueId> captured, const BodyFrame* frame) {
  OCTET_ASSIGN_OR_RETURN(const pb::GraphProto* proto, node.graph_attribute("body"));
  const std::string name = node.name() + "/body";
  std::vector<bool> assumed(carried);
  for (size_t i = 0; i < carried && frame == nullptr; ++i)
    assumed[i] = assume_rank(*proto, first + i, inputs[first + i]);
  for (int round = 0;; ++round) {
    OCTET_ASSIGN_OR_RETURN(ImportedBody body,
                           node.bodies().import_body(*proto, name, inputs, captured, frame));
    if (body.graph->outputs().size() < first_output + carried)
      return invalid_model("its body gives " + std::to_string(body.graph->outputs().size()) +
                           " values, expected " + std::to_string(first_output + carried) +
                           " or more");
    bool changed = false;
    for (size_t i = 0; i < carried; ++i) {
      TypeInfo& given = inputs[first + i];
      const TypeInfo& next = output_type(*body.graph, first_output + i);
      if (assumed[i] && next.held_rank != given.held_rank) {
        assumed[i] = false;
        given.held_rank = kAnyRank;
        changed = true;
      }
      if (const auto held = common_held_type(given, next)) {
        changed |= !same_form(*held, given);
        given = *held;
      } else if (!given.is_tensor() || !next.is_tensor() || given.dtype != next.dtype ||
                 given.rank() != next.rank()) {
        return unsupported("carried value " + std::to_string(i) + " is " + to_string(given) +
                           " and becomes " + to_string(next) +
                           "; a value that changes its type or rank is not supported");
      }
    }
    const bool any = changes_extents(node, inputs, *body.graph, first, carried, first_output);
    for (size_t i = 0; any && i < carried; ++i) {
      TypeInfo& given = inputs[first + i];
      const TypeInfo& next = output_type(*body.graph, first_output + i);
      for (size_t axis = 0; axis < given.shape.size(); ++axis) {
        const bool is_own = is_of_body(node, given.shape[axis]);
        // One that changes may change others: the second time all are taken to.
        if (is_own || (given.shape[axis] == next.shape[axis] && round == 0)) continue;
        given.shape[axis] = Dim::symbol(node.late_name(name));
        changed = true;
      }
    }
    if (changed) continue;
    for (size_t i = 0; i < carried; ++i)
      if (!inputs[first + i].is_tensor())
        OCTET_RETURN_IF_ERROR(make_optional(*body.graph, first_output + i, inputs[first + i]));
    return LoopBody{std::move(body), std::move(inputs)};
  }
}

Status add_results(NodeImport& node, const LoopBody& loop, size_t first, size_t first_output,
                   const std::optional<Dim>& count, ControlAttrs& attrs) {
  const Graph& body = *loop.body.graph;
  const auto carried = static_cast<size_t>(attrs.carried);
  const auto outside = [&](const Dim& extent, size_t output, size_t axis) {
    return is_known_outside(body, node.name() + "/body", extent)
               ? extent
               : node.late_extent(output, axis, attrs.made);
  };
  for (size_t i = 0; i < carried; ++i) {
    const TypeInfo& type = loop.inputs[first + i];
    ResultType& result = attrs.results.emplace_back(result_type(type));
    result.shape.clear();
    for (size_t axis = 0; axis < type.shape.size(); ++axis)
      result.shape.push_back(outside(type.shape[axis], i, axis));
  }
  for (size_t i = 0; i < attrs.scan_outputs.size(); ++i) {
    const TypeInfo& type = output_type(body, first_output + carried + i);
    if (!type.is_tensor())
      return invalid_model("its body gives " + to_string(type) + " as scan output " +
                           std::to_string(i) + ", expected a tensor; carry it instead");
    ScanAxis& scan = attrs.scan_outputs[i];
    OCTET_ASSIGN_OR_RETURN(scan.axis, normalize_axis(scan.axis, type.rank() + 1));
    ResultType& result = attrs.results.emplace_back();
    result.dtype = type.dtype;
    for (size_t axis = 0; axis <= type.shape.size(); ++axis) {
      if (static_cast<int>(axis) == scan.axis)
        result.shape.push_back(count ? *count : node.late_extent(carried + i, axis, attrs.made));
      if (axis < type.shape.size())
        result.shape.push_back(outside(type.shape[axis], carried + i, axis));
    }
    OCTET_RETURN_IF_ERROR(check_shape(result.shape, node.limits()));
  }
  return Status::ok();
}

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
    types.push_back(without_contents(node.type(i)));
    inputs.push_back(node.input(i));
  }
  const auto carried = static_cast<size_t>(attrs.carried);
  OCTET_ASSIGN_OR_RETURN(const LoopBody loop,
                         import_loop_body(node, std::move(types), 2, carried, 1));
  const Graph& body = *loop.body.graph;
  const TypeInfo& condition = output_type(body, 0);
  if (!condition.is_tensor() || condition.dtype != DType::kBool ||
      !(condition.rank() == 0 || element_count(condition.shape) == Dim(1)))
    return invalid_model("its body gives the condition " + to_string(condition) +
                         ", expected one bool");
  attrs.scan_outputs.resize(body.outputs().size() - 1 - carried);
  if (static_cast<size_t>(node.output_count()) > body.outputs().size() - 1)
    return invalid_model("has " + std::to_string(node.output_count()) +
                         " outputs, its body gives " + std::to_string(body.outputs().size() - 1));
  OCTET_RETURN_IF_ERROR(add_results(node, loop, 2, 1, std::nullopt, attrs));
  for (size_t i = 2; i < inputs.size(); ++i) {  // one that may become nothing
    if (!is_optional(loop.inputs[i].form) || is_optional(node.type_of(inputs[i]).form)) continue;
    const SequenceAttrs optional{.function = SequenceFunction::kOptional,
                                 .result = result_type(loop.inputs[i])};
    OCTET_ASSIGN_OR_RETURN(inputs[i], node.emit("optional", optional, {inputs[i]}));
  }
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
              : node.late_extent(i, axis + 1, outer.made));
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
