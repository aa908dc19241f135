// Puts casts around the graph, and wide constants into it; types follow when they are inferred
// anew.
#include "runtime/passes/simplify/widen_floats.h"

#include "runtime/ops/bit_cast.h"
#include "runtime/passes/computed_constant.h"

namespace octet {
namespace {

bool is_narrow(DType dtype) { return dtype == DType::kF16 || dtype == DType::kBF16; }

// Elements in sequences stay as they are.
bool is_narrow(const TypeInfo& type) { return type.is_tensor() && is_narrow(type.dtype); }

bool has_narrow_values(const Graph& graph) {
  for (size_t id = 0; id < graph.value_count(); ++id)
    if (is_narrow(graph.value(static_cast<ValueId>(id)).type)) return true;
  return false;
}

// All readers of `value` read its Cast to f32 instead.
Status cast_for_readers(Graph& graph, ValueId value) {
  const std::string name = graph.value(value).name + "/f32";
  OCTET_ASSIGN_OR_RETURN(const ValueId wide, graph.add(name, CastAttrs{DType::kF32}, {value}));
  graph.replace_uses(value, wide);
  graph.set_input(*graph.producer(wide), 0, value);
  return Status::ok();
}

Status widen_constant(Graph& graph, ValueId value, const PassOptions& options) {
  const Constant narrow = *graph.value(value).constant;
  const Node cast{graph.value(value).name, CastAttrs{DType::kF32}, {}, {}};
  TypeInfo type;
  type.shape = to_symbolic(narrow.shape());
  OCTET_ASSIGN_OR_RETURN(
      const ValueId made,
      graph.add_constant(cast.name, computed_constant(cast, type, {narrow}, options)));
  graph.replace_uses(value, made);
  return Status::ok();
}

// Whether what a node reads and gives stays of its type: of control nodes and sequences, since graphs
// know it so and are widened by themselves, and of what takes elements as bits.
bool keeps_types(const Node& node) {
  const auto* tail = node.as<LongTailAttrs>();
  return runs_in_session(node.kind()) ||
         (tail != nullptr && &tail->op() == &kLongTailOp<BitCastAttrs>);
}

struct NarrowInput {
  size_t node;
  size_t input;
  DType dtype;
};
std::vector<NarrowInput> narrow_inputs_to_keep(const Graph& graph) {
  std::vector<NarrowInput> found;
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (!keeps_types(node)) continue;
    for (size_t input = 0; input < node.inputs.size(); ++input) {
      const ValueId id = node.inputs[input];
      if (id != kNoValue && is_narrow(graph.value(id).type))
        found.push_back({i, input, graph.value(id).type.dtype});
    }
  }
  return found;
}

Status narrow_again(Graph& graph, const NarrowInput& read) {
  const ValueId wide = graph.nodes()[read.node].inputs[read.input];
  const Node* maker = graph.producer(wide);
  if (maker != nullptr && maker->as<CastAttrs>() != nullptr &&
      graph.value(maker->inputs[0]).type.dtype == read.dtype) {
    graph.set_input(graph.nodes()[read.node], read.input, maker->inputs[0]);
    return Status::ok();
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId narrow, graph.add(graph.value(wide).name + "/narrow",
                                                         CastAttrs{read.dtype}, {wide}));
  graph.set_input(graph.nodes()[read.node], read.input, narrow);
  return Status::ok();
}

// Whether `node` rounds the result of a layer of codes, or an attention, to the narrow type that
// its rows, or queries, came in.
bool rounds_layer(const Graph& graph, const Node& node) {
  const auto* cast = node.as<CastAttrs>();
  if (cast == nullptr || !is_narrow(cast->to)) return false;
  const Node* layer = graph.producer(node.inputs[0]);
  if (layer == nullptr) return false;
  if (layer->as<QuantizedLinearAttrs>() == nullptr && layer->as<AttentionAttrs>() == nullptr)
    return false;
  const Node* rows = graph.producer(layer->inputs[0]);
  if (rows != nullptr && rows->as<QuantizeRowsAttrs>() != nullptr)
    rows = graph.producer(rows->inputs[0]);
  return rows != nullptr && rows->as<CastAttrs>() != nullptr &&
         graph.value(rows->inputs[0]).type.dtype == cast->to;
}

// What reads such a rounded result reads the result itself.
void read_unrounded_layers(Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    if (!rounds_layer(graph, graph.nodes()[i])) continue;
    const ValueId rounded = graph.nodes()[i].outputs[0], result = graph.nodes()[i].inputs[0];
    for (const int user : graph.users(rounded)) {
      const Node& reader = graph.nodes()[static_cast<size_t>(user)];
      for (size_t input = 0; input < reader.inputs.size(); ++input)
        if (reader.inputs[input] == rounded) graph.set_input(reader, input, result);
    }
  }
}

