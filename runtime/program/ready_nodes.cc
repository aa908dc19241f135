// Counts of what nodes wait for.
#include "runtime/program/ready_nodes.h"

#include <unordered_map>

namespace octet {

ReadyNodes::ReadyNodes(const Graph& graph, const std::vector<ChosenKernel>& kernels, size_t devices)
    : missing_(graph.nodes().size()), class_of_(graph.nodes().size(), -1), device_nodes_(devices) {
  std::unordered_map<std::string, int> classes;
  for (size_t index = 0; index < missing_.size(); ++index) {
    const Node& node = graph.nodes()[index];
    places_.push_back(kernels[index].place);
    for (ValueId input : node.inputs) missing_[index] += input == kNoValue ? 0 : 1;
    if (kernels[index].row) {
      const SymbolicShape& shape = graph.value(node.outputs[0]).type.shape;
      const Dim rows = element_count({shape.begin(), shape.end() - 1});
      const auto [place, is_new] =
          classes.try_emplace(rows.str(), static_cast<int>(classes_.size()));
      if (is_new) classes_.push_back({rows, {}});
      class_of_[index] = place->second;
    }
    if (missing_[index] == 0) push(index);
  }
}

void ReadyNodes::note_known_input(size_t node) {
  if (--missing_[node] == 0) push(node);
}

void ReadyNodes::push(size_t node) {
  const int index = static_cast<int>(node);
  if (places_[node] != kHost) return device_nodes(places_[node]).push(index);
  if (class_of_[node] < 0) return tasks_.push(index);
  row_nodes_.push(index);
  row_nodes_like(node).push(index);
}

}  // namespace octet
