// Type rule of Attention.
#include "runtime/ops/attention.h"

#include "runtime/ops/infer.h"

namespace octet {
namespace {

// The mask may be broadcast to [B, H, Sq, Sk], not the other way round.
Status check_mask(InputTypes inputs, const SymbolicShape& scores, TypeInfo& dst) {
  const SymbolicShape& mask = inputs[3]->shape;
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 3, {DType::kF32}));
  if (mask.size() > scores.size()) return input_error(inputs, 3, "rank 4 or less");
  const size_t offset = scores.size() - mask.size();
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == Dim(1)) continue;
    const Dim& expected = scores[offset + i];
    if (known_different(mask[i], expected) && mask[i].is_constant())
      return input_error(inputs, 3, "a mask that broadcasts to " + to_string(scores));
    OCTET_RETURN_IF_ERROR(
        require_same(inputs, 3, "mask extent", Dim::broadcast(mask[i], expected), expected, dst));
  }
  return Status::ok();
}

}  // namespace

Result<OutputTypes> infer(const AttentionAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 3, 1));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kF32, DType::kBF16}));
  for (size_t i = 0; i < 3; ++i) {
    OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, i));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, i, 4));
  }
  const SymbolicShape& q = inputs[0]->shape;
  const SymbolicShape& k = inputs[1]->shape;
  const SymbolicShape& v = inputs[2]->shape;
  OutputTypes outputs = one_output(DType::kF32, {q[0], q[2], q[1], v[3]});
  TypeInfo& dst = outputs[0];
  OCTET_RETURN_IF_ERROR(require_same(inputs, 1, "B", k[0], q[0], dst));
  OCTET_RETURN_IF_ERROR(require_same(inputs, 1, "H", k[1], q[1], dst));
  OCTET_RETURN_IF_ERROR(require_same(inputs, 1, "D", k[3], q[3], dst));
  OCTET_RETURN_IF_ERROR(require_same(inputs, 2, "B", v[0], q[0], dst));
  OCTET_RETURN_IF_ERROR(require_same(inputs, 2, "H", v[1], q[1], dst));
  OCTET_RETURN_IF_ERROR(require_same(inputs, 2, "Sk", v[2], k[2], dst));
  if (optional_input(inputs, 3) != nullptr)
    OCTET_RETURN_IF_ERROR(check_mask(inputs, {q[0], q[1], q[2], k[2]}, dst));
  return outputs;
}

}  // namespace octet
