// Pooling over windows, and over all of the spatial axes; com.microsoft.NhwcMaxPool.
#include <cmath>

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

namespace {

// An integer from opset 2 on.
Result<float> norm_power(NodeImport& node) {
  const float p = node.opset() < 2 ? node.float_attribute("p", 2)
                                   : static_cast<float>(node.int_attribute("p", 2));
  if (p > 0 && std::isfinite(p)) return p;
  return invalid_model("attribute \"p\" is " + std::to_string(p) + ", expected more than 0");
}

}  // namespace

Status import_lp_pool(NodeImport& node) {
  PoolAttrs pool{.function = PoolFunction::kNorm, .window = {}};
  OCTET_ASSIGN_OR_RETURN(pool.window, import_window(node, std::nullopt));
  OCTET_ASSIGN_OR_RETURN(pool.p, norm_power(node));
  return node.finish(std::move(pool), {node.input(0)});
}

// Powers of 16-bit floats are summed in f32, whose range they need.
Status import_global_lp_pool(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const float p, norm_power(node));
  if (p == 1) return import_global_pool(node, ReduceFunction::kL1);
  if (p == 2) return import_global_pool(node, ReduceFunction::kL2);
  OCTET_ASSIGN_OR_RETURN(const ReduceAttrs sum, global_pool(node.type(0), ReduceFunction::kSum));
  const DType type = node.type(0).dtype, wide = type == DType::kF64 ? type : DType::kF32;
  OCTET_ASSIGN_OR_RETURN(ValueId value, emit_cast(node, "wide", node.input(0), wide));
  const BinaryAttrs pow{BinaryFunction::kPow};
  OCTET_ASSIGN_OR_RETURN(const ValueId power, node.add_scalar("p", wide, double{p}));
  OCTET_ASSIGN_OR_RETURN(const ValueId root, node.add_scalar("root", wide, 1 / double{p}));
  OCTET_ASSIGN_OR_RETURN(value, node.emit("magnitudes", UnaryAttrs{UnaryFunction::kAbs}, {value}));
  OCTET_ASSIGN_OR_RETURN(value, node.emit("powers", pow, {value, power}));
  OCTET_ASSIGN_OR_RETURN(value, node.emit("sum", sum, {value}));
  if (type == wide) return node.finish(pow, {value, root});
  OCTET_ASSIGN_OR_RETURN(value, node.emit("norm", pow, {value, root}));
  return node.finish(CastAttrs{type}, {value});
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
