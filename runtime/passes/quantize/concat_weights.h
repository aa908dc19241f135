// Joins quantized weights along their output features.
#pragma once

#include <memory>
#include <span>

#include "runtime/core/quantized_tensor.h"

namespace octet {

// [N1 + N2 + .., K] from [N1, K], [N2, K], ..: all components row after row, bit for bit, and the
// smoothing of the first. Precondition: at least one; all per channel, with the same K, code type,
// smoothing, all with their codes, and either all or none with zero points.
std::shared_ptr<const QuantizedTensor> concat_rows(
    std::span<const std::shared_ptr<const QuantizedTensor>> weights);

// The key of what concat_rows() gives.
SharedKey rows_key(std::span<const std::shared_ptr<const QuantizedTensor>> weights);

// Whether two weights meet the precondition of concat_rows().
bool can_concat_rows(const QuantizedTensor& lhs, const QuantizedTensor& rhs);

}  // namespace octet
