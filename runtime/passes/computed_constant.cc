// Evaluates a node each time that its constant is read.
#include "runtime/passes/computed_constant.h"

#include <algorithm>

#include "runtime/core/run_control.h"
#include "runtime/ops/attribute_key.h"

namespace octet {

Constant computed_constant(const Node& node, const TypeInfo& output, std::vector<Constant> inputs,
                           const PassOptions& options) {
  std::vector<SharedKey> keys;
  for (const Constant& input : inputs) keys.push_back(input.key());
  const SharedKey key =
      SharedKey::of_rows(keys).with("computed by", attribute_key(node.attributes));
  int depth = 0;
  for (const Constant& input : inputs) depth = std::max(depth, input.depth());
  const auto evaluate = options.evaluate;
  const std::string where = "node \"" + node.name + "\" (" + op_label(node.attributes) + ")";
  const auto compute = [evaluate, attributes = node.attributes, inputs = std::move(inputs),
                        where]() -> Result<Tensor> {
    OCTET_RETURN_IF_ERROR(check_stop());
    std::vector<Tensor> tensors;
    for (const Constant& input : inputs) {
      OCTET_ASSIGN_OR_RETURN(Tensor tensor, input.load());
      tensors.push_back(std::move(tensor));
    }
    auto results = evaluate(attributes, tensors);
    if (!results.is_ok()) return results.status().with_prefix(where);
    return std::move((*results)[0]);
  };
  return Constant(output.dtype, *to_constant(output.shape), compute, key, depth + 1);
}

Constant computed_constant(const Graph& graph, const Node& node, const PassOptions& options) {
  std::vector<Constant> inputs;
  for (const ValueId id : node.inputs)
    if (id != kNoValue) inputs.push_back(*graph.value(id).constant);
  return computed_constant(node, graph.value(node.outputs[0]).type, std::move(inputs), options);
}

}  // namespace octet
