// Quantized weights in a SharedStore, before and after a kernel has packed their codes.
#pragma once

#include "runtime/core/quantized_tensor.h"

namespace octet {

// The same weight without the memory of its codes, for where a kernel has packed them: int_data
// keeps its type and extents, and has no bytes.
std::shared_ptr<const QuantizedTensor> without_codes(const QuantizedTensor& weights);
bool has_codes(const QuantizedTensor& weights);

// The weights of `key`: with their codes, or without where all that use them have packed them. A
// kernel that is asked for packed weights of this key finds those. nullptr: nobody uses them.
std::shared_ptr<const QuantizedTensor> find_quantized(SharedStore& store, const SharedKey& key);
// without_codes(weights), one for all that use them. `store`: nullptr for none.
std::shared_ptr<const QuantizedTensor> share_without_codes(SharedStore* store,
                                                           const QuantizedTensor& weights);

}  // namespace octet
