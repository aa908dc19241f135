// SequenceMap: https://onnx.ai/onnx/operators. A loop over the sequences, as its function says.
#include "loaders/onnx/control_parts.h"
#include "loaders/onnx/sequence_parts.h"

namespace octet {
namespace {

// The frame of the body in a loop, whose graph has the iteration, the condition, the sequences that
// are made so far, and then the node's inputs.
class MapFrame {
 public:
  // `made`: 0 where only the types of the body's results are asked for.
  MapFrame(NodeImport& node, std::vector<int> ranks, size_t made)
      : node_(node), ranks_(std::move(ranks)), made_(made) {}

  BodyFrame frame() {
    return {
        [this](Graph& graph, const std::vector<ValueId>& inputs) { return enter(graph, inputs); },
        [this](Graph& graph, const std::vector<ValueId>& inputs,
               const std::vector<ValueId>& outputs) { return leave(graph, inputs, outputs); }};
  }

 private:
  // A tensor of each sequence.
  Result<std::vector<ValueId>> enter(Graph& graph, const std::vector<ValueId>& inputs) {
    std::vector<ValueId> own;
    for (size_t i = 0; i < ranks_.size(); ++i) {
      const ValueId given = inputs[2 + made_ + i];
      own.push_back(given);
      if (graph.value(given).type.is_tensor()) continue;
      SequenceAttrs attrs{.function = SequenceFunction::kAt};
      give_tensor(node_, graph.value(given).type.dtype, ranks_[i], attrs);
      OCTET_ASSIGN_OR_RETURN(own.back(), graph.add(node_.name() + "/at " + std::to_string(i),
                                                   std::move(attrs), {given, inputs[0]}));
    }
    return own;
  }

  Result<std::vector<ValueId>> leave(Graph& graph, const std::vector<ValueId>& inputs,
                                     const std::vector<ValueId>& outputs) const {
    if (made_ == 0) return outputs;
    std::vector<ValueId> results = {inputs[1]};
    for (size_t i = 0; i < made_; ++i) {
      const TypeInfo sequence = graph.value(inputs[2 + i]).type;
      const SequenceAttrs attrs{.function = SequenceFunction::kInsert,
                                .result = result_type(sequence)};
      OCTET_ASSIGN_OR_RETURN(const ValueId longer,
                             graph.add(node_.name() + "/insert " + std::to_string(i), attrs,
                                       {inputs[2 + i], outputs[i]}));
      results.push_back(longer);
    }
    return results;
  }

  NodeImport& node_;
  std::vector<int> ranks_;  // of the tensors in each input that is a sequence
  size_t made_;
};

// The number of iterations: tensors in input 0.
Result<ValueId> emit_length(NodeImport& node) {
  if (const auto tensors = node.listed(0)) {
    const auto count = static_cast<int64_t>(tensors->size());
    return node.add_constant("length", Constant(Tensor::from(std::span(&count, 1), {})));
  }
  SequenceAttrs attrs{.function = SequenceFunction::kLength};
  attrs.result.dtype = DType::kI64;
  return node.emit("length", std::move(attrs), {node.input(0)});
}

}  // namespace

Status import_sequence_map(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_sequence(node, 0));
  OCTET_ASSIGN_OR_RETURN(const pb::GraphProto* proto, node.graph_attribute("body"));
  std::vector<int> ranks;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
    OCTET_RETURN_IF_ERROR(expect_holdable(node, i));
    if (is_optional(node.type(i).form))
      return invalid_model("input " + std::to_string(i) + " is " + to_string(node.type(i)) +
                           ", expected a sequence or a tensor");
    int rank = 0;
    if (!node.type(i).is_tensor()) {
      OCTET_ASSIGN_OR_RETURN(rank, node.held_rank(i));
    }
    ranks.push_back(rank);
  }
  const size_t made = static_cast<size_t>(proto->output_size());
  if (static_cast<size_t>(node.output_count()) > made)
    return invalid_model("has " + std::to_string(node.output_count()) +
                         " outputs, its body gives " + std::to_string(made));

  // What the body gives shows once it is imported; then the sequences that it fills are known.
  std::vector<TypeInfo> types = {scalar_type(DType::kI64), scalar_type(DType::kBool)};
  MapFrame looks(node, ranks, 0);
  const BodyFrame looking = looks.frame();
  OCTET_ASSIGN_OR_RETURN(
      const ImportedBody seen,
      node.bodies().import_body(*proto, node.name() + "/body", types, node.inputs(), &looking));
  ControlAttrs attrs{.kind = ControlKind::kLoop, .results = {}};
  attrs.carried = static_cast<int>(made);
  OCTET_ASSIGN_OR_RETURN(const ValueId length, emit_length(node));
  std::vector<ValueId> inputs = {length, kNoValue};
  for (size_t i = 0; i < made; ++i) {
    const TypeInfo& given = output_type(*seen.graph, i);
    if (!given.is_tensor())
      return unsupported("its body gives " + to_string(given) + " as output " + std::to_string(i) +
                         ", expected a tensor");
    types.push_back(held_type(ValueForm::kSequence, given.dtype, given.rank()));
    OCTET_ASSIGN_OR_RETURN(const ValueId empty,
                           node.emit("empty " + std::to_string(i),
                                     SequenceAttrs{.result = result_type(types.back())}, {}));
    inputs.push_back(empty);
  }
  MapFrame maps(node, std::move(ranks), made);
  const BodyFrame mapping = maps.frame();
  OCTET_ASSIGN_OR_RETURN(const LoopBody loop,
                         import_loop_body(node, types, 2, made, 1, node.inputs(), &mapping));
  for (size_t i = 0; i < made; ++i) attrs.results.push_back(result_type(loop.inputs[2 + i]));
  inputs.insert(inputs.end(), loop.body.captured.begin(), loop.body.captured.end());
  return finish_control(node, std::move(attrs), std::move(inputs), {loop.body.graph});
}

}  // namespace octet
