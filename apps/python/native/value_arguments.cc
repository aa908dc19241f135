// Lists, arrays and None as values of the C API, and back.
#include "apps/python/native/value_arguments.h"

#include "apps/python/native/run_arguments.h"
#include "apps/python/native/tensor_result.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

ValueHandle from_elements(octet_value_kind kind, const std::vector<ValueHandle>& elements) {
  std::vector<octet_value*> pointers;
  for (const ValueHandle& element : elements) pointers.push_back(element.get());
  octet_value* made = nullptr;
  check([&](octet_error** error) {
    return octet_value_from_elements(kind, pointers.data(), static_cast<int64_t>(pointers.size()),
                                     &made, error);
  });
  return ValueHandle(made);
}

nb::object to_python(const octet_value* value) {
  const octet_value_kind kind = octet_value_get_kind(value);
  if (kind == OCTET_VALUE_TENSOR) {
    octet_tensor tensor = {};
    check([&](octet_error** error) { return octet_value_tensor(value, &tensor, error); });
    return copy_to_array(tensor);
  }
  nb::list elements;
  for (int64_t i = 0; i < octet_value_count(value); ++i) {
    octet_value* element = nullptr;
    check([&](octet_error** error) { return octet_value_element(value, i, &element, error); });
    const ValueHandle held(element);
    elements.append(to_python(element));
  }
  if (kind == OCTET_VALUE_SEQUENCE) return elements;
  return elements.size() == 0 ? nb::object(nb::none()) : nb::object(elements[0]);
}

}  // namespace

ValueArguments::ValueArguments(const ModelState& model, const nb::dict& inputs, nb::handle outputs)
    : model_(model), outputs_(model.outputs.size(), nullptr) {
  if (!outputs.is_none())
    refuse("outputs were given arrays, expected none: the model has sequences or optionals");
  check_input_names(model, inputs);
  for (const Value& value : model.inputs) {
    const nb::object object = inputs[value.name];
    held_.push_back(make(object, value, value.kind));
    inputs_.push_back(held_.back().get());
  }
}

ValueHandle ValueArguments::make(nb::handle object, const Value& value, octet_value_kind kind) {
  if (kind == OCTET_VALUE_SEQUENCE) return make_sequence(object, value);
  if (kind == OCTET_VALUE_OPTIONAL) {
    std::vector<ValueHandle> elements;
    if (!object.is_none()) elements.push_back(make(object, value, value.element_kind));
    return from_elements(kind, elements);
  }
  tensors_.emplace_back().take(object, Access::kRead, value.dtype, value.what);
  octet_value* made = nullptr;
  check([&](octet_error** error) {
    return octet_value_from_tensor(&tensors_.back().get(), &made, error);
  });
  return ValueHandle(made);
}

ValueHandle ValueArguments::make_sequence(nb::handle object, const Value& value) {
  if (!nb::isinstance<nb::list>(object) && !nb::isinstance<nb::tuple>(object))
    refuse(value.what + " is a " + Py_TYPE(object.ptr())->tp_name +
           ", expected a list of arrays, since the model takes a sequence");
  const nb::tuple items = nb::tuple(object);  // nobody changes it meanwhile
  std::vector<ValueHandle> elements;
  for (nb::handle item : items) elements.push_back(make(item, value, OCTET_VALUE_TENSOR));
  return from_elements(OCTET_VALUE_SEQUENCE, elements);
}

void ValueArguments::drop_outputs() {
  for (octet_value*& output : outputs_) {
    if (!is_lost()) octet_value_free(output);
    output = nullptr;
  }
}

nb::dict ValueArguments::results() const {
  nb::dict all;
  for (size_t i = 0; i < outputs_.size(); ++i) all[model_.outputs[i].name] = to_python(outputs_[i]);
  return all;
}

}  // namespace octet::python
