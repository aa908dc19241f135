// NodeImport: one ONNX node while an importer turns it into nodes of the IR.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "loaders/onnx/import_tensor.h"
#include "loaders/onnx/onnx_proto.h"
#include "runtime/graph/graph.h"

namespace octet {

// What stands between a body and its graph, where the graph has other inputs and outputs.
struct BodyFrame {
  // From the first inputs of the graph, captured ones last, to the body's own.
  std::function<Result<std::vector<ValueId>>(Graph& graph, const std::vector<ValueId>& inputs)>
      enter;
  // From those inputs and the body's outputs to the graph's.
  std::function<Result<std::vector<ValueId>>(Graph& graph, const std::vector<ValueId>& inputs,
                                             const std::vector<ValueId>& outputs)>
      leave;
};

// A graph that an attribute holds, imported: it sees nothing but its inputs.
struct ImportedBody {
  std::shared_ptr<Graph> graph;
  std::vector<ValueId> captured;  // values of the graph around it that its last inputs are
};

// Imports the graphs of control nodes, in the scope of the graph that the nodes are in.
class BodyImporter {
 public:
  virtual ~BodyImporter() = default;
  // `name` is put before the names of the nodes in it: "loop/body". `inputs`: types of its own
  // inputs, whose integers of constant size get symbols for their elements; `captured` comes behind
  // them, and whatever else it reads of the graph around it. With a frame `inputs` are those that
  // it enters with. Errors: those of import_graph().
  virtual Result<ImportedBody> import_body(const pb::GraphProto& proto, const std::string& name,
                                           const std::vector<TypeInfo>& inputs,
                                           std::vector<ValueId> captured,
                                           const BodyFrame* frame = nullptr) = 0;
  // Its nodes become nodes of the graph around it, and its inputs are values of that. Gives the
  // values of its outputs. Error: where it could be imported once some values of the graph around
  // it were seen, `missing` gets their names.
  virtual Result<std::vector<ValueId>> import_inline(const pb::GraphProto& proto,
                                                     const std::string& name,
                                                     const std::vector<ValueId>& inputs,
                                                     std::vector<std::string>& missing) = 0;
};

// Where nodes are imported to.
struct ImportScope {
  Graph& graph;
  TensorStore& store;
  BodyImporter& bodies;
  // Integers whose elements are symbols once they are computed, by the value that holds them.
  std::unordered_map<ValueId, ValueId> observed = {};
};

// Threading: none. Errors of importers carry no prefix; the caller adds the node.
class NodeImport {
 public:
  // `name` is the layer's name; `inputs` has kNoValue for absent inputs, trailing ones removed.
  // Precondition: the number of inputs and outputs is what the op's row allows, and its required
  // inputs are there.
  NodeImport(const pb::NodeProto& proto, std::string name, int64_t opset,
             std::vector<ValueId> inputs, ImportScope& scope);

  const std::string& op_type() const { return proto_.op_type(); }
  const std::string& name() const { return name_; }
  int64_t opset() const { return opset_; }  // of the op's domain

  // Inputs. kNoValue where an optional one is absent.
  int input_count() const { return static_cast<int>(inputs_.size()); }
  const std::vector<ValueId>& inputs() const { return inputs_; }
  ValueId input(int index) const {
    return index >= 0 && index < input_count() ? inputs_[static_cast<size_t>(index)] : kNoValue;
  }
  bool has_input(int index) const { return input(index) != kNoValue; }
  // By value: adding nodes moves the graph's table. Precondition: has_input(index).
  TypeInfo type(int index) const { return graph_.value(input(index)).type; }
  TypeInfo type_of(ValueId value) const { return graph_.value(value).type; }
  int rank(int index) const { return graph_.value(input(index)).type.rank(); }
  const std::optional<Constant>& constant(int index) const {
    return graph_.value(input(index)).constant;
  }
  const std::optional<Constant>& constant_of(ValueId value) const {
    return graph_.value(value).constant;
  }
  const std::string& value_name(int index) const { return graph_.value(input(index)).name; }
  // Whether a MatMul or linear layer makes it.
  bool is_product(ValueId value) const {
    const Node* producer = graph_.producer(value);
    return producer != nullptr && (producer->as<MatMulAttrs>() || producer->as<LinearAttrs>() ||
                                   producer->as<QuantizedLinearAttrs>());
  }

  // The integers that an input holds. Where the run computes them they are symbols, which it makes
  // known. Error: kUnsupported where they are too many, or nobody knows how many.
  Result<std::vector<Dim>> dims(int index);
  // Those that must be known when a program is made. kUnsupported where they are not: the input is
  // then one of missing_values(), and the node may be imported once it is seen.
  Result<std::vector<int64_t>> integers(int index);
  Result<std::vector<double>> numbers(int index);  // the same of any type
  // A single one of them, from rank 0 or 1.
  Result<Dim> dim(int index);
  // A computed int64 of one element, as a symbol that is `least` or more.
  Result<Dim> count(ValueId value, std::optional<int64_t> least = 0);
  // The tensors of a sequence that a node of this graph lists; nullopt: the run makes it.
  std::optional<std::vector<ValueId>> listed(int index) const;
  // The rank of the tensors in what is no tensor. kUnsupported where nobody knows it: the input is
  // then one of missing_values().
  Result<int> held_rank(int index);
  // Notes that the input's value must be known, and gives the error for it.
  Status missing_value(int index);
  // The same for values by their names, which need be no inputs.
  void miss(std::vector<std::string> names) { missing_names_ = std::move(names); }
  // All of them.
  std::vector<std::string> missing_values() const;

