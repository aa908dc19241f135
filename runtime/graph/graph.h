// Graph: the typed IR that loaders make and passes rewrite.
//
// Values are single-assignment and never removed from the table, so a ValueId stays good; nodes are
// kept in execution order. A pass may append nodes anywhere and call normalize(). Who makes and who
// reads each value is always known, and so is what was edited: no question and no edit costs more
// than the nodes that it is about. Threading: none; one owner.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/core/constant.h"
#include "runtime/ops/op.h"

namespace octet {

using ValueId = int32_t;
inline constexpr ValueId kNoValue = -1;  // an absent optional input

struct Value {
  std::string name;  // ONNX name where there is one; unique only for graph inputs and outputs
  TypeInfo type;
  std::optional<Constant> constant;
};

class Graph;
// Makes a graph whose nodes depend on values that only a run shows.
class GraphSource {
 public:
  virtual ~GraphSource() = default;
  // The graph for these values of the node's first ControlAttrs::known inputs; of one that is no
  // tensor the rank of those in it, int64[] (value_form.h). Its inputs are all of the node's, its
  // outputs the node's. Errors: those of a load. Threading: any thread.
  virtual Result<Graph> make(std::span<const Tensor> known) const = 0;
  virtual size_t byte_count() const = 0;  // that it keeps
};

struct Node {
  std::string name;  // ONNX node name, else its first output's name; made-up nodes derive theirs
  Attributes attributes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  // Of ControlAttrs. Graphs see nothing but their inputs, which the node's inputs give.
  std::vector<std::shared_ptr<Graph>> graphs = {};
  std::shared_ptr<const GraphSource> source = {};

  OpKind kind() const { return op_kind(attributes); }
  template <class Attrs>
  const Attrs* as() const {
    return std::get_if<Attrs>(&attributes);
  }
};

class Graph {
 public:
  Graph() = default;
  Graph(const Graph& other);  // with the graphs of its nodes
  Graph& operator=(const Graph& other) { return *this = Graph(other); }
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;

  // `type.shape` holds constants and symbols. A rank <= 1 integer input of constant size gets
  // symbols for its elements as contents ("name[0]", ...), so that shapes may depend on it; Binding
  // reads them from the input.
  ValueId add_input(std::string name, TypeInfo type);
  // The same with the type as it is: of a graph that runs inside of another one. Every symbol that
  // the types of the inputs have is to be the extent, or element, of one.
  ValueId add_inner_input(std::string name, TypeInfo type);
  // Small integer constants get contents.
  Result<ValueId> add_constant(std::string name, Constant constant);
  // Infers the output types. Errors carry `node "name" (op)` in front. `output_names` may be
  // shorter than the outputs.
  Result<std::vector<ValueId>> add_node(std::string name, Attributes attributes,
                                        std::vector<ValueId> inputs,
                                        std::vector<std::string> output_names = {});
  // A node that runs `graphs`, or what `source` makes.
  std::vector<ValueId> add_control(std::string name, ControlAttrs attributes,
                                   std::vector<ValueId> inputs,
                                   std::vector<std::shared_ptr<Graph>> graphs,
                                   std::vector<std::string> output_names,
                                   std::shared_ptr<const GraphSource> source = nullptr);
  // The same for a node with one output.
  Result<ValueId> add(std::string name, Attributes attributes, std::vector<ValueId> inputs,
                      std::string output_name = {});
  void add_output(ValueId value, std::string name);
  // Output `index` is another value from now on.
  void set_output(size_t index, ValueId value);

  // The types that a node of this graph gives, with the node noted in their checks. Errors carry
  // where() in front.
  Result<OutputTypes> infer(const Node& node) const;
  static std::string where(const Node& node);  // node "fc1" (linear)

  // Checks of the model's own nodes: they outlive the nodes, so that a run is refused in the words
  // of the model, whatever passes make of it, also where only the shape of a result is used. A
  // loader sets the origin, `node "fc1" (MatMul)`, while it adds the nodes of one of its own that
  // an output needs; "" ends it.
  void set_origin(std::string origin) { origin_ = std::move(origin); }
  const std::vector<Check>& checks() const { return checks_; }
  std::vector<Check>& checks() { return checks_; }
  void add_check(Check check) {
    if (origin_.empty()) return;
    check.where = origin_;
    checks_.push_back(std::move(check));
  }

