// The changes of meaning between opset 7 and 21, op by op. Changes that only add types, attributes
// or optional inputs with a default that is the old meaning are none. Source: ONNX's Changelog.md.
#include "loaders/onnx/save/raise_opset.h"

#include <unordered_set>
#include <vector>

#include "loaders/onnx/names.h"
#include "loaders/onnx/save/attributes.h"
#include "loaders/onnx/save/edited_model.h"

namespace octet {
namespace {

enum class Change {
  kMeaning,     // no node goes on as it is
  kAxes,        // attribute "axes" became input 1
  kSplit,       // attribute "split" became input 1
  kParts,       // without lengths, attribute "num_outputs" must say how many there are
  kRatio,       // attribute "ratio", which counts in training alone, is gone
  kFlattening,  // axes behind "axis" were one, which only the last axis leaves the same
  kSpatial,     // attribute "spatial" is gone, which 1 was the default of
  kStatistics,  // outputs behind the first are other ones
};

struct OpChange {
  std::string_view op;
  int64_t since;
  Change change;
};

constexpr OpChange kChanges[] = {
    {"BatchNormalization", 9, Change::kSpatial},
    {"BatchNormalization", 14, Change::kStatistics},
    {"Clip", 11, Change::kMeaning},
    {"DFT", 20, Change::kMeaning},
    {"Dropout", 12, Change::kRatio},
    {"GridSample", 20, Change::kMeaning},
    {"GroupNormalization", 21, Change::kMeaning},
    {"Hardmax", 13, Change::kFlattening},
    {"LogSoftmax", 13, Change::kFlattening},
    {"Pad", 11, Change::kMeaning},
    {"ReduceL1", 18, Change::kAxes},
    {"ReduceL2", 18, Change::kAxes},
    {"ReduceLogSum", 18, Change::kAxes},
    {"ReduceLogSumExp", 18, Change::kAxes},
    {"ReduceMax", 18, Change::kAxes},
    {"ReduceMean", 18, Change::kAxes},
    {"ReduceMin", 18, Change::kAxes},
    {"ReduceProd", 18, Change::kAxes},
    {"ReduceSum", 13, Change::kAxes},
    {"ReduceSumSquare", 18, Change::kAxes},
    {"Resize", 11, Change::kMeaning},
    {"RoiAlign", 16, Change::kMeaning},
    {"Scan", 9, Change::kMeaning},
    {"Scatter", 11, Change::kMeaning},
    {"Slice", 10, Change::kMeaning},
    {"Softmax", 13, Change::kFlattening},
    {"Split", 13, Change::kSplit},
    {"Split", 18, Change::kParts},
    {"Squeeze", 13, Change::kAxes},
    {"TopK", 10, Change::kMeaning},
    {"TopK", 11, Change::kMeaning},
    {"Unsqueeze", 13, Change::kAxes},
    {"Upsample", 9, Change::kMeaning},
    {"Upsample", 10, Change::kMeaning},
};

bool is_onnx(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

bool can_follow(const pb::NodeProto& node, Change change) {
  const auto is = [&](const char* name, int64_t wanted) {
    const pb::AttributeProto* attribute = find_attribute(node, name);
    return attribute != nullptr && attribute->i() == wanted;
  };
  switch (change) {
    case Change::kMeaning:
      return false;
    case Change::kFlattening:
      return is("axis", -1);
    case Change::kSpatial:
      return find_attribute(node, "spatial") == nullptr || is("spatial", 1);
    case Change::kStatistics:
      return node.output_size() <= 1;
    default:
      return true;
  }
}

// The changes that lie between the opsets of a node's model.
template <class F>
void for_each_change(const pb::NodeProto& node, int64_t from, int64_t to, F&& f) {
  if (!is_onnx(node.domain())) return;
  for (const OpChange& change : kChanges)
    if (change.op == node.op_type() && change.since > from && change.since <= to) f(change);
}

template <class Graph, class F>
void for_each_node(Graph& graph, F&& f) {
  for_each_graph(const_cast<pb::GraphProto&>(graph), [&](pb::GraphProto& each) {
    for (auto& node : *each.mutable_node()) f(each, node);
  });
}

// An attribute of integers as input 1.
void attribute_to_input(pb::GraphProto& graph, pb::NodeProto& node, const char* name,
                        const std::function<std::string(const std::string&)>& new_name) {
  const pb::AttributeProto* attribute = find_attribute(node, name);
  if (attribute == nullptr) return;
  auto& tensor = *graph.add_initializer();
  tensor.set_name(new_name((node.name().empty() ? node.output(0) : node.name()) + "_" + name));
  tensor.set_data_type(pb::TensorProto::INT64);
  tensor.add_dims(attribute->ints_size());
  for (const int64_t value : attribute->ints()) tensor.add_int64_data(value);
  node.add_input(tensor.name());
  remove_attribute(node, name);
}

void follow(pb::GraphProto& graph, pb::NodeProto& node, Change change,
            const std::function<std::string(const std::string&)>& new_name) {
  switch (change) {
    case Change::kAxes:
      return attribute_to_input(graph, node, "axes", new_name);
    case Change::kSplit:
      return attribute_to_input(graph, node, "split", new_name);
    case Change::kParts: {
      if (node.input_size() > 1 && !node.input(1).empty()) return;
      return add_int(node, "num_outputs", node.output_size());
    }
    case Change::kRatio:
      return remove_attribute(node, "ratio");
    case Change::kSpatial:
      return remove_attribute(node, "spatial");
    default:
      return;
  }
}

}  // namespace

int64_t opset_of(const pb::ModelProto& model) {
  for (const auto& import : model.opset_import())
    if (is_onnx(import.domain())) return import.version();
  return 0;
}

std::optional<std::string> why_not_raise(const pb::ModelProto& model, int64_t to) {
  const int64_t from = opset_of(model);
  if (from > 0 && from < kOldestRaised && from < to)
    return "opset " + std::to_string(kOldestRaised) + " changed what most of its nodes mean";
  std::optional<std::string> why;
  for_each_node(model.graph(), [&](const pb::GraphProto&, const pb::NodeProto& node) {
    for_each_change(node, from, to, [&](const OpChange& change) {
      if (why || can_follow(node, change.change)) return;
      const std::string name =
          node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
      why = "node " + quoted(name) + " (" + node.op_type() + "): opset " +
            std::to_string(change.since) + " changed what it means";
    });
  });
  return why;
}

void raise_opset(pb::ModelProto& model, int64_t to,
                 const std::function<std::string(const std::string&)>& new_name) {
  const int64_t from = opset_of(model);
  if (from >= to) return;
  assert(!why_not_raise(model, to));
  for_each_node(*model.mutable_graph(), [&](pb::GraphProto& graph, pb::NodeProto& node) {
    for_each_change(node, from, to,
                    [&](const OpChange& change) { follow(graph, node, change.change, new_name); });
  });
  bool is_imported = false;
  for (auto& import : *model.mutable_opset_import()) {
    if (!is_onnx(import.domain())) continue;
    import.set_version(to);
    is_imported = true;
  }
  if (is_imported) return;
  auto& import = *model.add_opset_import();
  import.set_domain("");
  import.set_version(to);
}

void raise_ir_version(pb::ModelProto& model, int64_t version) {
  constexpr int64_t kInitializersAlone = 4;
  if (model.ir_version() >= version) return;
  if (model.ir_version() < kInitializersAlone && version >= kInitializersAlone) {
    std::unordered_set<std::string> initializers;
    for (const auto& tensor : model.graph().initializer()) initializers.insert(tensor.name());
    auto& inputs = *model.mutable_graph()->mutable_input();
    for (int i = inputs.size() - 1; i >= 0; --i)
      if (initializers.contains(inputs[i].name())) inputs.DeleteSubrange(i, 1);
  }
  model.set_ir_version(version);
}

}  // namespace octet