// Types that nodes name in their attributes.
Status widen_node(Graph& graph, size_t index) {
  const Node& node = graph.nodes()[index];
  if (const auto* cast = node.as<CastAttrs>(); cast != nullptr && is_narrow(cast->to))
    return cast_for_readers(graph, node.outputs[0]);
  if (keeps_types(node)) {
    const std::vector<ValueId> outputs = node.outputs;
    for (const ValueId output : outputs)
      if (is_narrow(graph.value(output).type))
        OCTET_RETURN_IF_ERROR(cast_for_readers(graph, output));
    return Status::ok();
  }
  if (const auto* dequantize = node.as<DequantizeAttrs>();
      dequantize != nullptr && is_narrow(dequantize->type))
    graph.edit<DequantizeAttrs>(node).type = DType::kF32;
  if (const auto* range = node.as<RangeAttrs>(); range != nullptr && is_narrow(range->dtype))
    graph.edit<RangeAttrs>(node).dtype = DType::kF32;
  return Status::ok();
}

// The graph gives `value` as `dtype`; other readers still read the value itself.
Status cast_output(Graph& graph, ValueId value, DType dtype) {
  const std::vector<int> readers = graph.users(value);
  OCTET_ASSIGN_OR_RETURN(const ValueId narrow,
                         graph.add(graph.value(value).name + "/output", CastAttrs{dtype}, {value}));
  graph.replace_uses(value, narrow);
  graph.set_input(*graph.producer(narrow), 0, value);
  for (const int reader : readers) {
    const Node& node = graph.nodes()[static_cast<size_t>(reader)];
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i] == narrow) graph.set_input(node, i, value);
  }
  return Status::ok();
}

}  // namespace

Status widen_floats(Graph& graph, const PassOptions& options) {
  if (!options.evaluate || !has_narrow_values(graph)) return Status::ok();
  std::vector<TypeInfo> output_types;
  for (const ValueId id : graph.outputs()) output_types.push_back(graph.value(id).type);
  const std::vector<NarrowInput> kept = narrow_inputs_to_keep(graph);
  read_unrounded_layers(graph);
  const size_t node_count = graph.nodes().size(), value_count = graph.value_count();
  for (const ValueId id : graph.inputs())
    if (is_narrow(graph.value(id).type)) OCTET_RETURN_IF_ERROR(cast_for_readers(graph, id));
  for (size_t i = 0; i < value_count; ++i) {
    const auto id = static_cast<ValueId>(i);
    if (graph.value(id).constant && is_narrow(graph.value(id).constant->dtype()))
      OCTET_RETURN_IF_ERROR(widen_constant(graph, id, options));
  }
  for (size_t i = 0; i < node_count; ++i) OCTET_RETURN_IF_ERROR(widen_node(graph, i));
  for (const NarrowInput& read : kept) OCTET_RETURN_IF_ERROR(narrow_again(graph, read));
  for (size_t i = 0; i < output_types.size(); ++i) {
    const ValueId id = graph.outputs()[i];
    const Node* maker = graph.producer(id);
    const auto* cast = maker != nullptr ? maker->as<CastAttrs>() : nullptr;
    const DType dtype = output_types[i].dtype;
    if (!is_narrow(output_types[i]) || (cast != nullptr && cast->to == dtype)) continue;
    OCTET_RETURN_IF_ERROR(cast_output(graph, id, dtype));
  }
  return Status::ok();
}

}  // namespace octet
