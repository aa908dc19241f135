// GraphImporter: names to values, and one importer call per node.
#pragma once

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "loaders/onnx/import_graph.h"
#include "loaders/onnx/layer_names.h"
#include "loaders/onnx/node_import.h"
#include "loaders/onnx/op_table.h"
#include "loaders/onnx/symbol_names.h"

namespace octet {

// What the importers of a model's graphs share.
struct ModelImport {
  const std::map<std::string, int64_t>& opsets;
  TensorStore& store;
  std::shared_ptr<const void> owner;  // see import_graph()
};

// One graph of a model, in a Graph of its own or in that of the graph around it. Threading: none.
class GraphImporter : public BodyImporter {
 public:
  // `outer`: the importer of the graph around it; nullptr: it is the model's. `prefix` is put
  // before the names of its nodes: "loop/body/".
  GraphImporter(const pb::GraphProto& proto, const ModelImport& model, Graph& graph,
                GraphImporter* outer = nullptr, std::string prefix = "");

  // Inputs, initializers, nodes, outputs.
  Status import_all();

  Result<ImportedBody> import_body(const pb::GraphProto& proto, const std::string& name,
                                   const std::vector<TypeInfo>& inputs,
                                   std::vector<ValueId> captured, const BodyFrame* frame) override;
  Result<std::vector<ValueId>> import_inline(const pb::GraphProto& proto, const std::string& name,
                                             const std::vector<ValueId>& inputs,
                                             std::vector<std::string>& missing) override;

 private:
  friend class LateGraph;

  // The steps of import_all().
  void prepare();
  Status add_inputs();
  Status add_initializers();
  std::vector<int> all_nodes() const;
  Status add_nodes(const std::vector<int>& nodes);
  Status add_known_nodes(const std::vector<int>& nodes);  // and puts off the others
  Status add_outputs();
  void find_needed_nodes();

  Status define(const std::string& name, ValueId value);
  Status add_input(const pb::ValueInfoProto& input);
  Status add_tensor_input(const pb::ValueInfoProto& input);
  Status add_initializer(const pb::TensorProto& tensor);
  Status add_node(const pb::NodeProto& node, int index);
  Status import_node(const pb::NodeProto& node, int index, const std::string& name);
  // As the body that the standard gives the op (import_function.cc).
  Status import_function(const pb::NodeProto& node, int index, const std::string& name);
  Result<std::vector<ValueId>> find_inputs(const pb::NodeProto& node);
  Status add_output(const pb::ValueInfoProto& output);
  // `value`, or what makes it of the form that the file declares.
  Result<ValueId> as_declared(ValueId value, const pb::TypeProto& declared);

  // The value that a name has here: of this graph, or captured from one around it. kNoValue: none.
  Result<ValueId> find(const std::string& name);
  Result<ValueId> capture(const std::string& name, ValueId outer_value);
  // Formal inputs of a body by name.
  Status expect_inputs(size_t count) const;
  Status add_body_inputs(const std::vector<TypeInfo>& types, const std::vector<ValueId>& captured);
  // Its frame's, with the body's own inputs made of them; gives those of the frame.
  Result<std::vector<ValueId>> enter_frame(const std::vector<TypeInfo>& types,
                                           const std::vector<ValueId>& captured,
                                           const BodyFrame& frame);
  // The outputs of the graph, made of the body's own.
  Status leave_frame(const std::vector<ValueId>& inputs, const BodyFrame& frame);
  Result<std::vector<ValueId>> find_outputs();
  // Inputs that are values of the graph around it; kNoValue stays undefined.
  Status bind_inputs(const std::vector<ValueId>& values);
  // That one more graph may be imported within this one.
  Status expect_depth() const;

  // Nodes that wait for values (import_late.cc).
  bool reads_late_value(const pb::NodeProto& node) const;
  void put_off(int index, const std::vector<std::string>& missing);
  // One node for all of them, which gives what they do.
  Status add_late_graph();
  // Whether the file says what their outputs are.
  bool late_outputs_are_typed() const;
  // The values of graphs around this one that the missing ones are made of, by name; none where
  // they are more than a few integers.
  Result<std::vector<std::string>> sources_of_missing();

  const pb::GraphProto& proto_;
  const ModelImport& model_;
  Graph& graph_;
  GraphImporter* outer_;
  std::string prefix_;
  LayerNames layer_names_;
  int depth_;  // of graphs within graphs
  ImportScope scope_;
  SymbolNames symbols_;
  // By names, which are the proto's.
  std::unordered_map<std::string_view, ValueId> values_;
  std::unordered_set<std::string_view> initializers_;
  std::unordered_set<std::string_view> outputs_;
  std::vector<bool> needed_;  // by node
  // Captures of a body: by the outer graph's value, and in the order of the inputs.
  std::unordered_map<ValueId, ValueId> inner_of_;
  std::vector<ValueId> captured_;
  // What waits: nodes, the names that they give, and the names whose values must be known.
  std::vector<int> late_nodes_;
  std::unordered_set<std::string_view> late_names_;
  std::vector<std::string> missing_;
};

// Calls f(name) for every name that the node reads, those that its graphs take from around them
// included (and some of their own).
template <class F>
void for_each_read_name(const pb::NodeProto& node, F&& f) {
  for (const auto& name : node.input())
    if (!name.empty()) f(name);
  const auto in_graph = [&](const pb::GraphProto& graph) {
    for (const auto& inner : graph.node()) for_each_read_name(inner, f);
    for (const auto& output : graph.output()) f(output.name());
  };
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) in_graph(attribute.g());
    for (const auto& graph : attribute.graphs()) in_graph(graph);
  }
}

}  // namespace octet
