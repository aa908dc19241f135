// RMSNormalization, and SimplifiedLayerNormalization as ONNX Runtime names it.
// Source of the latter: "SimplifiedLayerNormalization" in its contrib_defs.cc.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {

using B = BinaryFunction;

Result<ValueId> emit_rms_norm(NodeImport& node, const std::string& step, ValueId value,
                              std::vector<int> axes, float epsilon, ValueId gamma,
                              ValueId* reciprocal_rms) {
  const DType dtype = node.type_of(value).dtype;
  OCTET_ASSIGN_OR_RETURN(const ValueId squares,
                         emit_binary(node, step + "_squares", B::kMul, value, value));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId mean,
      node.emit(step + "_mean", ReduceAttrs{ReduceFunction::kMean, std::move(axes), true},
                {squares}));
  OCTET_ASSIGN_OR_RETURN(const ValueId small,
                         node.add_scalar(step + "_epsilon", dtype, static_cast<double>(epsilon)));
  OCTET_ASSIGN_OR_RETURN(const ValueId shifted,
                         emit_binary(node, step + "_shifted", B::kAdd, mean, small));
  OCTET_ASSIGN_OR_RETURN(const ValueId rms,
                         node.emit(step + "_rms", UnaryAttrs{UnaryFunction::kSqrt}, {shifted}));
  if (reciprocal_rms != nullptr) {
    OCTET_ASSIGN_OR_RETURN(
        *reciprocal_rms,
        node.emit(step + "_reciprocal", UnaryAttrs{UnaryFunction::kReciprocal}, {rms}));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId normalized,
                         emit_binary(node, step + "_normalized", B::kDiv, value, rms));
  if (gamma == kNoValue) return normalized;
  return emit_binary(node, step, B::kMul, normalized, gamma);
}

// stash_type only says in which precision to compute; the result has the type of the scale. Output
// 1, which the standard op has not, is the reciprocal of the root.
Status import_rms_normalization(NodeImport& node) {
  const TypeInfo src = node.type(0);
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", -1), src.rank()));
  OCTET_ASSIGN_OR_RETURN(const ValueId gamma,
                         emit_fitting(node, "scale", node.input(1), src.shape, "the scale"));
  const float epsilon = node.float_attribute("epsilon", 1e-5f);
  const bool is_cast = node.type(1).dtype != src.dtype;
  ValueId reciprocal = kNoValue;
  OCTET_ASSIGN_OR_RETURN(
      ValueId result,
      emit_rms_norm(node, "norm", node.input(0), axes_from(axis, src.rank()), epsilon,
                    is_cast ? kNoValue : gamma, node.wants_output(1) ? &reciprocal : nullptr));
  if (is_cast) {
    OCTET_ASSIGN_OR_RETURN(result, emit_cast(node, "cast", result, node.type(1).dtype));
    OCTET_ASSIGN_OR_RETURN(result, emit_binary(node, "scaled", B::kMul, result, gamma));
  }
  node.alias(result);
  if (node.wants_output(1)) node.alias(reciprocal, 1);
  return Status::ok();
}

}  // namespace octet