  // Attributes. A wrong type is remembered as status(), which the caller checks after the importer.
  bool has_attribute(std::string_view attribute) const { return find(attribute) != nullptr; }
  int64_t int_attribute(std::string_view attribute, int64_t otherwise);
  bool flag_attribute(std::string_view attribute, bool otherwise) {
    return int_attribute(attribute, otherwise) != 0;
  }
  float float_attribute(std::string_view attribute, float otherwise);
  std::string string_attribute(std::string_view attribute, const std::string& otherwise);
  std::optional<std::vector<int64_t>> ints_attribute(std::string_view attribute);
  std::optional<std::vector<float>> floats_attribute(std::string_view attribute);
  std::optional<std::vector<std::string>> strings_attribute(std::string_view attribute);
  Result<std::optional<Constant>> tensor_attribute(std::string_view attribute);
  // The element type that an attribute names. Error: Octet has none such.
  Result<DType> type_attribute(std::string_view attribute, DType otherwise);
  // Axes and the like: an attribute below opset `since`, input `index` from it on; nullopt when
  // absent.
  Result<std::optional<std::vector<int64_t>>> ints(std::string_view attribute, int index,
                                                   int64_t since);
  const Status& status() const { return status_; }

  // Nodes. emit() makes an intermediate one, named after the node and `step` (with an empty one, as
  // the node: the product that a layer is called after); finish() makes the
  // one that gives the node's output `output`, under the node's own name; alias() makes that output
  // another value.
  Result<ValueId> emit(std::string_view step, Attributes attributes, std::vector<ValueId> inputs);
  Status finish(Attributes attributes, std::vector<ValueId> inputs, int output = 0);
  // emit() of a node with several outputs.
  Result<std::vector<ValueId>> emit_all(std::string_view step, Attributes attributes,
                                        std::vector<ValueId> inputs);
  // The same for a node that gives the first outputs, one each.
  Status finish_all(Attributes attributes, std::vector<ValueId> inputs);
  Status finish_constant(Constant constant);  // output 0
  // Dim::named() with a name that no other node, use or axis has. Precondition: called once for
  // each `use` (a word) and axis.
  Dim named(const char* use, size_t axis, const Dim& definition, size_t short_text = 64) const {
    return Dim::named(std::string(use) + " " + std::to_string(axis) + " of " + name_, definition,
                      short_text);
  }
  // What else must hold.
  void add_checks(const std::vector<Check>& checks) {
    for (const Check& check : checks) graph_.add_check(check);
  }
  void alias(ValueId value, int output = 0);
  // What the model's user should know of the node.
  void warn(const std::string& text) {
    store_.warnings.push_back("node \"" + name_ + "\" (" + op_type() + "): " + text);
  }
  Result<ValueId> add_constant(std::string_view step, Constant constant);
  // A part of input `index`, under the name of that.
  Result<ValueId> add_part(int index, Constant constant);
  // A scalar of `dtype`; `value` is converted.
  Result<ValueId> add_scalar(std::string_view step, DType dtype, double value);

  // Graphs of attributes. Error: kInvalidModel where there is none of the name.
  Result<const pb::GraphProto*> graph_attribute(std::string_view attribute);
  BodyImporter& bodies() { return scope_.bodies; }
  // The type that an attribute is; nullptr: there is none of the name.
  const pb::TypeProto* type_attribute(std::string_view attribute);
  // An extent of output `output` that only the run shows, and noted in `made`.
  Dim late_extent(size_t output, size_t axis, std::vector<Dim>& made);
  // A name that no other value of the model has, for symbols.
  std::string late_name(const std::string& name) { return store_.late_name(name); }
  Graph& graph() { return graph_; }
  std::vector<std::string> output_names() const {
    return {proto_.output().begin(), proto_.output().end()};
  }

  int output_count() const { return proto_.output_size(); }
  bool wants_output(int index) const {
    return index < output_count() && !proto_.output(index).empty();
  }
  // The values of the outputs, kNoValue where the importer made none.
  const std::vector<ValueId>& outputs() const { return outputs_; }
  const Limits& limits() const { return store_.limits; }
  // Called before a constant is made up: kResourceExhausted where all of them exceed
  // max_folded_bytes.
  Status reserve_constant(uint64_t bytes);

 private:
  std::string step_name(std::string_view step) const;
  // The value with its elements as symbols, which are at least `least`.
  Result<ValueId> observe(ValueId value, std::optional<int64_t> least);
  // Checks from `first` on came from a node of `inputs`: they are to name this node's inputs.
  void name_own_inputs(size_t first, const std::vector<ValueId>& inputs);
  // check_shape(), and the budget for extents that are expressions.
  Status check_type(ValueId value);
  const pb::AttributeProto* find(std::string_view attribute) const;
  // The attribute when it is there and of `type`; another type is remembered.
  const pb::AttributeProto* find(std::string_view attribute,
                                 pb::AttributeProto::AttributeType type);

  const pb::NodeProto& proto_;
  std::string name_;
  int64_t opset_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  ImportScope& scope_;
  Graph& graph_;
  TensorStore& store_;
  std::vector<int> missing_values_;
  std::vector<std::string> missing_names_;
  Status status_;
};

// `axis` counted from the front. Error: it is not in [-rank, rank).
Result<int> normalize_axis(int64_t axis, int rank);
// The same for a list; duplicates are an error. Sorted.
Result<std::vector<int>> normalize_axes(const std::vector<int64_t>& axes, int rank);
// first, first + 1, .., rank - 1; none where first is not below the rank.
std::vector<int> axes_from(int first, int rank);
// Checks the constant extents: 0 <= extent <= max_dim, and their product against max_elements. An
// expression that has grown too complex is an error too.
Status check_shape(const SymbolicShape& shape, const Limits& limits);

}  // namespace octet
