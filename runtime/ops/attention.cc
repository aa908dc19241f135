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
  return require_expands(inputs, 3, scores, dst);
}

// Whether heads of the query share those of the keys evenly, whatever the input shapes are.
bool share_heads(const Dim& heads, const Dim& shared) {
  return heads.is_constant() && shared.is_constant() && shared.value() > 0 &&
         heads.value() % shared.value() == 0;
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
  for (int axis : {0, 1, 3})
    if (axis != 1 || !share_heads(q[1], k[1]))
      OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, axis}, {0, axis}, dst));
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {2, 0}, {0, 0}, dst));
  for (int axis : {1, 2}) OCTET_RETURN_IF_ERROR(require_equal(inputs, {2, axis}, {1, axis}, dst));
  if (optional_input(inputs, 3) != nullptr)
    OCTET_RETURN_IF_ERROR(check_mask(inputs, {q[0], q[1], q[2], k[2]}, dst));
  return outputs;
}

}  // namespace octet
