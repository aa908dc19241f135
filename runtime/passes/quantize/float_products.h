// Names the products of a graph that stay float, and why.
#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace octet {

struct FloatProduct {
  std::string name;  // of the node
  std::string why;   // "the weight is float16; ..."
};

// Why a layer of scheme none or a recurrence is float, or a MatMul no layer; "" for other nodes.
std::string why_float(const Graph& graph, const Node& node);

// Every MatMul that is no linear layer, in the order of the graph: what nobody can quantize.
std::vector<FloatProduct> float_products(const Graph& graph);
// Those of the graphs in it behind them.
std::vector<FloatProduct> all_float_products(const Graph& graph);

}  // namespace octet
