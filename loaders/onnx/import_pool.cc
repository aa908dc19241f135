// Pooling over windows, and over all of the spatial axes; com.microsoft.NhwcMaxPool.
#include "loaders/onnx/emit_parts.h"
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

// Input and output are [N, spatial.., C].
Status import_nhwc_max_pool(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_channels_first(node, "src", node.input(0)));
  PoolAttrs pool{.function = PoolFunction::kMax, .window = {}};
  OCTET_ASSIGN_OR_RETURN(pool.window, import_window(node, node.type_of(src), std::nullopt));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("pool", std::move(pool), {src}));
  return finish_channels_last(node, result);
}

Status import_average_pool(NodeImport& node) {
  PoolAttrs pool{.function = PoolFunction::kAverage, .window = {}};
  OCTET_ASSIGN_OR_RETURN(pool.window, import_window(node, std::nullopt));
  pool.count_include_pad = node.flag_attribute("count_include_pad", false);
  return node.finish(std::move(pool), {node.input(0)});
}

// A picture without pixels has no largest one and no mean.
Result<ReduceAttrs> global_pool(const TypeInfo& src, ReduceFunction function) {
  if (src.rank() < 2)
    return invalid_model("input 0 is " + to_string(src) +
                         ", expected rank 2 or more: batch, channels, spatial");
  return ReduceAttrs{.function = function, .axes = axes_from(2, src.rank()), .refuses_empty = true};
}

Status import_global_pool(NodeImport& node, ReduceFunction function) {
  OCTET_ASSIGN_OR_RETURN(ReduceAttrs pool, global_pool(node.type(0), function));
  return node.finish(std::move(pool), {node.input(0)});
}

}  // namespace octet
