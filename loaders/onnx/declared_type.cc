// TypeProto of what is no tensor.
#include "loaders/onnx/declared_type.h"

#include "loaders/onnx/element_type.h"

namespace octet {
namespace {

Result<TypeInfo> held_tensor(const pb::TypeProto& type, ValueForm form) {
  const char* holder = form_name(form);
  if (!type.has_tensor_type())
    return unsupported(std::string("is a ") + holder +
                       " of something else than tensors, which is not supported");
  const auto& tensor = type.tensor_type();
  const std::optional<DType> dtype = dtype_of_onnx(tensor.elem_type());
  if (!dtype || is_packed(*dtype))
    return unsupported(std::string("is a ") + holder + " of tensors with the element type " +
                       onnx_type_name(tensor.elem_type()) + ", which is not supported");
  if (tensor.shape().dim_size() > kMaxRank)
    return unsupported(std::string("is a ") + holder + " of tensors with " +
                       std::to_string(tensor.shape().dim_size()) + " dimensions, at most " +
                       std::to_string(kMaxRank) + " are supported");
  return held_type(form, *dtype, tensor.has_shape() ? tensor.shape().dim_size() : kUnknownRank);
}

}  // namespace

Result<TypeInfo> declared_held_type(const pb::TypeProto& type) {
  if (type.has_sequence_type())
    return held_tensor(type.sequence_type().elem_type(), ValueForm::kSequence);
  if (!type.has_optional_type())
    return unsupported(type.has_map_type() ? "is a map, which is not supported"
                                           : "is no tensor, sequence or optional");
  const pb::TypeProto& inside = type.optional_type().elem_type();
  if (inside.has_sequence_type())
    return held_tensor(inside.sequence_type().elem_type(), ValueForm::kOptionalSequence);
  return held_tensor(inside, ValueForm::kOptional);
}

}  // namespace octet
