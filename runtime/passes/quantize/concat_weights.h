// Joins quantized weights along their output features.
#pragma once

#include <memory>
#include <span>

#include "runtime/core/quantized_constant.h"

namespace octet {

using QuantizedWeights = std::vector<std::shared_ptr<const QuantizedConstant>>;

// concat_rows() of what they hold. Precondition: can_concat_rows() each pair of them. Error:
// kIoError.
Result<std::shared_ptr<const QuantizedConstant>> concat_rows(const QuantizedWeights& weights);

// The key of what concat_rows() gives.
SharedKey rows_key(const QuantizedWeights& weights);

// Whether two weights can be joined, bit for bit: both with their codes, of one granularity, both
// or none with zero points. What cannot be read cannot be joined.
bool can_concat_rows(const QuantizedConstant& lhs, const QuantizedConstant& rhs);

}  // namespace octet
