// Nodes that can only be imported once a run shows some values, and all that depends on them.
#include <algorithm>
#include <mutex>
#include <set>

#include "loaders/onnx/declared_type.h"
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/graph_importer.h"
#include "loaders/onnx/names.h"
#include "runtime/ops/contents.h"
#include "runtime/ops/defined_symbols.h"

namespace octet {

namespace {

// Precondition: there is one.
const pb::ValueInfoProto& output_named(const pb::GraphProto& graph, const std::string& name) {
  return *std::find_if(graph.output().begin(), graph.output().end(),
                       [&](const auto& output) { return output.name() == name; });
}

}  // namespace

// Imports the nodes that waited. It keeps the model's protobuf, as long as a program keeps it.
class LateGraph : public GraphSource {
 public:
  struct Input {
    std::string name;
    TypeInfo type;
  };

  LateGraph(const GraphImporter& importer, std::vector<Input> inputs, size_t known,
            std::map<std::string, Constant> constants, std::vector<std::string> outputs,
            std::vector<ResultType> results)
      : proto_(importer.proto_),
        model_(importer.model_),
        prefix_(importer.prefix_),
        nodes_(importer.late_nodes_),
        inputs_(std::move(inputs)),
        known_(known),
        constants_(std::move(constants)),
        outputs_(std::move(outputs)),
        results_(std::move(results)) {}

  Result<Graph> make(std::span<const Tensor> known) const override {
    // The store counts what all of its imports made.
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    // What the importers may make is counted for each graph.
    model_.store.made_bytes = model_.store.shape_bytes = model_.store.imported_nodes = 0;
    model_.store.warnings.clear();
    Graph graph;
    GraphImporter importer(proto_, model_, graph, nullptr, prefix_);
    importer.prepare();
    for (size_t i = 0; i < inputs_.size(); ++i) {
      ValueId value = graph.add_inner_input(inputs_[i].name, inputs_[i].type);
      if (i < known_ && !inputs_[i].type.is_tensor()) {
        OCTET_RETURN_IF_ERROR(note_rank(inputs_[i].name, known[i], graph.value(value).type));
      } else if (i < known_) {
        OCTET_ASSIGN_OR_RETURN(value, graph.add_constant(inputs_[i].name, Constant(known[i])));
      }
      OCTET_RETURN_IF_ERROR(importer.define(inputs_[i].name, value));
    }
    for (const auto& [name, constant] : constants_) {
      OCTET_ASSIGN_OR_RETURN(const ValueId value, graph.add_constant(name, constant));
      OCTET_RETURN_IF_ERROR(importer.define(name, value));
    }
    OCTET_RETURN_IF_ERROR(importer.add_nodes(nodes_));
    for (size_t i = 0; i < outputs_.size(); ++i) {
      OCTET_ASSIGN_OR_RETURN(ValueId value, importer.find(outputs_[i]));
      if (value == kNoValue)
        return invalid_model("output " + quoted(outputs_[i]) + " is not made by any node");
      const pb::TypeProto& declared = output_named(proto_, outputs_[i]).type();
      if (is_held_type(declared) || !graph.value(value).type.is_tensor()) {
        auto made = importer.as_declared(value, declared);
        if (!made.is_ok()) return made.status().with_prefix("output " + quoted(outputs_[i]));
        value = *made;
      }
      const TypeInfo& type = graph.value(value).type;
      if (type.dtype != results_[i].dtype || type.shape.size() != results_[i].shape.size())
        return invalid_model("output " + quoted(outputs_[i]) + " came to be " + to_string(type) +
                             ", but the model declares it as " + dtype_name(results_[i].dtype) +
                             " of rank " + std::to_string(results_[i].shape.size()));
      graph.add_output(value, outputs_[i]);
    }
    OCTET_RETURN_IF_ERROR(graph.normalize());
    return graph;
  }

  size_t byte_count() const override { return proto_.ByteSizeLong(); }

 private:
  // The rank of the tensors that a run has shown in an input.
  static Status note_rank(const std::string& name, const Tensor& known, TypeInfo& type) {
    type.held_rank = static_cast<int>(known.elements<const int64_t>()[0]);
    if (type.held_rank != kAnyRank) return Status::ok();
    return invalid_argument(quoted(name) + ", " + to_string(type) +
                            ", holds nothing, so that nothing can be taken out of it");
  }

