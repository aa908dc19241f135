// Octet's own DynamicLinear (own_functions.h): a layer with int8 weights that quantizes its rows.
#include "loaders/onnx/importers.h"
#include "loaders/onnx/own_functions.h"

namespace octet {
namespace {

enum Input { kSrc, kWeights, kScale };

// The constant of an input with elements of `dtype`.
Result<Constant> part(NodeImport& node, int index, const char* name, DType dtype) {
  const std::string where = "input " + std::to_string(index) + ", " + name + ", ";
  if (!node.has_input(index)) return invalid_model(where + "is missing");
  if (!node.constant(index))
    return unsupported(where +
                       "is computed; expected an initializer: weights are packed when a "
                       "model is loaded");
  if (node.constant(index)->dtype() == dtype) return *node.constant(index);
  return invalid_model(where + "is " + to_string(node.type(index)) + ", expected " +
                       dtype_name(dtype));
}

Status expect_shape(const Constant& part, const char* name, const Shape& expected) {
  if (part.shape() == expected) return Status::ok();
  return invalid_model(std::string(name) + " has shape " + to_string(part.shape()) + ", expected " +
                       to_string(expected));
}

Result<QuantizedConstant> import_weights(NodeImport& node, const DynamicLinearForm& form) {
  OCTET_ASSIGN_OR_RETURN(const Constant codes, part(node, kWeights, "weights", DType::kI8));
  OCTET_ASSIGN_OR_RETURN(const Constant scale, part(node, kScale, "weights_scale", DType::kF32));
  if (codes.shape().rank() != 2 || codes.shape().element_count() == 0)
    return invalid_model("weights have shape " + to_string(codes.shape()) + ", expected [N, K]");
  const int64_t n = codes.shape()[0], k = codes.shape()[1];
  const bool per_tensor = scale.shape() == Shape{1} && n != 1;
  if (!per_tensor) OCTET_RETURN_IF_ERROR(expect_shape(scale, "weights_scale", Shape{n}));
  QuantizedTensor extents;
  extents.int_data = Tensor(nullptr, contiguous_view(nullptr, DType::kI8, codes.shape()));
  extents.granularity = per_tensor ? Granularity::kPerTensor : Granularity::kPerChannel;
  QuantizedConstant weights(extents);
  weights.int_data = codes;
  weights.scale = scale;
  weights.key = codes.key().with("scale", scale.key());
  int input = kScale + 1;
  if (form.smoothed) {
    OCTET_ASSIGN_OR_RETURN(weights.smoothing, part(node, input++, "smoothing", DType::kF32));
    OCTET_RETURN_IF_ERROR(expect_shape(*weights.smoothing, "smoothing", Shape{k}));
    weights.key = weights.key.with("smoothing", weights.smoothing->key());
  }
  if (form.shifted) {
    OCTET_ASSIGN_OR_RETURN(weights.zero_point, part(node, input, "weights_zero_point", DType::kI8));
    OCTET_RETURN_IF_ERROR(expect_shape(*weights.zero_point, "weights_zero_point", scale.shape()));
    weights.key = weights.key.with("zero point", weights.zero_point->key());
  }
  return weights;
}

// 1 / smoothing in float, which is what rows are multiplied by.
Result<ValueId> reciprocal(NodeImport& node, const Constant& smoothing) {
  const auto compute = [smoothing]() -> Result<Tensor> {
    OCTET_ASSIGN_OR_RETURN(const Tensor factors, smoothing.load());
    Tensor result(DType::kF32, factors.shape());
    const auto from = factors.elements<const float>();
    for (size_t i = 0; i < from.size(); ++i) result.elements<float>()[i] = 1 / from[i];
    return result;
  };
  return node.add_constant("reciprocal_smoothing",
                           Constant(DType::kF32, smoothing.shape(), compute,
                                    smoothing.key().with("reciprocal"), smoothing.depth() + 1));
}

}  // namespace

// Layers that read the same rows get the same QuantizeRows, as passes see it.
Status import_dynamic_linear(NodeImport& node) {
  const DynamicLinearForm form = DynamicLinearForm::of_name(node.op_type());
  OCTET_ASSIGN_OR_RETURN(QuantizedConstant weights, import_weights(node, form));
  const TypeInfo src = node.type(kSrc);
  if (src.dtype != DType::kF32 || src.rank() < 2)
    return unsupported("input 0 is " + to_string(src) + ", expected float32 of rank 2 or more");
  QuantizedLinearAttrs attrs;
  attrs.scheme.weights.granularity = weights.granularity;
  if (weights.zero_point) attrs.scheme.weights.zero_point = ZeroPoint::kInteger;
  attrs.parts = {{node.name(), {node.value_name(kWeights)}, 0, weights.n()}};
  std::vector<ValueId> rows = {node.input(kSrc)};
  if (weights.smoothing) {
    OCTET_ASSIGN_OR_RETURN(rows.emplace_back(), reciprocal(node, *weights.smoothing));
  }
  attrs.weights = std::make_shared<const QuantizedConstant>(std::move(weights));
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> quantized,
                         node.emit_all("quantize", QuantizeRowsAttrs{}, std::move(rows)));
  return node.finish(std::move(attrs), {quantized[0], quantized[1]});
}

}  // namespace octet
