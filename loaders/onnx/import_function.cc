// Nodes that are imported as the body that the standard gives their op.
#include "loaders/onnx/function_body.h"
#include "loaders/onnx/graph_importer.h"
#include "loaders/onnx/names.h"

namespace octet {

Status GraphImporter::import_function(const pb::NodeProto& node, int index,
                                      const std::string& name) {
  const auto opset = model_.opsets.find(node.domain() == "ai.onnx" ? "" : node.domain());
  if (opset == model_.opsets.end() ||
      !has_function_body(node.domain(), node.op_type(), opset->second))
    return unsupported("the op is not supported");
  OCTET_RETURN_IF_ERROR(expect_depth());
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> inputs, find_inputs(node));
  std::vector<const TypeInfo*> types;
  for (const ValueId input : inputs)
    types.push_back(input == kNoValue ? nullptr : &graph_.value(input).type);
  OCTET_ASSIGN_OR_RETURN(const FunctionBody body, function_body(node, opset->second, types));
  std::map<std::string, int64_t> opsets = model_.opsets;
  for (const auto& [domain, version] : body.opsets) opsets[domain] = version;

  // It has no owner: the body is gone after this, so none of its nodes may wait on its own.
  const ModelImport model{opsets, model_.store, nullptr};
  GraphImporter inner(body.graph, model, graph_, nullptr, name + "/");
  inner.depth_ = depth_ + 1;
  inner.prepare();
  OCTET_RETURN_IF_ERROR(inner.bind_inputs(inputs));
  std::vector<int> nodes;  // an output that the node leaves out may need what it does not have
  for (const int inner_index : inner.all_nodes())
    if (inner.needed_[static_cast<size_t>(inner_index)]) nodes.push_back(inner_index);
  // What nobody needs is not checked either.
  if (!needed_[static_cast<size_t>(index)]) inner.needed_.assign(inner.needed_.size(), false);
  OCTET_RETURN_IF_ERROR(inner.add_known_nodes(nodes));
  if (!inner.late_nodes_.empty())
    return unsupported("its body needs the value of " + quoted(inner.missing_[0]) +
                       ", which only a run shows");
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs, inner.find_outputs());
  size_t next = 0;
  for (const auto& output : node.output())
    if (!output.empty()) OCTET_RETURN_IF_ERROR(define(output, outputs[next++]));
  return Status::ok();
}

}  // namespace octet
