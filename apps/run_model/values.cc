// Between arrays and values.
#include "apps/run_model/values.h"

#include "apps/run_model/client.h"
#include "loaders/onnx/read_tensor.h"

namespace octet::app {
namespace {

ArrayValue copy_of(const HeldValue& value) {
  ArrayValue copy;
  if (!value) return copy;
  copy.is_sequence = value.is(HeldKind::kSequence);
  if (!copy.is_sequence) {
    copy.arrays.push_back(Array::copy_of(value.tensor()));
    return copy;
  }
  for (const HeldValue& element : value.elements())
    copy.arrays.push_back(Array::copy_of(element.tensor()));
  return copy;
}

Result<ValueHandle> make_value(octet_value_kind kind, const std::vector<ValueHandle>& elements) {
  std::vector<octet_value*> handles;
  for (const ValueHandle& element : elements) handles.push_back(element.get());
  octet_value* made = nullptr;
  octet_error* error = nullptr;
  const octet_status status = octet_value_from_elements(
      kind, handles.data(), static_cast<int64_t>(handles.size()), &made, &error);
  OCTET_RETURN_IF_ERROR(take_error(status, error));
  return ValueHandle(made);
}

Result<ValueHandle> element_of(const octet_value* value, int64_t index) {
  octet_value* element = nullptr;
  octet_error* error = nullptr;
  const octet_status status = octet_value_element(value, index, &element, &error);
  OCTET_RETURN_IF_ERROR(take_error(status, error));
  return ValueHandle(element);
}

// The memory stays the value's, which outlives its elements' handles.
Result<Array> tensor_of(const octet_value* value) {
  octet_tensor tensor = {};
  octet_error* error = nullptr;
  const octet_status status = octet_value_tensor(value, &tensor, &error);
  OCTET_RETURN_IF_ERROR(take_error(status, error));
  return Array::view_of(tensor);  // what a run gives is row-major, or the caller's own array
}

}  // namespace

std::string ArrayValue::describe() const {
  if (is_sequence) return "a sequence of " + std::to_string(arrays.size()) + " tensors";
  return arrays.empty() ? "nothing" : arrays[0].describe();
}

Result<StoredValue> read_stored_value(const std::string& path, octet_value_kind kind) {
  OCTET_ASSIGN_OR_RETURN(const NamedValue read, read_value_file(path, static_cast<HeldKind>(kind)));
  return StoredValue{read.name, copy_of(read.value)};
}

Result<ValueHandle> to_value(const ArrayValue& value) {
  std::vector<ValueHandle> tensors;
  for (const Array& array : value.arrays) {
    const octet_tensor tensor = array.tensor();
    octet_value* made = nullptr;
    octet_error* error = nullptr;
    const octet_status status = octet_value_from_tensor(&tensor, &made, &error);
    OCTET_RETURN_IF_ERROR(take_error(status, error));
    tensors.emplace_back(made);
  }
  if (value.is_sequence) return make_value(OCTET_VALUE_SEQUENCE, tensors);
  if (!tensors.empty()) return std::move(tensors[0]);
  return make_value(OCTET_VALUE_OPTIONAL, {});
}

Result<ArrayValue> to_arrays(const octet_value* value) {
  ArrayValue arrays;
  const octet_value_kind kind = octet_value_get_kind(value);
  if (kind == OCTET_VALUE_TENSOR) {
    OCTET_ASSIGN_OR_RETURN(Array array, tensor_of(value));
    arrays.arrays.push_back(std::move(array));
    return arrays;
  }
  arrays.is_sequence = kind == OCTET_VALUE_SEQUENCE;
  for (int64_t i = 0; i < octet_value_count(value); ++i) {
    OCTET_ASSIGN_OR_RETURN(const ValueHandle element, element_of(value, i));
    if (!arrays.is_sequence) return to_arrays(element.get());
    OCTET_ASSIGN_OR_RETURN(Array array, tensor_of(element.get()));
    arrays.arrays.push_back(std::move(array));
  }
  return arrays;
}

}  // namespace octet::app
