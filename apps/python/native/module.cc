// octet._native: the C API for octet's Python files, and nobody else.
#include <nanobind/nanobind.h>

#include "apps/python/native/bindings.h"
#include "apps/python/native/tensor_argument.h"
#include "apps/python/native/tensor_result.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

// How an array would be read or written: (address, dtype, shape, strides in elements).
nb::tuple describe_array(nb::handle array, bool written) {
  TensorArgument argument;
  argument.take(array, written ? Access::kWrite : Access::kRead, OCTET_FLOAT32, "the array");
  const octet_tensor& tensor = argument.get();
  nb::list shape, strides;
  for (int axis = 0; axis < tensor.rank; ++axis) {
    shape.append(tensor.dims[axis]);
    if (tensor.strides != nullptr) strides.append(tensor.strides[axis]);
  }
  return nb::make_tuple(reinterpret_cast<uintptr_t>(tensor.data), octet_dtype_name(tensor.dtype),
                        nb::tuple(shape), nb::tuple(strides));
}

}  // namespace
}  // namespace octet::python

NB_MODULE(_native, module) {
  using namespace octet::python;
  // Models that live until the interpreter's end are no mistake.
  nb::set_leak_warnings(false);
  module.attr("version") = octet_version();
  module.attr("api_version") = octet_api_version();
  bind_engine(module);
  bind_model(module);
  bind_session(module);
  bind_run_model(module);
  module.def("as_dlpack", as_dlpack, nb::arg("array").none(), nb::arg("dtype").none());
  module.def("describe_array", describe_array, nb::arg("array").none(), nb::arg("written"));
  watch_interrupts();
  watch_forks();
  nb::module_::import_("atexit").attr("register")(nb::cpp_function(finish));
}
