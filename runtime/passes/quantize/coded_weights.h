// The weight of a linear layer from the codes that a file keeps.
#pragma once

#include <memory>

#include "runtime/core/coded_constant.h"
#include "runtime/core/quantized_constant.h"

namespace octet {

// [N, K] with the same codes, scales and zero points; nothing is read before load(). `coded`: of a
// matrix, [N, K] where `transposed`, else [K, N]. Errors: kUnsupported for what no scheme has, with
// the reason; kIoError.
Result<std::shared_ptr<const QuantizedConstant>> coded_weights(const CodedConstant& coded,
                                                               bool transposed);

// The scheme of such weights; activations and products are those of weight-only layers.
Result<QuantizationScheme> scheme_of_weights(const QuantizedConstant& weights);

}  // namespace octet
