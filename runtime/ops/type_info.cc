// Comparison and printing of types.
#include "runtime/ops/type_info.h"

namespace octet {

const char* form_name(ValueForm form) {
  switch (form) {
    case ValueForm::kTensor:
      return "tensor";
    case ValueForm::kSequence:
      return "sequence";
    case ValueForm::kOptional:
      return "optional";
    case ValueForm::kOptionalSequence:
      return "optional sequence";
  }
  return "unknown";
}

ValueForm without_optional(ValueForm form) {
  if (form == ValueForm::kOptional) return ValueForm::kTensor;
  return form == ValueForm::kOptionalSequence ? ValueForm::kSequence : form;
}

ValueForm with_optional(ValueForm form) {
  if (form == ValueForm::kTensor) return ValueForm::kOptional;
  return form == ValueForm::kSequence ? ValueForm::kOptionalSequence : form;
}

int common_rank(int a, int b) {
  if (a == b || b == kAnyRank) return a;
  return a == kAnyRank ? b : kUnknownRank;
}

bool same_form(const TypeInfo& a, const TypeInfo& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.form == b.form &&
         (a.is_tensor() || a.held_rank == b.held_rank);
}

std::optional<TypeInfo> common_held_type(const TypeInfo& a, const TypeInfo& b) {
  if (a.dtype != b.dtype || (a.is_tensor() && b.is_tensor())) return std::nullopt;
  if (without_optional(a.form) != without_optional(b.form)) return std::nullopt;
  const auto rank = [](const TypeInfo& type) {
    return type.is_tensor() ? type.rank() : type.held_rank;
  };
  return held_type(a.form == b.form ? a.form : with_optional(a.form), a.dtype,
                   common_rank(rank(a), rank(b)));
}

TypeInfo held_type(ValueForm form, DType dtype, int held_rank) {
  TypeInfo type;
  type.dtype = dtype;
  type.form = form;
  type.held_rank = held_rank;
  return type;
}

std::string to_string(const TypeInfo& type) {
  if (type.is_tensor()) return dtype_name(type.dtype) + to_string(type.shape);
  std::string held = dtype_name(type.dtype);
  if (type.held_rank >= 0) {
    held += "[";
    for (int axis = 0; axis < type.held_rank; ++axis) held += axis == 0 ? "?" : ", ?";
    held += "]";
  }
  if (without_optional(type.form) == ValueForm::kSequence) held = "sequence(" + held + ")";
  return is_optional(type.form) ? "optional(" + held + ")" : held;
}

}  // namespace octet
