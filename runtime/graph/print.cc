// Printing of graphs, for people and tests.
#include "runtime/graph/graph.h"

namespace octet {
namespace {

std::string value_list(const std::vector<ValueId>& ids) {
  std::string text;
  for (ValueId id : ids) {
    if (!text.empty()) text += ", ";
    text += id == kNoValue ? "-" : "%" + std::to_string(id);
  }
  return text;
}

std::string indented(const std::string& lines) {
  std::string text;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = lines.find('\n', begin);
    text += "  " + lines.substr(begin, end + 1 - begin);
    begin = end + 1;
  }
  return text;
}

}  // namespace

std::string to_string(const Graph& graph) {
  std::string text;
  for (ValueId id : graph.inputs())
    text += "%" + std::to_string(id) + " " + to_string(graph.value(id).type) + " = input \"" +
            graph.value(id).name + "\"\n";
  for (const Node& node : graph.nodes()) {
    std::string results;
    for (ValueId id : node.outputs) {
      if (!results.empty()) results += ", ";
      results += "%" + std::to_string(id) + " " + to_string(graph.value(id).type);
    }
    const std::string fields = to_string(describe(node.attributes));
    text += results + " = " + op_label(node.attributes) + " \"" + node.name + "\" (" +
            value_list(node.inputs) + ")" + (fields.empty() ? "" : " {" + fields + "}") + "\n";
    for (const auto& inner : node.graphs) text += "  graph\n" + indented(to_string(*inner));
  }
  for (size_t i = 0; i < graph.outputs().size(); ++i)
    text += "output \"" + graph.output_names()[i] + "\" = %" + std::to_string(graph.outputs()[i]) +
            "\n";
  return text;
}

}  // namespace octet
