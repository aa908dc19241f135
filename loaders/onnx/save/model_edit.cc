// Names, tensors, nodes, and what an edit leaves behind.
#include "loaders/onnx/save/model_edit.h"

#include <algorithm>

#include "loaders/onnx/save/raise_opset.h"

namespace octet {
namespace {

// How often each name is read, by nodes of all graphs and as an output.
std::unordered_map<std::string, int> count_readers(pb::GraphProto& graph) {
  std::unordered_map<std::string, int> readers;
  for_each_graph(graph, [&](pb::GraphProto& each) {
    for (const auto& output : each.output()) ++readers[output.name()];
    for (const auto& node : each.node())
      for (const auto& input : node.input()) ++readers[input];
  });
  return readers;
}

// Removes the elements that `is_gone` names; the others keep their order.
template <class Messages, class F>
void remove_if(Messages& messages, F&& is_gone) {
  int kept = 0;
  for (int i = 0; i < messages.size(); ++i) {
    if (is_gone(messages[i])) continue;
    if (kept != i) messages.SwapElements(kept, i);
    ++kept;
  }
  messages.DeleteSubrange(kept, messages.size() - kept);
}

}  // namespace

ModelEdit::ModelEdit(EditedModel& model) : model_(model) {
  for_each_graph(*model.proto.mutable_graph(), [&](pb::GraphProto& graph) {
    for (const auto& input : graph.input()) names_.insert(input.name());
    for (const auto& output : graph.output()) names_.insert(output.name());
    for (const auto& tensor : graph.initializer()) names_.insert(tensor.name());
    for (const auto& sparse : graph.sparse_initializer()) names_.insert(sparse.values().name());
    for (const auto& node : graph.node()) {
      names_.insert(node.name());
      for (const auto& input : node.input()) names_.insert(input);
      for (const auto& output : node.output()) names_.insert(output);
    }
  });
}

std::string ModelEdit::new_name(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; !names_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
  return name;
}

std::string ModelEdit::add_tensor(pb::GraphProto& graph, const std::string& wanted, int data_type,
                                  const std::vector<int64_t>& dims, TensorData data) {
  auto& tensor = *graph.add_initializer();
  tensor.set_name(new_name(wanted));
  tensor.set_data_type(data_type);
  for (const int64_t dim : dims) tensor.add_dims(dim);
  tensor.set_raw_data(model_.add(std::move(data)));
  return tensor.name();
}

std::string ModelEdit::add_scalar(pb::GraphProto& graph, const std::string& wanted, float value) {
  return add_tensor(graph, wanted, pb::TensorProto::FLOAT, {},
                    data_of_tensor(Tensor::from<float>({&value, 1}, Shape{})));
}

std::unique_ptr<pb::NodeProto> ModelEdit::make_node(const std::string& op_type,
                                                    const std::string& name,
                                                    const std::vector<std::string>& inputs,
                                                    const std::string& output) {
  auto node = std::make_unique<pb::NodeProto>();
  node->set_op_type(op_type);
  node->set_name(name);
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(output);
  return node;
}

void ModelEdit::need_function(const DynamicLinearForm& form) {
  need_opset(kOldestDynamicLinear);
  need_ir_version(kOldestFunctionIr);
  const bool known = std::any_of(functions_.begin(), functions_.end(),
                                 [&](const auto& other) { return other.name() == form.name(); });
  if (!known) functions_.push_back(form);
}

void ModelEdit::remove_unread() {
  auto& graph = *model_.proto.mutable_graph();
  std::unordered_map<std::string, int> readers = count_readers(graph);
  std::unordered_map<std::string, const pb::NodeProto*> makers;
  for_each_graph(graph, [&](pb::GraphProto& each) {
    for (const auto& node : each.node())
      for (const auto& output : node.output()) makers[output] = &node;
  });
  std::unordered_set<std::string> gone;
  std::unordered_set<const pb::NodeProto*> gone_nodes;
  while (!lost_.empty()) {
    const std::string name = std::move(lost_.back());
    lost_.pop_back();
    if (name.empty() || readers[name] > 0) continue;
    gone.insert(name);
    const auto maker = makers.find(name);
    if (maker == makers.end() || gone_nodes.contains(maker->second)) continue;
    const auto& outputs = maker->second->output();
    if (std::any_of(outputs.begin(), outputs.end(),
                    [&](const std::string& output) { return readers[output] > 0; }))
      continue;
    gone_nodes.insert(maker->second);
    for (const std::string& input : maker->second->input())
      if (--readers[input] <= 0) lost_.push_back(input);
  }
  for_each_graph(graph, [&](pb::GraphProto& each) {
    const auto is_gone = [&](const auto& named) { return gone.contains(named.name()); };
    std::unordered_set<std::string> tensors;
    for (const auto& tensor : each.initializer())
      if (is_gone(tensor)) tensors.insert(tensor.name());
    remove_if(*each.mutable_initializer(), is_gone);
    // One that is an input as well would have to be given from now on.
    remove_if(*each.mutable_input(),
              [&](const auto& input) { return tensors.contains(input.name()); });
    remove_if(*each.mutable_value_info(), is_gone);
    // Their names are free again.
    for (const std::string& tensor : tensors) names_.erase(tensor);
    for (const auto& node : each.node())
      if (gone_nodes.contains(&node))
        for (const auto& output : node.output()) names_.erase(output);
    remove_if(*each.mutable_node(), [&](const auto& node) { return gone_nodes.contains(&node); });
  });
}

void ModelEdit::rename() {
  std::unordered_map<std::string, std::string> renamed;
  for (const auto& [value, name] : preferred_)
    if (names_.insert(name).second) renamed[value] = name;
  const auto take = [&](std::string& name) {
    if (const auto found = renamed.find(name); found != renamed.end()) name = found->second;
  };
  for_each_graph(*model_.proto.mutable_graph(), [&](pb::GraphProto& graph) {
    for (auto& tensor : *graph.mutable_initializer()) take(*tensor.mutable_name());
    for (auto& node : *graph.mutable_node())
      for (auto& input : *node.mutable_input()) take(input);
  });
}

Status ModelEdit::raise_versions() {
  pb::ModelProto& proto = model_.proto;
  const int64_t from = opset_of(proto);
  if (opset_ > from) {
    if (const auto why = why_not_raise(proto, opset_))
      return unsupported("the quantized layers need opset " + std::to_string(opset_) +
                         ", the model has " + std::to_string(from) +
                         ", and it cannot be raised: " + *why +
                         "; convert the model with onnx.version_converter before it is "
                         "loaded");
    raise_opset(proto, opset_, [&](const std::string& wanted) { return new_name(wanted); });
  }
  raise_ir_version(proto, ir_version_);
  return Status::ok();
}

// Functions come last: their bodies are of the model's opset.
Status ModelEdit::finish() {
  remove_unread();
  rename();
  pb::ModelProto& proto = model_.proto;
  for_each_graph(*proto.mutable_graph(), [&](pb::GraphProto& graph) {
    for (const auto& node : graph.node())
      if (node.domain() == kOwnDomain) need_function(DynamicLinearForm::of_name(node.op_type()));
  });
  OCTET_RETURN_IF_ERROR(raise_versions());
  for (const DynamicLinearForm& form : functions_) {
    OCTET_ASSIGN_OR_RETURN(*proto.add_functions(), dynamic_linear_function(form, opset_of(proto)));
  }
  const bool imports =
      std::any_of(proto.opset_import().begin(), proto.opset_import().end(),
                  [](const auto& import) { return import.domain() == kOwnDomain; });
  if (functions_.empty() || imports) return Status::ok();
  auto& import = *proto.add_opset_import();
  import.set_domain(kOwnDomain);
  import.set_version(kOwnOpset);
  return Status::ok();
}

}  // namespace octet
