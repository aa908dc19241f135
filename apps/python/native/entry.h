// How the library is entered: without the GIL, counted, and not where a call could never come back.
#pragma once

#include <nanobind/nanobind.h>

#include "apps/python/native/errors.h"

namespace octet::python {

// Whether this process is a fork of one that had threads inside the library. Their locks are held
// for ever here: nothing of the library may be entered or freed.
bool is_lost();

// From its construction to its end the calling thread counts as inside. Throws in a lost process,
// in a log function, and once the interpreter is on its way out. The GIL is held at both ends.
class Entry {
 public:
  Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry();
};

// f() without the GIL.
template <class F>
octet_status enter(F&& f) {
  const Entry entry;
  const nanobind::gil_scoped_release release;
  return f();
}

// f(octet_error**) without the GIL. Throws what it failed with.
template <class F>
void call(F&& f) {
  octet_error* error = nullptr;
  const octet_status status = enter([&] { return f(&error); });
  if (status != OCTET_OK) raise(status, error);
}

// While it lives the calling thread is in a log function, which must not enter the library.
class LogScope {
 public:
  LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
  ~LogScope();
};

// Called once, when the module is imported.
void watch_forks();
// For Python's atexit: ends all calls by cancelling them, waits for them, and lets no other in. A
// thread that came back later would find no interpreter, and end the process.
void finish();

}  // namespace octet::python
