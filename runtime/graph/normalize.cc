// Order, liveness and types of a graph after edits.
#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>

#include "runtime/graph/graph.h"

namespace octet {

namespace {

// The nodes that make each late symbol known, by Symbol::id.
std::unordered_map<std::string, int> symbol_makers(const std::vector<Node>& nodes) {
  std::unordered_map<std::string, int> makers;
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const Symbol& symbol : made_symbols(nodes[i].attributes))
      makers.emplace(symbol.id, static_cast<int>(i));
  return makers;
}

}  // namespace

std::vector<bool> Graph::live_nodes() const {
  std::vector<bool> live(nodes_.size());
  std::vector<int> pending;
  const auto visit = [&](int node) {
    if (node < 0 || live[static_cast<size_t>(node)]) return;
    live[static_cast<size_t>(node)] = true;
    pending.push_back(node);
  };
  const auto visit_value = [&](ValueId id) {
    if (id != kNoValue) visit(producers_[static_cast<size_t>(id)]);
  };
  std::unordered_map<std::string, int> makers;
  if (makes_symbols_) makers = symbol_makers(nodes_);
  for (ValueId id : outputs_) visit_value(id);
  while (!pending.empty()) {
    const Node& node = nodes_[static_cast<size_t>(pending.back())];
    pending.pop_back();
    for (ValueId id : node.inputs) visit_value(id);
    if (makers.empty()) continue;
    for (const Symbol& symbol : needed_symbols(*this, node))
      if (const auto maker = makers.find(symbol.id); maker != makers.end()) visit(maker->second);
  }
  return live;
}

Result<std::vector<int>> Graph::topological_order() const {
  const std::vector<bool> live = live_nodes();
  const auto producer_of = [&](ValueId id) {
    return id == kNoValue ? -1 : producers_[static_cast<size_t>(id)];
  };
  std::vector<int> order;
  bool sorted = true;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!live[i]) continue;
    order.push_back(static_cast<int>(i));
    for (ValueId id : nodes_[i].inputs) sorted &= producer_of(id) < static_cast<int>(i);
  }
  if (sorted) return order;

  // Kahn's algorithm; of the nodes that are ready, the one that stood first goes first.
  std::vector<int> missing(nodes_.size(), 0);  // uses of values that are not made yet
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i : order) {
    int& uses = missing[static_cast<size_t>(i)];
    for (ValueId id : nodes_[static_cast<size_t>(i)].inputs) uses += producer_of(id) >= 0 ? 1 : 0;
    if (uses == 0) ready.push(i);
  }
  const size_t live_count = order.size();
  order.clear();
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    order.push_back(node);
    for (ValueId output : nodes_[static_cast<size_t>(node)].outputs)
      for (int reader : users(output))
        if (live[static_cast<size_t>(reader)] && --missing[static_cast<size_t>(reader)] == 0)
          ready.push(reader);
  }
  if (order.size() == live_count) return order;
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (live[i] && missing[i] > 0)
      return invalid_model("node \"" + nodes_[i].name +
                           "\" depends on its own output; a graph has no cycles");
  return order;
}

void Graph::index_nodes() {
  std::fill(producers_.begin(), producers_.end(), -1);
  for (std::vector<Use>& uses : uses_) uses.clear();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    for (ValueId id : nodes_[i].outputs) producers_[static_cast<size_t>(id)] = static_cast<int>(i);
    for (size_t input = 0; input < nodes_[i].inputs.size(); ++input)
      note_use(nodes_[i].inputs[input], {static_cast<int>(i), input});
  }
}

Status Graph::normalize() {
  OCTET_ASSIGN_OR_RETURN(const std::vector<int> order, topological_order());
  if (order.size() != nodes_.size() || !std::is_sorted(order.begin(), order.end())) {
    std::vector<Node> sorted;
    sorted.reserve(order.size());
    for (int node : order) sorted.push_back(std::move(nodes_[static_cast<size_t>(node)]));
    nodes_ = std::move(sorted);
  }
  index_nodes();  // without the readers that edits have left behind
  changed_ = false;
  return Status::ok();
}

Status Graph::refresh_types() {
  std::priority_queue<int, std::vector<int>, std::greater<>> pending;
  for (ValueId id : std::exchange(stale_, {}))
    if (const int node = producers_[static_cast<size_t>(id)]; node >= 0) pending.push(node);
  for (int last = -1; !pending.empty();) {
    const int index = pending.top();
    pending.pop();
    if (index == last) continue;
    last = index;
    const Node& node = nodes_[static_cast<size_t>(index)];
    OCTET_ASSIGN_OR_RETURN(OutputTypes outputs, infer(node));
    for (size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i) {
      TypeInfo& stored = value(node.outputs[i]).type;
      const TypeInfo& inferred = outputs[i];
      if (!same_form(stored, inferred) || stored.contents != inferred.contents)
        for (const Use& use : uses_[static_cast<size_t>(node.outputs[i])]) pending.push(use.node);
      stored = std::move(outputs[i]);
    }
  }
  return Status::ok();
}

}  // namespace octet
