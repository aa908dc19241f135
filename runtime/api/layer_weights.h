// Reading and replacing the quantized weight of one layer of a program.
#pragma once

#include <memory>
#include <span>

#include "kernels/api/backend.h"
#include "runtime/program/program.h"

namespace octet {

// The plain components of part `part` of layer `record`, copied. Error: kUnsupported for a float
// layer.
Result<QuantizedTensor> read_layer_weights(const Program& program, int record, int part);

// A program that shares everything with `program` but that part's weights. `backends` and
// `store`: of the model that it comes from. Errors (kInvalidArgument): what validate() finds;
// extents or a dtype that are not the layer's; smoothing that differs from the layer's.
Result<std::shared_ptr<const Program>> replace_layer_weights(const Program& program, int record,
                                                             int part,
                                                             const QuantizedTensor& weights,
                                                             std::span<const Backend> backends,
                                                             SharedStore* store);

}  // namespace octet
