// Replaces each matched attention by its node.
#include "runtime/passes/attention/fuse_attention.h"

#include "runtime/passes/attention/attention_operands.h"
#include "runtime/passes/attention/attention_pattern.h"
#include "runtime/passes/views.h"

namespace octet {
namespace {

// Built when asked for: a vector at file scope would be built whenever the library is loaded.
std::vector<int> swap_heads_and_tokens() { return {0, 2, 1, 3}; }

// A rank-3 mask [B * H or 1, Sq, Sk] beside operands [B * H, 1, ..] gets its axis of one head too.
Result<ValueId> mask_for_one_head(Graph& graph, ValueId mask) {
  const SymbolicShape& shape = graph.value(mask).type.shape;
  if (shape.size() != 3) return mask;
  const std::string name = graph.value(mask).name + "/one_head";
  return graph.add(name, ReshapeAttrs{{shape[0], 1, shape[1], shape[2]}}, {mask}, name);
}

// Whether masks that fit `masked_shape` also fit the scores [B, H, Sq, Sk], once
// mask_for_one_head() is through.
bool masks_fit(const SymbolicShape& masked_shape, const SymbolicShape& q) {
  if (masked_shape.empty()) return true;
  if (masked_shape.size() == 4) return masked_shape[0] == q[0] && masked_shape[1] == q[1];
  return masked_shape[0] == q[0] && q[1] == Dim(1);
}

// Products broadcast over B and H, Attention does not; the other extents have to agree in both.
bool same_heads(const Graph& graph, const AttentionOperands& operands) {
  const SymbolicShape& q = graph.value(operands.q).type.shape;
  for (const ValueId value : {operands.k, operands.v}) {
    const SymbolicShape& shape = graph.value(value).type.shape;
    if (!(shape[0] == q[0]) || !(shape[1] == q[1])) return false;
  }
  return true;
}

// Lets the readers of `heads_major`, a [B, H, Sq, Dv] in any reshape, read `transposed` or
// `token_major` instead.
void read_token_major(Graph& graph, ValueId heads_major, ValueId transposed, ValueId token_major) {
  const GraphIndex index(graph);
  std::vector<std::pair<ValueId, ValueId>> replacements;  // after the walk: it asks for readers
  std::vector<ValueId> values = {heads_major};
  while (!values.empty()) {
    const ValueId value = values.back();
    values.pop_back();
    for (const Node* user : index.users(value)) {
      const ValueId output = user->outputs[0];
      const auto* transpose = user->as<TransposeAttrs>();
      if (transpose && transpose->permutation == swap_heads_and_tokens()) {
        replacements.emplace_back(output, token_major);
      } else if (user->as<ReshapeAttrs>() && same_shape(graph, output, transposed)) {
        values.push_back(output);
        replacements.emplace_back(output, transposed);
      }
    }
  }
  for (const auto& [old, replacement] : replacements) graph.replace_uses(old, replacement);
}

// Appends the Attention and hands its result to the readers of the pattern's output. false: the
// types don't fit after all.
Result<bool> rewrite(Graph& graph, AttentionMasks& masks, const AttentionPattern& pattern,
                     std::string name) {
  OCTET_ASSIGN_OR_RETURN(const AttentionOperands operands,
                         attention_operands(graph, pattern.q, pattern.k_transposed, pattern.v));
  const SymbolicShape& q_shape = graph.value(operands.q).type.shape;
  if (!same_heads(graph, operands) || !masks_fit(pattern.masked_shape, q_shape)) return false;
  OCTET_ASSIGN_OR_RETURN(ValueId mask, masks.combine(graph, pattern.masks));
  if (mask != kNoValue && pattern.masked_shape.size() == 3) {
    OCTET_ASSIGN_OR_RETURN(mask, mask_for_one_head(graph, mask));
  }
  std::vector<ValueId> inputs = {operands.q, operands.k, operands.v};
  if (mask != kNoValue) inputs.push_back(mask);
  const AttentionAttrs attrs{pattern.scale * operands.scale, pattern.empty_rows_are_zero};
  std::vector<const TypeInfo*> types;
  for (const ValueId input : inputs) types.push_back(&graph.value(input).type);
  if (!infer_types(attrs, types).is_ok()) return false;

  const std::string output_name = graph.value(pattern.output).name;
  OCTET_ASSIGN_OR_RETURN(const ValueId token_major,
                         graph.add(std::move(name), attrs, inputs, output_name + "/token_major"));
  OCTET_ASSIGN_OR_RETURN(
      ValueId transposed,
      graph.add(output_name, TransposeAttrs{swap_heads_and_tokens()}, {token_major}, output_name));
  ValueId replacement = transposed;
  if (!same_shape(graph, transposed, pattern.output)) {
    OCTET_ASSIGN_OR_RETURN(
        replacement,
        graph.add(output_name + "/flattened", ReshapeAttrs{graph.value(pattern.output).type.shape},
                  {transposed}, output_name));
  }
  read_token_major(graph, pattern.output, transposed, token_major);
  graph.replace_uses(pattern.output, replacement);
  return true;
}

// The mask of an Attention that the model already had, in the form that the others get.
Status simplify_mask(Graph& graph, AttentionMasks& masks, size_t node) {
  std::vector<ValueId> inputs = graph.nodes()[node].inputs;
  if (inputs.size() < 4 || inputs[3] == kNoValue) return Status::ok();
  OCTET_ASSIGN_OR_RETURN(const ValueId mask, masks.combine(graph, {{.addend = inputs[3]}}));
  inputs.resize(3);
  if (mask != kNoValue) inputs.push_back(mask);
  graph.set_inputs(graph.nodes()[node], std::move(inputs));
  return Status::ok();
}

}  // namespace

Status fuse_attention(Graph& graph, const PassOptions&) {
  AttentionMasks masks;
  const size_t original_nodes = graph.nodes().size();
  const GraphIndex index(graph);
  for (size_t i = 0; i < original_nodes; ++i) {
    if (graph.nodes()[i].as<AttentionAttrs>())
      OCTET_RETURN_IF_ERROR(simplify_mask(graph, masks, i));
    if (!graph.nodes()[i].as<SoftmaxAttrs>()) continue;
    const auto pattern = match_attention(graph, index, graph.nodes()[i]);
    if (!pattern) continue;
    OCTET_ASSIGN_OR_RETURN([[maybe_unused]] const bool rewritten,
                           rewrite(graph, masks, *pattern, graph.nodes()[i].name));
  }
  return Status::ok();
}

}  // namespace octet
