// Ops that make values from shapes or from nothing: Constant, ConstantOfShape, Shape, Size, Range.
#include <algorithm>
#include <cmath>

#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

template <class T>
Constant vector_constant(const std::vector<T>& values) {
  return Constant(
      Tensor::from(std::span<const T>(values), Shape{static_cast<int64_t>(values.size())}));
}

Result<std::optional<Constant>> constant_attribute(NodeImport& node) {
  if (node.has_attribute("value_float"))
    return std::optional(
        Constant(scalar_tensor(DType::kF32, node.float_attribute("value_float", 0))));
  if (node.has_attribute("value_int")) {
    const int64_t value = node.int_attribute("value_int", 0);
    return std::optional(Constant(Tensor::from(std::span<const int64_t>(&value, 1), Shape{})));
  }
  if (auto values = node.ints_attribute("value_ints"))
    return std::optional(vector_constant(*values));
  if (auto values = node.floats_attribute("value_floats"))
    return std::optional(vector_constant(*values));
  return node.tensor_attribute("value");
}

}  // namespace

Status import_constant(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(std::optional<Constant> constant, constant_attribute(node));
  if (!constant) return unsupported("its value is not a plain tensor of numbers");
  return node.finish_constant(std::move(*constant));
}

Status import_constant_of_shape(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const SymbolicShape shape, node.dims(0));
  OCTET_RETURN_IF_ERROR(check_shape(shape, node.limits()));
  OCTET_ASSIGN_OR_RETURN(const std::optional<Constant> given, node.tensor_attribute("value"));
  Tensor value(DType::kF32, Shape{});
  if (given) {
    if (given->shape().element_count() != 1)
      return invalid_model("attribute \"value\" has " +
                           std::to_string(given->shape().element_count()) +
                           " elements, expected 1");
    OCTET_ASSIGN_OR_RETURN(value, given->load());
    value = Tensor(std::make_shared<Tensor>(value),
                   contiguous_view(value.bytes(), value.dtype(), Shape{}));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId scalar,
                         node.add_constant("value", Constant(std::move(value))));
  return node.finish(ExpandAttrs{shape}, {scalar});
}

// start and end, from opset 15 on, are clamped to the rank.
Status import_shape(NodeImport& node) {
  const SymbolicShape shape = node.type(0).shape;
  const auto rank = static_cast<int64_t>(shape.size());
  auto clamp = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const int64_t start = clamp(node.int_attribute("start", 0));
  const int64_t end = std::max(start, clamp(node.int_attribute("end", rank)));
  return node.finish(ShapeValuesAttrs{.values = {shape.begin() + start, shape.begin() + end}}, {});
}

Status import_size(NodeImport& node) {
  return node.finish(
      ShapeValuesAttrs{.scalar = true, .values = {element_count(node.type(0).shape)}}, {});
}

namespace {

// More elements than this in one made-up sequence are an attack, not a model.
constexpr int64_t kMaxFloatRange = int64_t{1} << 24;

Status import_float_range(NodeImport& node, DType dtype) {
  double bounds[3];
  for (int i = 0; i < 3; ++i) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<double> values, node.numbers(i));
    if (values.size() != 1) return invalid_model("input " + std::to_string(i) + " is not a scalar");
    bounds[i] = values[0];
  }
  const double count = std::max(std::ceil((bounds[1] - bounds[0]) / bounds[2]), 0.0);
  if (!(count <= static_cast<double>(kMaxFloatRange)))
    return resource_exhausted("the range has more than " + std::to_string(kMaxFloatRange) +
                              " elements");
  OCTET_RETURN_IF_ERROR(node.reserve_constant(static_cast<uint64_t>(count) * sizeof(double)));
  std::vector<double> values;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
    values.push_back(bounds[0] + static_cast<double>(i) * bounds[2]);
  return node.finish_constant(
      Constant(make_tensor(dtype, Shape{static_cast<int64_t>(values.size())}, values)));
}

}  // namespace

Status import_range(NodeImport& node) {
  const DType dtype = node.type(0).dtype;
  if (node.type(1).dtype != dtype || node.type(2).dtype != dtype)
    return invalid_model("start, limit and delta have different types");
  if (is_floating(dtype)) return import_float_range(node, dtype);
  OCTET_ASSIGN_OR_RETURN(const Dim start, node.dim(0));
  OCTET_ASSIGN_OR_RETURN(const Dim limit, node.dim(1));
  OCTET_ASSIGN_OR_RETURN(const Dim delta, node.dim(2));
  if (!delta.is_constant()) return node.missing_value(2);
  const int64_t step = delta.value();
  if (step == 0) return invalid_model("delta is 0, expected a step up or down");
  // Beyond this the count below could overflow, and no range so long can run.
  const int64_t most = int64_t{1} << 61;
  for (const Dim& bound : {start, limit, delta})
    if (bound.is_constant() && (bound.value() > most || bound.value() < -most))
      return resource_exhausted("the bounds are too large");
  const Dim span = step > 0 ? limit - start : start - limit;
  const int64_t size = step > 0 ? step : -step;
  const Dim count = Dim::max(Dim::floor_div(span + Dim(size - 1), size), 0);
  OCTET_RETURN_IF_ERROR(check_shape({count}, node.limits()));
  return node.finish(RangeAttrs{dtype, start, delta, count}, {});
}

}  // namespace octet
