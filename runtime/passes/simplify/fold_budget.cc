// Budgets, and the cost of a node.
#include "runtime/passes/simplify/fold_budget.h"

#include <algorithm>

#include "runtime/ops/work.h"

namespace octet {
namespace {

constexpr uint64_t kLargeBytes = uint64_t{64} << 20;
constexpr uint64_t kGrowthOfLargest = 4;
constexpr uint64_t kGrowthOfAll = 2;
constexpr double kWorkOfElement = 8;  // a constant is cast, transposed, scaled, ..

// A cast of the largest table is worth its memory; a chain that doubles a constant again and again
// is not.
uint64_t largest_result(const Graph& graph) {
  uint64_t largest = kLargeBytes / kGrowthOfLargest;
  for (size_t id = 0; id < graph.value_count(); ++id)
    if (const auto& constant = graph.value(static_cast<ValueId>(id)).constant)
      largest = std::max(largest, constant->byte_count());
  return kGrowthOfLargest * largest;
}

}  // namespace

// Many results, none of them the largest, add up too.
FoldBudget fold_budget(const Graph& graph, const PassOptions& options) {
  uint64_t bytes = 0;
  double elements = 0;
  for (size_t id = 0; id < graph.value_count(); ++id)
    if (const auto& constant = graph.value(static_cast<ValueId>(id)).constant) {
      bytes += constant->byte_count();
      elements += static_cast<double>(constant->shape().element_count());
    }
  return {largest_result(graph), options.max_folded_bytes + kGrowthOfAll * bytes,
          options.max_folded_work + kWorkOfElement * elements};
}

double fold_cost(const Graph& graph, const Node& node, const PassOptions& options) {
  std::vector<const TypeInfo*> inputs;
  OutputTypes outputs;
  std::vector<Shape> input_shapes, output_shapes;
  for (ValueId id : node.inputs) {
    inputs.push_back(&graph.value(id).type);
    input_shapes.push_back(*to_constant(graph.value(id).type.shape));
  }
  for (ValueId id : node.outputs) {
    outputs.push_back(graph.value(id).type);
    output_shapes.push_back(*to_constant(graph.value(id).type.shape));
  }
  return options.evaluation_cost ? options.evaluation_cost(node.attributes, inputs, outputs)
                                 : work_of(node.attributes, input_shapes, output_shapes);
}

}  // namespace octet
