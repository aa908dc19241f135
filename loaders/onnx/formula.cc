// Nodes of formulas.
#include "loaders/onnx/formula.h"

namespace octet {
namespace {

using B = BinaryFunction;

Operand scalar_like(Operand operand, double value) {
  return operand.formula->scalar(operand.formula->dtype(operand), value);
}
Operand binary(B function, Operand lhs, Operand rhs) {
  return lhs.formula->binary(function, lhs, rhs);
}

}  // namespace

Operand Formula::keep(Result<ValueId> value) {
  if (value.is_ok()) return of(*value);
  status_ = value.status();
  return of(kNoValue);
}

Operand Formula::scalar(DType dtype, double value) {
  if (!status_.is_ok()) return of(kNoValue);
  return keep(node_.add_scalar(next_step("scalar"), dtype, value));
}

Operand Formula::scalar(DType dtype, const Dim& value) {
  if (value.is_constant()) return scalar(dtype, static_cast<double>(value.value()));
  return cast(emit(ShapeValuesAttrs{.scalar = true, .values = {value}}, {}), dtype);
}

Operand Formula::positions(DType dtype, const Dim& start, const Dim& count, size_t behind) {
  const Operand row = cast(emit(RangeAttrs{DType::kI64, start, 1, count}, {}), dtype);
  if (behind == 0) return row;
  SymbolicShape shape(behind + 1, Dim(1));
  shape[0] = count;
  return reshape(row, std::move(shape));
}

Operand Formula::emit(Attributes attributes, std::vector<ValueId> inputs) {
  if (!status_.is_ok()) return of(kNoValue);
  const std::string step = next_step(op_label(attributes));
  return keep(node_.emit(step, std::move(attributes), std::move(inputs)));
}

Operand Formula::cast(Operand src, DType dtype) {
  if (!status_.is_ok() || this->dtype(src) == dtype) return src;
  return emit(CastAttrs{dtype}, {src.id});
}

Operand Formula::reshape(Operand src, SymbolicShape shape) {
  if (!status_.is_ok() || node_.type_of(src.id).shape == shape) return src;
  return emit(ReshapeAttrs{std::move(shape)}, {src.id});
}

Operand Formula::as_scalar(Operand src) { return reshape(src, {}); }

DType Formula::dtype(Operand operand) const {
  return status_.is_ok() ? node_.type_of(operand.id).dtype : DType::kF32;
}

Status Formula::finish(Operand result, DType dtype, int output) {
  result = cast(result, dtype);
  OCTET_RETURN_IF_ERROR(status_);
  node_.alias(result.id, output);
  return Status::ok();
}

Operand operator+(Operand lhs, Operand rhs) { return binary(B::kAdd, lhs, rhs); }
Operand operator-(Operand lhs, Operand rhs) { return binary(B::kSub, lhs, rhs); }
Operand operator*(Operand lhs, Operand rhs) { return binary(B::kMul, lhs, rhs); }
Operand operator/(Operand lhs, Operand rhs) { return binary(B::kDiv, lhs, rhs); }
Operand operator+(Operand lhs, double rhs) { return lhs + scalar_like(lhs, rhs); }
Operand operator-(Operand lhs, double rhs) { return lhs - scalar_like(lhs, rhs); }
Operand operator*(Operand lhs, double rhs) { return lhs * scalar_like(lhs, rhs); }
Operand operator/(Operand lhs, double rhs) { return lhs / scalar_like(lhs, rhs); }
Operand operator-(double lhs, Operand rhs) { return scalar_like(rhs, lhs) - rhs; }

}  // namespace octet
