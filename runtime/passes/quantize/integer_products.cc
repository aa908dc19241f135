// Finds scaled sums of codes, and takes the scales to the codes.
#include "runtime/passes/quantize/integer_products.h"

#include <cstring>

#include "runtime/passes/match.h"

namespace octet {
namespace {

// Codes less their zero point.
struct Codes {
  ValueId codes = kNoValue;
  ValueId zero_point = kNoValue;        // none: 0
  SymbolicShape zero_point_shape = {};  // as it is subtracted
};

// What MatMulInteger and ConvInteger multiply.
bool is_byte(const Graph& graph, ValueId value) {
  const DType dtype = graph.value(value).type.dtype;
  return dtype == DType::kI8 || dtype == DType::kU8;
}

// One node between `value` and what it was made of.
ValueId before_cast(const GraphIndex& index, ValueId value, DType to) {
  const Node* cast = index.producer_as<CastAttrs>(value);
  return cast != nullptr && cast->as<CastAttrs>()->to == to ? cast->inputs[0] : kNoValue;
}

std::optional<Codes> as_codes(const Graph& graph, const GraphIndex& index, ValueId value) {
  Codes result;
  ValueId codes = value, zero_point = kNoValue;
  if (const Node* shifted = index.binary(value, BinaryFunction::kSub)) {
    codes = shifted->inputs[0];
    zero_point = shifted->inputs[1];
  }
  result.codes = before_cast(index, codes, DType::kF64);
  if (result.codes == kNoValue || !is_byte(graph, result.codes)) return std::nullopt;
  if (zero_point != kNoValue) {
    result.zero_point = before_cast(index, zero_point, DType::kF64);
    if (result.zero_point == kNoValue) return std::nullopt;
    result.zero_point_shape = graph.value(result.zero_point).type.shape;
    // A vector for the channels of a convolution stands in its own axis.
    if (const Node* channels = index.producer_as<ReshapeAttrs>(result.zero_point))
      result.zero_point = channels->inputs[0];
    if (graph.value(result.zero_point).type.dtype != graph.value(result.codes).type.dtype)
      return std::nullopt;
  }
  return result;
}

// The scaled product that `mul` is.
struct ScaledProduct {
  const Node* product = nullptr;  // MatMul or Conv, in f64
  Codes lhs, rhs;
  ValueId lhs_scale = kNoValue, rhs_scale = kNoValue;
};

bool is_one_element(const Graph& graph, ValueId value) {
  return value != kNoValue && graph.value(value).type.dtype == DType::kF32 &&
         is_per_tensor(graph.value(value).type);
}

// The product behind the two casts, each with one reader.
const Node* product_behind(const GraphIndex& index, ValueId value) {
  const ValueId sums = before_cast(index, value, DType::kF32);
  if (sums == kNoValue || !index.has_single_use(value) || !index.has_single_use(sums))
    return nullptr;
  const ValueId wide = before_cast(index, sums, DType::kI32);
  if (wide == kNoValue || !index.has_single_use(wide)) return nullptr;
  const Node* product = index.producer(wide);
  const bool fits = product != nullptr &&
                    (product->as<MatMulAttrs>() != nullptr || product->as<ConvAttrs>() != nullptr);
  return fits && product->inputs.size() == 2 ? product : nullptr;
}

// Which of the factors of a scale belongs to the left side, and which, a constant, to the right.
bool split_scale(const Graph& graph, const GraphIndex& index, ValueId scale,
                 ScaledProduct& scaled) {
  const Node* mul = index.binary(scale, BinaryFunction::kMul);
  if (mul == nullptr) return false;
  for (size_t i : {size_t{0}, size_t{1}}) {
    scaled.lhs_scale = mul->inputs[i];
    scaled.rhs_scale = mul->inputs[1 - i];
    if (is_one_element(graph, scaled.lhs_scale) && is_constant(graph, scaled.rhs_scale) &&
        graph.value(scaled.rhs_scale).type.dtype == DType::kF32)
      return true;
  }
  return false;
}

std::optional<ScaledProduct> as_scaled_product(const Graph& graph, const GraphIndex& index,
                                               const Node& mul) {
  const auto* binary = mul.as<BinaryAttrs>();
  if (binary == nullptr || binary->function != BinaryFunction::kMul) return std::nullopt;
  for (size_t i : {size_t{0}, size_t{1}}) {
    ScaledProduct scaled;
    ValueId sums = mul.inputs[i];
    // (sums * lhs_scale) * rhs_scale, as some write it.
    const Node* inner = index.binary(sums, BinaryFunction::kMul);
    if (inner != nullptr && index.has_single_use(sums)) {
      const size_t side = product_behind(index, inner->inputs[0]) != nullptr ? 0 : 1;
      scaled.product = product_behind(index, inner->inputs[side]);
      scaled.lhs_scale = inner->inputs[1 - side];
      scaled.rhs_scale = mul.inputs[1 - i];
      if (scaled.product == nullptr || !is_one_element(graph, scaled.lhs_scale) ||
          !is_constant(graph, scaled.rhs_scale))
        continue;
    } else {
      scaled.product = product_behind(index, sums);
      if (scaled.product == nullptr || !split_scale(graph, index, mul.inputs[1 - i], scaled))
        continue;
    }
    const auto lhs = as_codes(graph, index, scaled.product->inputs[0]);
    const auto rhs = as_codes(graph, index, scaled.product->inputs[1]);
    if (!lhs || !rhs) continue;
    // A scale of more axes than the sums have would give the result more.
    if (graph.value(mul.outputs[0]).type.rank() !=
        graph.value(scaled.product->outputs[0]).type.rank())
      continue;
    scaled.lhs = *lhs;
    scaled.rhs = *rhs;
    return scaled;
  }
  return std::nullopt;
}

// `count` times the element of a constant with one; itself where it has `count`.
Result<Constant> spread(const Constant& constant, int64_t count) {
  if (constant.shape().element_count() == count) return constant.reshaped(Shape{count});
  OCTET_ASSIGN_OR_RETURN(const Tensor one, constant.load());
  Tensor all(one.dtype(), Shape{count});
  const size_t size = dtype_size(one.dtype());
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(all.bytes() + static_cast<size_t>(i) * size, one.bytes(), size);
  return Constant(std::move(all));
}

// Whether an operand of this shape, broadcast to `rank` axes, has `count` elements along `axis` and
// one along all others.
bool stands_along(const SymbolicShape& shape, int rank, int axis, int64_t count) {
  const int missing = rank - static_cast<int>(shape.size());
  if (missing < 0 || axis < missing) return false;
  for (int i = missing; i < rank; ++i)
    if (!(shape[static_cast<size_t>(i - missing)] == Dim(i == axis ? count : 1))) return false;
  return true;
}

// The right side: a constant whose scale and zero point have equal extents. kNoValue where they
// are of another form.
Result<ValueId> dequantized_rhs(Graph& graph, const Node& product, const ScaledProduct& scaled) {
  const Codes& rhs = scaled.rhs;
  if (!is_constant(graph, rhs.codes)) return kNoValue;
  const Constant scale = *graph.value(scaled.rhs_scale).constant;
  const Shape shape = graph.value(rhs.codes).constant->shape();
  const int axis = product.as<ConvAttrs>() != nullptr ? 0 : shape.rank() - 1;
  if (axis < 0) return kNoValue;
  const int64_t count = shape[axis];
  std::optional<Constant> zero_point;
  if (rhs.zero_point != kNoValue) {
    if (!is_constant(graph, rhs.zero_point)) return kNoValue;
    zero_point = graph.value(rhs.zero_point).constant;
  }
  const bool one_scale = scale.shape().element_count() == 1,
             one_zero_point = !zero_point || zero_point->shape().element_count() == 1;
  const bool per_tensor = one_scale && one_zero_point;
  // A scale for each column (MatMul) or channel (Conv) of the sums, a zero point for each of the
  // weights.
  const bool is_conv = product.as<ConvAttrs>() != nullptr;
  const int rank = graph.value(product.outputs[0]).type.rank();
  if (!is_conv && shape.rank() < 2) return kNoValue;
  if (!one_scale &&
      !stands_along(graph.value(scaled.rhs_scale).type.shape, rank, is_conv ? 1 : rank - 1, count))
    return kNoValue;
  if (!one_zero_point && !stands_along(rhs.zero_point_shape, shape.rank(), axis, count))
    return kNoValue;
  const int64_t wanted = per_tensor ? 1 : count;
  const std::string name = product.name;
  OCTET_ASSIGN_OR_RETURN(Constant scales, spread(scale, wanted));
  OCTET_ASSIGN_OR_RETURN(const ValueId scale_value,
                         graph.add_constant(graph.value(scaled.rhs_scale).name, std::move(scales)));
  std::vector<ValueId> inputs = {rhs.codes, scale_value};
  if (zero_point) {
    OCTET_ASSIGN_OR_RETURN(Constant zero_points, spread(*zero_point, wanted));
    OCTET_ASSIGN_OR_RETURN(const ValueId value, graph.add_constant(graph.value(rhs.zero_point).name,
                                                                   std::move(zero_points)));
    inputs.push_back(value);
  }
  return graph.add(name + "/weights", DequantizeAttrs{DType::kF32, {per_tensor ? 0 : axis, 0}},
                   std::move(inputs));
}

Status rewrite(Graph& graph, size_t i, const ScaledProduct& scaled) {
  const Node mul = graph.nodes()[i], product = *scaled.product;  // copies: nodes are added
  if (scaled.lhs.zero_point != kNoValue && !is_per_tensor(graph.value(scaled.lhs.zero_point).type))
    return Status::ok();
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs, dequantized_rhs(graph, product, scaled));
  if (rhs == kNoValue) return Status::ok();
  std::vector<ValueId> inputs = {scaled.lhs.codes, scaled.lhs_scale};
  if (scaled.lhs.zero_point != kNoValue) inputs.push_back(scaled.lhs.zero_point);
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs,
                         graph.add(product.name + "/src", DequantizeAttrs{}, std::move(inputs)));
  std::string name = product.name;
  for (const char* suffix : {"/product", "/sums"})
    if (name.ends_with(suffix)) name.resize(name.size() - std::string(suffix).size());
  OCTET_ASSIGN_OR_RETURN(const ValueId result, graph.add(name, product.attributes, {lhs, rhs},
                                                         graph.value(mul.outputs[0]).name));
  graph.replace_uses(mul.outputs[0], result);
  return Status::ok();
}

}  // namespace

Status integer_products(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (size_t i = 0, count = graph.nodes().size(); i < count; ++i)
    if (const auto scaled = as_scaled_product(graph, index, graph.nodes()[i]))
      OCTET_RETURN_IF_ERROR(rewrite(graph, i, *scaled));
  return Status::ok();
}

}  // namespace octet
