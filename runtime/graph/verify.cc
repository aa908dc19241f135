// Checks that a graph means something: single assignment, order, and types that the ops agree with.
#include "runtime/graph/graph.h"

namespace octet {
namespace {

Status at_node(const Node& node, const std::string& text) {
  return invalid_model(Graph::where(node) + ": " + text);
}

std::string value_text(const Graph& graph, ValueId id) {
  return "%" + std::to_string(id) + " \"" + graph.value(id).name + "\"";
}

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph), made_(graph.value_count(), false) {}

  Status run() {
    for (ValueId id : graph_.inputs()) {
      if (!in_range(id))
        return invalid_model("graph input %" + std::to_string(id) + " does not exist");
      if (made_[static_cast<size_t>(id)] || graph_.value(id).constant)
        return invalid_model("graph input " + value_text(graph_, id) + " is made more than once");
      made_[static_cast<size_t>(id)] = true;
    }
    for (size_t id = 0; id < graph_.value_count(); ++id) {
      const Value& value = graph_.value(static_cast<ValueId>(id));
      if (!value.constant) continue;
      made_[id] = true;
      if (value.type.dtype != value.constant->dtype() ||
          value.type.shape != to_symbolic(value.constant->shape()))
        return invalid_model("constant " + value_text(graph_, static_cast<ValueId>(id)) +
                             " is typed " + to_string(value.type) + ", but it is " +
                             dtype_name(value.constant->dtype()) +
                             to_string(to_symbolic(value.constant->shape())));
    }
    for (const Node& node : graph_.nodes()) OCTET_RETURN_IF_ERROR(check_node(node));
    for (ValueId id : graph_.outputs()) {
      if (!in_range(id))
        return invalid_model("graph output %" + std::to_string(id) + " does not exist");
      if (!made_[static_cast<size_t>(id)])
        return invalid_model("graph output " + value_text(graph_, id) + " is never made");
    }
    return Status::ok();
  }

 private:
  bool in_range(ValueId id) const {
    return id >= 0 && static_cast<size_t>(id) < graph_.value_count();
  }

  Status check_node(const Node& node) {
    for (ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      if (!in_range(id))
        return at_node(node, "reads %" + std::to_string(id) + ", which does not exist");
      if (!made_[static_cast<size_t>(id)])
        return at_node(node, "reads " + value_text(graph_, id) + " before it is made");
    }
    const auto outputs = graph_.infer(node);
    OCTET_RETURN_IF_ERROR(outputs.status());
    if (outputs->size() != node.outputs.size())
      return at_node(node, "has " + std::to_string(node.outputs.size()) + " outputs, expected " +
                               std::to_string(outputs->size()));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = node.outputs[i];
      if (!in_range(id))
        return at_node(node, "makes %" + std::to_string(id) + ", which does not exist");
      if (made_[static_cast<size_t>(id)])
        return at_node(node, "makes " + value_text(graph_, id) + " a second time");
      made_[static_cast<size_t>(id)] = true;
      OCTET_RETURN_IF_ERROR(check_type(node, id, (*outputs)[i]));
    }
    for (const auto& inner : node.graphs) {
      if (inner->outputs().size() < node.outputs.size())
        return at_node(node, "gives more than its graph");
      OCTET_RETURN_IF_ERROR(verify(*inner));
    }
    return Status::ok();
  }

  Status check_type(const Node& node, ValueId id, const TypeInfo& inferred) const {
    const TypeInfo& stored = graph_.value(id).type;
    if (!same_form(stored, inferred))
      return at_node(node, value_text(graph_, id) + " is typed " + to_string(stored) +
                               ", but the op gives " + to_string(inferred));
    if (stored.contents != inferred.contents)
      return at_node(node, "the contents stored for " + value_text(graph_, id) +
                               " are not those that the op gives");
    if (stored.checks != inferred.checks)
      return at_node(node, "the checks stored for " + value_text(graph_, id) +
                               " are not those that the op gives");
    return Status::ok();
  }

  const Graph& graph_;
  std::vector<bool> made_;
};

}  // namespace

Status verify(const Graph& graph) { return Verifier(graph).run(); }

}  // namespace octet
