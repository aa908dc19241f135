// The attributes of ONNX's convolutions and pools as a Window of the IR.
#pragma once

#include "loaders/onnx/node_import.h"
#include "runtime/ops/window.h"

namespace octet {

// kernel_shape, strides, dilations, pads, auto_pad of a node whose input 0 is [N, C, spatial..];
// what is absent gets ONNX's default. `kernel`: the kernel's extents where the weights give them;
// otherwise kernel_shape must be there. Padding of a window over constant extents is explicit.
Result<Window> import_window(NodeImport& node, std::optional<std::vector<int64_t>> kernel);
// The same for an input of type `src` instead of input 0.
Result<Window> import_window(NodeImport& node, const TypeInfo& src,
                             std::optional<std::vector<int64_t>> kernel);
// The constant extents of weights [M, C, kernel..] from axis 2 on; those of input
// `weights`.
Result<std::vector<int64_t>> kernel_extents(const TypeInfo& weights);
Result<std::vector<int64_t>> kernel_of_weights(const NodeImport& node, int weights = 1);
// Over all pixels of `src`, [N, C, spatial..]. Error: its rank is below 2.
Result<ReduceAttrs> global_pool(const TypeInfo& src, ReduceFunction function);
// Conv's, with the weights in that input; of a source of type `src` instead of input 0.
Result<ConvAttrs> import_conv_attributes(NodeImport& node, int weights = 1);
Result<ConvAttrs> import_conv_attributes(NodeImport& node, const TypeInfo& src, int weights);

}  // namespace octet
