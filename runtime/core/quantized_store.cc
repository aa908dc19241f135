// Two entries for a weight: with codes and without.
#include "runtime/core/quantized_store.h"

namespace octet {
namespace {

SharedKey key_without_codes(const SharedKey& key) { return key.with("without codes"); }

}  // namespace

std::shared_ptr<const QuantizedTensor> without_codes(const QuantizedTensor& weights) {
  auto result = std::make_shared<QuantizedTensor>(weights);
  TensorView view = weights.int_data.view();
  view.data = nullptr;
  result->int_data = Tensor(nullptr, view);
  return result;
}

bool has_codes(const QuantizedTensor& weights) { return weights.int_data.bytes() != nullptr; }

std::shared_ptr<const QuantizedTensor> find_quantized(SharedStore& store, const SharedKey& key) {
  if (auto whole = store.find<QuantizedTensor>(key)) return whole;
  return store.find<QuantizedTensor>(key_without_codes(key));
}

std::shared_ptr<const QuantizedTensor> share_without_codes(SharedStore* store,
                                                           const QuantizedTensor& weights) {
  if (store == nullptr) return without_codes(weights);
  const SharedKey key = key_without_codes(weights.key);
  if (auto found = store->find<QuantizedTensor>(key)) return found;
  return store->share<QuantizedTensor>(key, without_codes(weights));
}

}  // namespace octet
