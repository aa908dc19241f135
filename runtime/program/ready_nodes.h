// ReadyNodes: which nodes of a graph have all that they read, found in a time that grows with the
// graph alone, however often one asks.
#pragma once

#include <functional>
#include <queue>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/program/select_kernel.h"

namespace octet {

// Node indices, the smallest first.
using NodeQueue = std::priority_queue<int, std::vector<int>, std::greater<>>;

// A node enters its queues once, when its last input becomes known; who takes it out of one looks
// whether it has been scheduled by way of another.
class ReadyNodes {
 public:
  ReadyNodes(const Graph& graph, const std::vector<ChosenKernel>& kernels, size_t devices);

  // Says of a node, once per input, that the input's place is decided.
  void note_known_input(size_t node);

  NodeQueue& tasks() { return tasks_; }          // nodes without a row or device kernel
  NodeQueue& row_nodes() { return row_nodes_; }  // nodes with a row kernel
  NodeQueue& device_nodes(Place place) { return device_nodes_[static_cast<size_t>(place)]; }
  // Of the row nodes those with as many rows as `node`, one of them.
  NodeQueue& row_nodes_like(size_t node) { return classes_[class_of(node)].nodes; }
  // The number of rows of a node with a row kernel.
  const Dim& rows(size_t node) const { return classes_[class_of(node)].rows; }

 private:
  struct RowClass {
    Dim rows;
    NodeQueue nodes;
  };
  size_t class_of(size_t node) const { return static_cast<size_t>(class_of_[node]); }
  void push(size_t node);

  std::vector<int> missing_;   // by node: inputs that are not known yet
  std::vector<int> class_of_;  // by node; -1: no row kernel
  std::vector<RowClass> classes_;
  NodeQueue tasks_, row_nodes_;
  std::vector<Place> places_;            // by node
  std::vector<NodeQueue> device_nodes_;  // by Place
};

}  // namespace octet
