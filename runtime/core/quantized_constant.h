// QuantizedConstant: a quantized weight whose parts may still lie in a file, or be computed when
// they are read; and such weights in a SharedStore, before and after a kernel has packed their
// codes.
#pragma once

#include "runtime/core/constant.h"
#include "runtime/core/quantized_tensor.h"

namespace octet {

// The parts of a QuantizedTensor as constants. Immutable, shared. Threading: any thread.
struct QuantizedConstant {
  Shape shape;  // [N, K]
  DType code_type = DType::kI8;
  int bits = 8;
  std::optional<Constant> int_data;  // absent: a kernel keeps them, packed
  Constant scale;
  std::optional<Constant> zero_point, smoothing, group_index;
  Granularity granularity = Granularity::kPerChannel;
  int64_t block_size = 0;
  // What the parts were made from; weights of one key are the same. Unknown: not shared.
  SharedKey key = {};

  explicit QuantizedConstant(const QuantizedTensor& tensor, SharedKey key = {});

  int64_t n() const { return shape[0]; }
  int64_t k() const { return shape[1]; }
  bool has_codes() const { return int_data.has_value(); }
  // All parts in memory; those that were are shared. Errors: kIoError, and what validate() finds.
  // Precondition: has_codes().
  Result<QuantizedTensor> load() const;
  // The same with `codes` in the place of int_data, and only their type and extents checked: for
  // codes that a kernel has unpacked, and for what is known to fit.
  Result<QuantizedTensor> load_with(Tensor codes) const;
};

// The same weight without its codes, for where a kernel has packed them.
std::shared_ptr<const QuantizedConstant> without_codes(const QuantizedConstant& weights);

// The weights of `key`: with their codes, or without where all that use them have packed them. A
// kernel that is asked for packed weights of this key finds those. nullptr: nobody uses them.
std::shared_ptr<const QuantizedConstant> find_quantized(SharedStore& store, const SharedKey& key);
// without_codes(weights), one for all that use them. `store`: nullptr for none.
std::shared_ptr<const QuantizedConstant> share_without_codes(SharedStore* store,
                                                             const QuantizedConstant& weights);

}  // namespace octet
