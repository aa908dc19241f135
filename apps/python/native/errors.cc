// Exceptions are made by octet.errors, which knows the class of each status.
#include "apps/python/native/errors.h"

#include <nanobind/nanobind.h>

#include "apps/python/native/text.h"

namespace nb = nanobind;

namespace octet::python {

void raise(octet_status status, const std::string& message) {
  const nb::object made =
      nb::module_::import_("octet.errors").attr("make_error")(status, to_str(message.c_str()));
  PyErr_SetObject(made.type().ptr(), made.ptr());
  throw nb::python_error();
}

void raise(octet_status status, octet_error* error) {
  const std::string message = error != nullptr ? octet_error_message(error) : "out of memory";
  octet_error_free(error);
  raise(status, message);
}

void refuse(const std::string& message) { raise(OCTET_INVALID_ARGUMENT, message); }

}  // namespace octet::python
