// Graphs within graphs: their names, their inputs, and what they capture.
#include "loaders/onnx/graph_importer.h"
#include "loaders/onnx/names.h"

namespace octet {
namespace {

constexpr int kMaxDepth = 32;  // of graphs within graphs
// A loop's body may be imported twice, and so may the loops in it: below kShallow a body counts for
// as many nodes as bound how often that happens.
constexpr int kShallow = 8;
constexpr uint64_t kDeepBodyNodes = 256;

}  // namespace

Result<ValueId> GraphImporter::find(const std::string& name) {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  if (outer_ == nullptr) return kNoValue;
  OCTET_ASSIGN_OR_RETURN(const ValueId outer_value, outer_->find(name));
  if (outer_value == kNoValue) return kNoValue;
  return &outer_->graph_ != &graph_ ? capture(name, outer_value) : outer_value;
}

// A constant is the graph's own, so that passes see it.
Result<ValueId> GraphImporter::capture(const std::string& name, ValueId outer_value) {
  if (const auto known = inner_of_.find(outer_value); known != inner_of_.end())
    return known->second;
  const Value outer = outer_->graph_.value(outer_value);
  ValueId value = kNoValue;
  if (outer.constant) {
    OCTET_ASSIGN_OR_RETURN(value, graph_.add_constant(name, *outer.constant));
  } else {
    value = graph_.add_inner_input(name, outer.type);
    captured_.push_back(outer_value);
  }
  inner_of_[outer_value] = value;
  return value;
}

Status GraphImporter::expect_inputs(size_t count) const {
  if (static_cast<size_t>(proto_.input_size()) == count) return Status::ok();
  return invalid_model("its graph " + quoted(proto_.name()) + " has " +
                       std::to_string(proto_.input_size()) + " inputs, expected " +
                       std::to_string(count));
}

Status GraphImporter::add_body_inputs(const std::vector<TypeInfo>& types,
                                      const std::vector<ValueId>& captured) {
  OCTET_RETURN_IF_ERROR(expect_inputs(types.size()));
  for (int i = 0; i < proto_.input_size(); ++i) {
    const std::string& name = proto_.input(i).name();
    // Symbols of its elements are told by their name from those of other graphs.
    const ValueId value =
        graph_.add_input(model_.store.late_name(prefix_ + name), types[static_cast<size_t>(i)]);
    OCTET_RETURN_IF_ERROR(define(name, value));
  }
  for (const ValueId outer_value : captured)
    OCTET_RETURN_IF_ERROR(capture(outer_->graph_.value(outer_value).name, outer_value).status());
  return Status::ok();
}

Status GraphImporter::bind_inputs(const std::vector<ValueId>& values) {
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != kNoValue)
      OCTET_RETURN_IF_ERROR(define(proto_.input(static_cast<int>(i)).name(), values[i]));
  return Status::ok();
}

Status GraphImporter::expect_depth() const {
  if (depth_ < kMaxDepth) return Status::ok();
  return unsupported("graphs are nested more than " + std::to_string(kMaxDepth) + " deep");
}

Result<ImportedBody> GraphImporter::import_body(const pb::GraphProto& proto,
                                                const std::string& name,
                                                const std::vector<TypeInfo>& inputs,
                                                std::vector<ValueId> captured,
                                                const BodyFrame* frame) {
  OCTET_RETURN_IF_ERROR(expect_depth());
  if (depth_ >= kShallow) model_.store.imported_nodes += kDeepBodyNodes;
  ImportedBody body{std::make_shared<Graph>(), {}};
  GraphImporter inner(proto, model_, *body.graph, this, name + "/");
  inner.prepare();
  std::vector<ValueId> entered;
  if (frame != nullptr) {
    OCTET_ASSIGN_OR_RETURN(entered, inner.enter_frame(inputs, captured, *frame));
  } else {
    OCTET_RETURN_IF_ERROR(inner.add_body_inputs(inputs, captured));
  }
  OCTET_RETURN_IF_ERROR(inner.add_initializers());
  OCTET_RETURN_IF_ERROR(inner.add_nodes(inner.all_nodes()));
  OCTET_RETURN_IF_ERROR(frame != nullptr ? inner.leave_frame(entered, *frame)
                                         : inner.add_outputs());
  OCTET_RETURN_IF_ERROR(body.graph->normalize());
  body.captured = std::move(inner.captured_);
  return body;
}

Result<std::vector<ValueId>> GraphImporter::import_inline(const pb::GraphProto& proto,
                                                          const std::string& name,
                                                          const std::vector<ValueId>& inputs,
                                                          std::vector<std::string>& missing) {
  OCTET_RETURN_IF_ERROR(expect_depth());
  GraphImporter inner(proto, model_, graph_, this, name + "/");
  inner.prepare();
  OCTET_RETURN_IF_ERROR(inner.expect_inputs(inputs.size()));
  OCTET_RETURN_IF_ERROR(inner.bind_inputs(inputs));
  OCTET_RETURN_IF_ERROR(inner.add_initializers());
  OCTET_RETURN_IF_ERROR(inner.add_known_nodes(inner.all_nodes()));
  if (!inner.late_nodes_.empty()) {
    if (!inner.late_outputs_are_typed()) {
      OCTET_ASSIGN_OR_RETURN(missing, inner.sources_of_missing());
    }
    OCTET_RETURN_IF_ERROR(inner.add_late_graph());
  }
  return inner.find_outputs();
}

Result<std::vector<ValueId>> GraphImporter::find_outputs() {
  std::vector<ValueId> outputs;
  for (const auto& output : proto_.output()) {
    OCTET_ASSIGN_OR_RETURN(const ValueId value, find(output.name()));
    if (value == kNoValue)
      return invalid_model("output " + quoted(output.name()) + " is not made by any node");
    outputs.push_back(value);
  }
  return outputs;
}

Result<std::vector<ValueId>> GraphImporter::enter_frame(const std::vector<TypeInfo>& types,
                                                        const std::vector<ValueId>& captured,
                                                        const BodyFrame& frame) {
  std::vector<ValueId> given;
  for (const TypeInfo& type : types)
    given.push_back(graph_.add_input(model_.store.late_name(prefix_ + "frame"), type));
  for (const ValueId outer_value : captured) {
    OCTET_ASSIGN_OR_RETURN(const ValueId value,
                           capture(outer_->graph_.value(outer_value).name, outer_value));
    given.push_back(value);
  }
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> own, frame.enter(graph_, given));
  OCTET_RETURN_IF_ERROR(expect_inputs(own.size()));
  OCTET_RETURN_IF_ERROR(bind_inputs(own));
  return given;
}

Status GraphImporter::leave_frame(const std::vector<ValueId>& inputs, const BodyFrame& frame) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> own, find_outputs());
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs, frame.leave(graph_, inputs, own));
  for (const ValueId output : outputs) graph_.add_output(output, graph_.value(output).name);
  return Status::ok();
}

}  // namespace octet
