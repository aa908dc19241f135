// Finds islands by joining neighbours.
#include "runtime/program/place_devices.h"

#include <algorithm>
#include <numeric>

#include "runtime/program/layout.h"

namespace octet {
namespace {

bool is_worth_copies(OpKind kind) {
  switch (kind) {
    case OpKind::kAttention:
    case OpKind::kConv:
    case OpKind::kConvTranspose:
    case OpKind::kLinear:
    case OpKind::kMatMul:
    case OpKind::kQuantizedLinear:
      return true;
    default:
      return false;
  }
}

// Nodes joined so far, each known by one of them.
class Islands {
 public:
  explicit Islands(size_t nodes) : parent_(nodes) { std::iota(parent_.begin(), parent_.end(), 0); }
  size_t find(size_t node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }
  void join(size_t a, size_t b) { parent_[find(a)] = find(b); }

 private:
  std::vector<size_t> parent_;
};

class Placement {
 public:
  Placement(const Graph& graph, std::vector<ChosenKernel>& kernels) : graph_(graph) {
    for (size_t node = 0; node < kernels.size(); ++node) places_.push_back(kernels[node].place);
    follow_views();
  }

  // Nodes that go back to the host.
  std::vector<size_t> misplaced() {
    std::vector<size_t> found;
    for (size_t node = 0; node < places_.size(); ++node)
      if (places_[node] != kHost && at(node).kind() == OpKind::kQuantizeRows &&
          !has_reader_on_device(node)) {
        places_[node] = kHost;
        found.push_back(node);
      }
    Islands islands(places_.size());
    for_each_edge([&](size_t from, size_t to) {
      if (places_[from] == places_[to]) islands.join(from, to);
    });
    std::vector<char> keeps(places_.size(), false), borders(places_.size(), false);
    for (size_t node = 0; node < places_.size(); ++node)
      if (is_worth_copies(at(node).kind())) keeps[islands.find(node)] = true;
    for_each_edge([&](size_t from, size_t to) {
      if (places_[from] == places_[to]) return;
      borders[islands.find(from)] = borders[islands.find(to)] = true;
    });
    for (size_t node = 0; node < places_.size(); ++node) {
      const size_t island = islands.find(node);
      if (places_[node] != kHost && !is_movement(at(node).kind()) && borders[island] &&
          !keeps[island])
        found.push_back(node);
    }
    return found;
  }

 private:
  const Node& at(size_t node) const { return graph_.nodes()[node]; }

  // A movement op belongs where its input does; graph order puts producers first.
  void follow_views() {
    for_each_edge([&](size_t from, size_t to) {
      if (is_movement(at(to).kind())) places_[to] = places_[from];
    });
  }

  // Through views as well.
  bool has_reader_on_device(size_t node) const {
    std::vector<size_t> makers{node};
    while (!makers.empty()) {
      const size_t maker = makers.back();
      makers.pop_back();
      for (const ValueId output : at(maker).outputs)
        for (const int user : graph_.users(output)) {
          const auto reader = static_cast<size_t>(user);
          if (is_movement(at(reader).kind()))
            makers.push_back(reader);
          else if (places_[reader] != kHost)
            return true;
        }
    }
    return false;
  }

  template <class F>
  void for_each_edge(F&& f) const {
    for (size_t from = 0; from < places_.size(); ++from)
      for (const ValueId output : at(from).outputs)
        for (const int reader : graph_.users(output))
          if (!is_shape_data(at(from).kind())) f(from, static_cast<size_t>(reader));
  }

  const Graph& graph_;
  std::vector<Place> places_;  // by node
};

}  // namespace

Status place_devices(const Graph& graph, std::vector<ChosenKernel>& kernels,
                     const std::function<Result<ChosenKernel>(const Node&)>& on_host) {
  const bool any = std::any_of(kernels.begin(), kernels.end(),
                               [](const ChosenKernel& chosen) { return chosen.place != kHost; });
  if (!any) return Status::ok();
  for (const size_t node : Placement(graph, kernels).misplaced()) {
    const std::string device = kernels[node].name;
    OCTET_ASSIGN_OR_RETURN(kernels[node], on_host(graph.nodes()[node]));
    kernels[node].declined.insert(
        kernels[node].declined.begin(),
        device + ": not worth the copies between it and its neighbours on the host");
  }
  return Status::ok();
}

}  // namespace octet