  // Makes room for what a loader is going to add.
  void reserve(size_t nodes, size_t values);
  const std::vector<Node>& nodes() const { return nodes_; }
  Value& value(ValueId id) { return values_[static_cast<size_t>(id)]; }
  const Value& value(ValueId id) const { return values_[static_cast<size_t>(id)]; }
  size_t value_count() const { return values_.size(); }
  const std::vector<ValueId>& inputs() const { return inputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }
  const std::vector<std::string>& output_names() const {
    return output_names_;
  }  // as the user asks for them

  // The node that makes `id`; nullptr for inputs, constants and kNoValue. The pointer lives until
  // nodes are added.
  const Node* producer(ValueId id) const;
  // Indices of the nodes that read `id`, ascending, a node once per use. Graph outputs don't count.
  std::vector<int> users(ValueId id) const;
  // The only node that reads `id`, once; nullptr when there are several uses, none, or it is a
  // graph output.
  const Node* single_user(ValueId id) const;
  bool is_output(ValueId id) const { return output_positions_.contains(id); }

  // Edits; `node` is one of nodes(). set_input() makes room for the input where there is none.
  void set_input(const Node& node, size_t input, ValueId value);
  void set_inputs(const Node& node, std::vector<ValueId> inputs);
  void rename(const Node& node, std::string name) { edited(node).name = std::move(name); }
  // To change them before anything else is asked of the graph.
  Attributes& edit_attributes(const Node& node);
  template <class Attrs>
  Attrs& edit(const Node& node) {
    return std::get<Attrs>(edit_attributes(node));
  }
  // Every reader of `from`, graph outputs included, reads `to` from now on.
  void replace_uses(ValueId from, ValueId to);

  // Whether nodes were added or edited since the last normalize().
  bool changed() const { return changed_; }
  // Drops nodes none of whose outputs is used, be it by a symbol that it makes known, and sorts the
  // rest topologically (stable). Error: a cycle.
  Status normalize();
  // Infers the types of edited nodes anew, and of those that read what thereby changed: after a
  // rewrite a value may be known more exactly (contents, extents). Precondition: every node comes
  // after those that it reads. Error: an op that no longer takes its inputs.
  Status refresh_types();

 private:
  struct Use {  // inputs[input] of a node
    int node;
    size_t input;
    auto operator<=>(const Use&) const = default;
  };
  bool is_current(const Use& use, ValueId id) const {
    const std::vector<ValueId>& inputs = nodes_[static_cast<size_t>(use.node)].inputs;
    return use.input < inputs.size() && inputs[use.input] == id;
  }
  int index_of(const Node& node) const { return static_cast<int>(&node - nodes_.data()); }
  Node& edited(const Node& node);  // which it notes
  void note_use(ValueId value, Use use);
  void index_nodes();
  Result<std::vector<int>> topological_order() const;  // of the live nodes
  std::vector<bool> live_nodes() const;

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> inputs_, outputs_;
  std::vector<std::string> output_names_;
  std::vector<Check> checks_;
  std::string origin_;
  std::unordered_map<ValueId, std::vector<size_t>> output_positions_;
  // By value; kept up with every edit.
  std::vector<int> producers_;
  std::vector<std::vector<Use>> uses_;  // and such as are over, any number of times
  bool makes_symbols_ = false;          // some node did
  bool changed_ = false;
  std::vector<ValueId> stale_;  // first outputs of the nodes whose types are to be inferred anew
};

// Re-infers every node and compares with the stored types; checks that values are made before they
// are read and made once. A failure after a pass is a bug of that pass; after a loader, of the
// model.
Status verify(const Graph& graph);

// The symbols that a node's types and attributes depend on, those of its graphs among them as far
// as they come from outside; without those that it makes.
std::vector<Symbol> needed_symbols(const Graph& graph, const Node& node);
// Those that a graph needs, and neither its inputs nor its nodes make known.
std::vector<Symbol> symbols_from_outside(const Graph& graph);

// One line per input, node and output:
//   %12 float32[batch, 4] = reduce_sum "sum" (%3) {function: reduce_sum, axes: [1], keep_dims: ...}
std::string to_string(const Graph& graph);

}  // namespace octet
