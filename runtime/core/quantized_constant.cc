// Loading the parts, and two entries in the store for a weight: with codes and without.
#include "runtime/core/quantized_constant.h"

namespace octet {
namespace {

SharedKey key_without_codes(const SharedKey& key) { return key.with("without codes"); }

std::optional<Constant> to_constant(const std::optional<Tensor>& tensor) {
  if (!tensor) return std::nullopt;
  return Constant(*tensor);
}

Status load_part(const std::optional<Constant>& part, std::optional<Tensor>& loaded) {
  if (!part) return Status::ok();
  OCTET_ASSIGN_OR_RETURN(loaded, part->load());
  return Status::ok();
}

}  // namespace

QuantizedConstant::QuantizedConstant(const QuantizedTensor& tensor, SharedKey made_from)
    : shape(tensor.int_data.shape()),
      code_type(tensor.int_data.dtype()),
      bits(tensor.bits),
      int_data(Constant(tensor.int_data)),
      scale(tensor.scale),
      zero_point(to_constant(tensor.zero_point)),
      smoothing(to_constant(tensor.smoothing)),
      group_index(to_constant(tensor.group_index)),
      granularity(tensor.granularity),
      block_size(tensor.block_size),
      key(std::move(made_from)) {}

Result<QuantizedTensor> QuantizedConstant::load() const {
  assert(has_codes());
  OCTET_ASSIGN_OR_RETURN(Tensor codes, int_data->load());
  OCTET_ASSIGN_OR_RETURN(QuantizedTensor tensor, load_with(std::move(codes)));
  OCTET_RETURN_IF_ERROR(validate(tensor));
  return tensor;
}

Result<QuantizedTensor> QuantizedConstant::load_with(Tensor codes) const {
  if (!(codes.shape() == shape) || codes.dtype() != code_type)
    return invalid_argument(std::string("int_data is ") + dtype_name(codes.dtype()) + "[" +
                            to_string(codes.shape()) + "], expected " + dtype_name(code_type) +
                            "[" + to_string(shape) + "]");
  QuantizedTensor tensor;
  tensor.int_data = std::move(codes);
  OCTET_ASSIGN_OR_RETURN(tensor.scale, scale.load());
  OCTET_RETURN_IF_ERROR(load_part(zero_point, tensor.zero_point));
  OCTET_RETURN_IF_ERROR(load_part(smoothing, tensor.smoothing));
  OCTET_RETURN_IF_ERROR(load_part(group_index, tensor.group_index));
  tensor.granularity = granularity;
  tensor.block_size = block_size;
  tensor.bits = bits;
  return tensor;
}

std::shared_ptr<const QuantizedConstant> without_codes(const QuantizedConstant& weights) {
  auto result = std::make_shared<QuantizedConstant>(weights);
  result->int_data.reset();
  return result;
}

std::shared_ptr<const QuantizedConstant> find_quantized(SharedStore& store, const SharedKey& key) {
  if (auto whole = store.find<QuantizedConstant>(key)) return whole;
  return store.find<QuantizedConstant>(key_without_codes(key));
}

std::shared_ptr<const QuantizedConstant> share_without_codes(SharedStore* store,
                                                             const QuantizedConstant& weights) {
  if (store == nullptr) return without_codes(weights);
  const SharedKey key = key_without_codes(weights.key);
  if (auto found = store->find<QuantizedConstant>(key)) return found;
  return store->share<QuantizedConstant>(key, without_codes(weights));
}

}  // namespace octet