  const pb::GraphProto& proto_;
  const ModelImport model_;
  const std::string prefix_;
  const std::vector<int> nodes_;
  const std::vector<Input> inputs_;
  const size_t known_;
  const std::map<std::string, Constant> constants_;
  const std::vector<std::string> outputs_;
  const std::vector<ResultType> results_;  // as declared
};

namespace {

// The type with a symbol of its own for each extent whose symbols the inputs don't give.
TypeInfo closed(const TypeInfo& type, const std::string& name, const std::set<std::string>& given) {
  const auto is_given = [&](const Dim& dim) {
    return std::ranges::all_of(dim.symbols(),
                               [&](const Symbol& symbol) { return given.contains(symbol.id); });
  };
  TypeInfo result = held_type(type.form, type.dtype, type.held_rank);
  for (size_t axis = 0; axis < type.shape.size(); ++axis)
    result.shape.push_back(is_given(type.shape[axis])
                               ? type.shape[axis]
                               : Dim::symbol(name + "." + std::to_string(axis)));
  if (type.contents && std::ranges::all_of(*type.contents, is_given))
    result.contents = type.contents;
  return result;
}

}  // namespace

bool GraphImporter::reads_late_value(const pb::NodeProto& node) const {
  if (late_names_.empty()) return false;
  bool late = false;
  for_each_read_name(node, [&](const std::string& name) { late |= late_names_.contains(name); });
  return late;
}

void GraphImporter::put_off(int index, const std::vector<std::string>& missing) {
  late_nodes_.push_back(index);
  for (const auto& name : proto_.node(index).output())
    if (!name.empty()) late_names_.insert(name);
  for (const std::string& name : missing)
    if (std::find(missing_.begin(), missing_.end(), name) == missing_.end())
      missing_.push_back(name);
}

namespace {

// The type and rank that the file gives an output.
std::optional<DType> typed_output(const pb::ValueInfoProto& output) {
  if (!output.type().has_tensor_type() || !output.type().tensor_type().has_shape())
    return std::nullopt;
  return dtype_of_onnx(output.type().tensor_type().elem_type());
}

}  // namespace

bool GraphImporter::late_outputs_are_typed() const {
  return std::ranges::all_of(proto_.output(), [&](const auto& output) {
    return !late_names_.contains(output.name()) || typed_output(output) ||
           is_held_type(output.type());
  });
}

Result<std::vector<std::string>> GraphImporter::sources_of_missing() {
  std::unordered_map<std::string_view, int> makers;
  for (int i = 0; i < proto_.node_size(); ++i)
    for (const auto& name : proto_.node(i).output()) makers[name] = i;
  std::vector<std::string> pending = missing_, sources;
  std::set<std::string> seen(pending.begin(), pending.end());
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    if (const auto maker = makers.find(name); maker != makers.end()) {
      for_each_read_name(proto_.node(maker->second), [&](const std::string& read) {
        if (seen.insert(read).second) pending.push_back(read);
      });
      continue;
    }
    if (outer_ == nullptr || values_.contains(name)) continue;
    OCTET_ASSIGN_OR_RETURN(const ValueId value, outer_->find(name));
    if (value == kNoValue || outer_->graph_.value(value).constant) continue;
    if (!may_have_contents(outer_->graph_.value(value).type)) return std::vector<std::string>();
    sources.push_back(name);
  }
  return sources;
}

Status GraphImporter::add_late_graph() {
  const pb::NodeProto& first = proto_.node(late_nodes_[0]);
  const std::string where = "node " +
                            quoted(first.name().empty() ? first.output(0) : first.name()) + " (" +
                            first.op_type() + ")";
  if (model_.owner == nullptr)
    return unsupported(where + ": it depends on values that only a run shows");

  // What the nodes read: values whose contents must be seen come first.
  std::vector<std::string> names = missing_;
  const auto need = [&](const std::string& name) {
    if (!late_names_.contains(name) && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  for (const int index : late_nodes_) for_each_read_name(proto_.node(index), need);
  std::vector<LateGraph::Input> inputs;
  std::vector<ValueId> values;
  std::map<std::string, Constant> constants;
  std::set<std::string> given;
  size_t known = 0;  // of the missing values, which come first
  for (const std::string& name : names) {
    OCTET_ASSIGN_OR_RETURN(const ValueId value, find(name));
    if (value == kNoValue) continue;  // of a graph inside
    const Value& read = graph_.value(value);
    if (read.constant) {
      constants.emplace(name, *read.constant);
      continue;
    }
    if (&name - names.data() < std::ssize(missing_)) ++known;
    inputs.push_back({name, read.type});
    values.push_back(value);
    for_each_defined_symbol(read.type, [&](const Symbol& symbol) { given.insert(symbol.id); });
  }
  for (LateGraph::Input& input : inputs)
    input.type = closed(input.type, model_.store.late_name(prefix_ + input.name), given);

  ControlAttrs attrs{.kind = ControlKind::kLater, .results = {}};
  attrs.known = static_cast<int>(known);
  std::vector<std::string> outputs;
  for (const auto& output : proto_.output()) {
    if (!late_names_.contains(output.name())) continue;
    if (is_held_type(output.type())) {
      auto type = declared_held_type(output.type());
      if (!type.is_ok()) return type.status().with_prefix("output " + quoted(output.name()));
      attrs.results.push_back(result_type(*type));
      outputs.push_back(output.name());
      continue;
    }
    const auto& tensor = output.type().tensor_type();
    const std::optional<DType> dtype = typed_output(output);
    if (!dtype)
      return unsupported(where + ": it depends on values that only a run shows, and output " +
                         quoted(output.name()) +
                         " has no type and rank; export the model with those of its outputs");
    ResultType& result = attrs.results.emplace_back();
    result.dtype = *dtype;
    for (int axis = 0; axis < tensor.shape().dim_size(); ++axis) {
      attrs.made.push_back(
          Dim::symbol(late_extent_symbol(model_.store.late_name(prefix_ + output.name()), axis)));
      result.shape.push_back(attrs.made.back());
    }
    outputs.push_back(output.name());
  }
  if (outputs.empty()) return Status::ok();  // nobody reads them
  auto source = std::make_shared<LateGraph>(*this, std::move(inputs), known, std::move(constants),
                                            outputs, attrs.results);
  const std::vector<ValueId> made =
      graph_.add_control(prefix_ + "nodes from " + proto_.node(late_nodes_[0]).output(0),
                         std::move(attrs), std::move(values), {}, outputs, std::move(source));
  for (size_t i = 0; i < outputs.size(); ++i)
    OCTET_RETURN_IF_ERROR(define(output_named(proto_, outputs[i]).name(), made[i]));
  return Status::ok();
}

}  // namespace octet
