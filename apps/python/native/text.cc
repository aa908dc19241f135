// Names between Python and the C API.
#include "apps/python/native/text.h"

#include <cstring>

#include "apps/python/native/errors.h"

namespace nb = nanobind;

namespace octet::python {

nb::str to_str(const char* text) {
  PyObject* made =
      PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "surrogateescape");
  if (made == nullptr) throw nb::python_error();
  return nb::steal<nb::str>(made);
}

std::string to_text(nb::handle object, const char* what) {
  if (!PyUnicode_Check(object.ptr()))
    refuse(std::string(what) + " is a " + Py_TYPE(object.ptr())->tp_name + ", expected a str");
  const nb::object bytes =
      nb::steal(PyUnicode_AsEncodedString(object.ptr(), "utf-8", "surrogateescape"));
  if (!bytes.is_valid()) throw nb::python_error();
  const std::string text(PyBytes_AS_STRING(bytes.ptr()),
                         static_cast<size_t>(PyBytes_GET_SIZE(bytes.ptr())));
  if (text.find('\0') != std::string::npos)
    refuse(std::string(what) + " has a NUL character in it, which no name has");
  return text;
}

}  // namespace octet::python
