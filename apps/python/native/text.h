// Names between Python and the C API: UTF-8, and bytes that are none as Python's "surrogateescape".
#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace octet::python {

nanobind::str to_str(const char* text);
// Throws where `object` is no str or has a NUL in it; `what` names it in the error.
std::string to_text(nanobind::handle object, const char* what);

}  // namespace octet::python
