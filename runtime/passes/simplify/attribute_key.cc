// A text that is equal for equal attributes.
#include "runtime/passes/simplify/attribute_key.h"

#include <bit>
#include <concepts>

namespace octet {
namespace {

using Key = std::optional<std::string>;

template <std::integral T>
std::string text(T number) {
  return std::to_string(number) + " ";
}
std::string text(DType dtype) { return std::string(dtype_name(dtype)) + " "; }
std::string text(const Dim& dim) { return dim.str() + "; "; }
std::string text(float number) { return std::to_string(std::bit_cast<uint32_t>(number)) + " "; }
template <class T>
std::string text(const std::vector<T>& items) {
  std::string all;
  for (const T& item : items) all += text(item);
  return "[" + all + "]";
}

std::string text(const Window& window) {
  return text(window.kernel) + text(window.strides) + text(window.dilations) +
         text(static_cast<int>(window.padding)) + text(window.begins) + text(window.ends) +
         text(window.ceil_mode);
}

// The function of Unary, Binary, Reduce, ArgReduce and Pool and the activation of Conv are in
// op_label().
Key key(const ArgReduceAttrs& attrs) {
  return text(attrs.axis) + text(attrs.keep_dims) + text(attrs.last_index) +
         text(attrs.empty_gives_0);
}
Key key(const AttentionAttrs& attrs) { return text(attrs.scale) + text(attrs.empty_rows_are_zero); }
Key key(const BinaryAttrs&) { return ""; }
Key key(const CastAttrs& attrs) { return text(attrs.to); }
Key key(const ClipAttrs&) { return ""; }
Key key(const ConcatAttrs& attrs) { return text(attrs.axis); }
Key key(const ConvAttrs& attrs) { return text(attrs.window) + text(attrs.groups); }
Key key(const ConvTransposeAttrs& attrs) {
  return text(attrs.window) + text(attrs.output_padding) + text(attrs.groups);
}
Key key(const CumSumAttrs& attrs) {
  return text(attrs.axis) + text(attrs.exclusive) + text(attrs.reverse);
}
Key key(const ExpandAttrs& attrs) { return text(attrs.shape); }
Key key(const GatherAttrs& attrs) { return text(attrs.axis); }
Key key(const GatherElementsAttrs& attrs) { return text(attrs.axis); }
Key key(const GatherNDAttrs& attrs) { return text(attrs.batch_dims); }
Key key(const LayerNormAttrs& attrs) { return text(attrs.epsilon); }
Key key(const LinearAttrs&) { return std::nullopt; }
Key key(const MatMulAttrs&) { return ""; }
Key key(const PadAttrs& attrs) {
  return text(static_cast<int>(attrs.mode)) + text(attrs.begins) + text(attrs.ends);
}
Key key(const PoolAttrs& attrs) {
  return text(attrs.window) + text(attrs.count_include_pad) + text(attrs.indices) +
         text(attrs.column_major);
}
Key key(const QuantizeRowsAttrs&) { return ""; }
Key key(const QuantizedLinearAttrs&) { return std::nullopt; }
Key key(const RangeAttrs& attrs) {
  return text(attrs.dtype) + text(attrs.start) + text(attrs.delta) + text(attrs.count);
}
Key key(const ReduceAttrs& attrs) {
  return text(attrs.axes) + text(attrs.keep_dims) + text(attrs.refuses_empty);
}
Key key(const ReshapeAttrs& attrs) { return text(attrs.shape); }
Key key(const ResizeAttrs& attrs) {
  return text(static_cast<int>(attrs.mode)) + text(static_cast<int>(attrs.coordinates)) +
         text(static_cast<int>(attrs.rounding)) + text(attrs.cubic_a) +
         text(attrs.exclude_outside) + text(attrs.shape) + text(attrs.scales);
}
Key key(const ShapeValuesAttrs& attrs) {
  return text(attrs.dtype) + text(attrs.scalar) + text(attrs.values);
}
Key key(const SliceAttrs& attrs) {
  return text(attrs.starts) + text(attrs.counts) + text(attrs.steps);
}
Key key(const SoftmaxAttrs& attrs) { return text(attrs.axis) + text(attrs.log); }
Key key(const TransposeAttrs& attrs) { return text(attrs.permutation); }
Key key(const UnaryAttrs& attrs) { return text(attrs.alpha) + text(attrs.beta); }
Key key(const WhereAttrs&) { return ""; }

}  // namespace

Key attribute_key(const Attributes& attributes) {
  Key rest = std::visit([](const auto& attrs) { return key(attrs); }, attributes);
  if (!rest) return std::nullopt;
  return op_label(attributes) + "{" + *rest + "}";
}

}  // namespace octet
