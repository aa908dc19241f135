// Pooling over windows, and over all of the spatial axes.
#include <numeric>

#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"

namespace octet {

Status import_max_pool(NodeImport& node) {
  PoolAttrs pool{.function = PoolFunction::kMax, .window = {}};
  OCTET_ASSIGN_OR_RETURN(pool.window, import_window(node, std::nullopt));
  pool.indices = node.wants_output(1);
  pool.column_major = node.int_attribute("storage_order", 0) != 0;
  return node.finish_all(std::move(pool), {node.input(0)});
}

Status import_average_pool(NodeImport& node) {
  PoolAttrs pool{.function = PoolFunction::kAverage, .window = {}};
  OCTET_ASSIGN_OR_RETURN(pool.window, import_window(node, std::nullopt));
  pool.count_include_pad = node.flag_attribute("count_include_pad", false);
  return node.finish(std::move(pool), {node.input(0)});
}

Status import_global_pool(NodeImport& node, ReduceFunction function) {
  if (node.rank(0) < 2)
    return invalid_model("input 0 is " + to_string(node.type(0)) +
                         ", expected rank 2 or more: batch, channels, spatial");
  std::vector<int> axes(static_cast<size_t>(node.rank(0)) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  // A picture without pixels has no largest one and no mean.
  return node.finish(
      ReduceAttrs{.function = function, .axes = std::move(axes), .refuses_empty = true},
      {node.input(0)});
}

}  // namespace octet
