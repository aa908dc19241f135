// How a failed call of the C API becomes a Python exception. The GIL is held in all of it.
#pragma once

#include <octet/octet.h>

#include <string>

namespace octet::python {

// Throws the exception of octet.errors that stands for the status.
[[noreturn]] void raise(octet_status status, const std::string& message);
// The same with the message of a failed call's error, which is freed; NULL where there was no
// memory for one.
[[noreturn]] void raise(octet_status status, octet_error* error);
// What the caller passed is wrong.
[[noreturn]] void refuse(const std::string& message);

// Calls that neither wait nor take long: f(octet_error**) with the GIL held. Throws what it failed
// with.
template <class F>
void check(F&& f) {
  octet_error* error = nullptr;
  const octet_status status = f(&error);
  if (status != OCTET_OK) raise(status, error);
}

}  // namespace octet::python
