// Dictionaries of arrays as the tensors of a run.
#include "apps/python/native/run_arguments.h"

#include <algorithm>

#include "apps/python/native/tensor_result.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

// Borrowed; nullptr where it is not there.
PyObject* find(const nb::dict& dictionary, const nb::str& name) {
  PyObject* found = PyDict_GetItemWithError(dictionary.ptr(), name.ptr());
  if (found == nullptr && PyErr_Occurred() != nullptr) throw nb::python_error();
  return found;
}

// Which names are wrong, and what the model has: a text that Python makes.
[[noreturn]] void refuse_names(const std::vector<Value>& values, const nb::dict& given,
                               const char* kind) {
  nb::module_::import_("octet._arrays").attr("refuse_names")(kind, describe(values), given);
  refuse(std::string("names of ") + kind + " are wrong");
}

// "tensor", "sequence", "optional", "optional sequence".
std::string kind_name(const Value& value) {
  if (value.kind == OCTET_VALUE_TENSOR) return "tensor";
  if (value.kind == OCTET_VALUE_SEQUENCE) return "sequence";
  return value.element_kind == OCTET_VALUE_SEQUENCE ? "optional sequence" : "optional";
}

}  // namespace

void check_input_names(const ModelState& model, const nb::dict& inputs) {
  bool right = inputs.size() == model.inputs.size();
  for (const Value& value : model.inputs) right = right && find(inputs, value.name) != nullptr;
  if (!right) refuse_names(model.inputs, inputs, "inputs");
}

nb::list describe(const std::vector<Value>& values) {
  nb::list all;
  for (const Value& value : values)
    all.append(nb::make_tuple(value.name, octet_dtype_name(value.dtype), value.shape,
                              kind_name(value).c_str()));
  return all;
}

RunArguments::RunArguments(const ModelState& model, const nb::dict& inputs, nb::handle outputs)
    : model_(model),
      input_arguments_(model.inputs.size()),
      output_arguments_(model.outputs.size()),
      inputs_(model.inputs.size()),
      outputs_(model.outputs.size()),
      given_(model.outputs.size()),
      made_(model.outputs.size(), false) {
  check_input_names(model, inputs);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Value& value = model.inputs[i];
    PyObject* object = find(inputs, value.name);
    // Reading an array may run Python code, which may change the dictionary.
    if (object == nullptr) refuse_names(model.inputs, inputs, "inputs");
    input_arguments_[i].take(nb::borrow(object), Access::kRead, value.dtype, value.what);
    inputs_[i] = input_arguments_[i].get();
  }
  if (outputs.is_none()) return;
  const auto bound = nb::cast<nb::dict>(outputs);
  size_t found = 0;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Value& value = model.outputs[i];
    PyObject* object = find(bound, value.name);
    if (object == nullptr) continue;
    ++found;
    given_[i] = nb::borrow(object);
    output_arguments_[i].take(given_[i], Access::kWrite, value.dtype, value.what);
    outputs_[i] = output_arguments_[i].get();
  }
  if (found != bound.size()) refuse_names(model.outputs, bound, "outputs");
}

RunArguments::~RunArguments() {
  for (size_t i = 0; lent_ && i < outputs_.size(); ++i)
    if (!given_[i].is_valid() && !is_lost()) octet_tensor_free(&outputs_[i]);
}

void RunArguments::make_outputs(const std::vector<octet_tensor>& shapes) {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const int64_t* dims = shapes[i].dims;
    if (given_[i].is_valid() ||
        std::any_of(dims, dims + shapes[i].rank, [](int64_t extent) { return extent < 0; }))
      continue;
    given_[i] = make_carrier(shapes[i]);
    made_[i] = true;
    output_arguments_[i].take(given_[i], Access::kWrite, shapes[i].dtype, model_.outputs[i].what);
    outputs_[i] = shapes[i];  // what it carries
    outputs_[i].data = output_arguments_[i].get().data;
  }
}

nb::object RunArguments::result(size_t index, bool lent) {
  octet_tensor& output = outputs_[index];
  if (made_[index]) return from_carrier(given_[index], output);
  if (given_[index].is_valid()) {
    const octet_tensor& room = output_arguments_[index].get();
    if (std::equal(room.dims, room.dims + room.rank, output.dims)) return given_[index];
    nb::list extents;
    for (int axis = 0; axis < output.rank; ++axis) extents.append(output.dims[axis]);
    return nb::module_::import_("octet._arrays").attr("part_of")(given_[index], nb::tuple(extents));
  }
  if (!lent) return copy_to_array(output);
  octet_tensor tensor = output;
  return to_array(tensor, own_tensor(output), true);
}

nb::dict RunArguments::results(bool lent) {
  nb::dict all;
  for (size_t i = 0; i < outputs_.size(); ++i) all[model_.outputs[i].name] = result(i, lent);
  return all;
}

}  // namespace octet::python
