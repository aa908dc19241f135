// What ends a run or load early: the caller's octet.Cancel, Ctrl-C in the main thread, and the end
// of the interpreter.
#pragma once

#include <vector>

#include "apps/python/native/entry.h"

namespace octet::python {

// octet.Cancel: a switch of the caller's for any number of calls. The GIL is held in all of it.
class Cancel {
 public:
  void request();
  void reset() { requested_ = false; }
  bool requested() const { return requested_; }

 private:
  friend class Stop;
  bool requested_ = false;
  std::vector<octet_cancel*> going_on_;  // the switches of the calls that were given this one
};

// The switch of one call. Made and destroyed with the GIL held.
class Stop {
 public:
  // `cancel` may be nullptr.
  explicit Stop(Cancel* cancel);
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  ~Stop();
  const octet_cancel* get() const { return switch_; }
  // Whether Ctrl-C came. What Python does about it is up to PyErr_CheckSignals().
  bool interrupted() const;

 private:
  Cancel* cancel_;
  octet_cancel* switch_ = nullptr;
  bool watches_interrupts_ = false;
};

inline octet_run_options run_options(const octet_cancel* stop, double timeout_ms) {
  octet_run_options options = OCTET_INIT(octet_run_options);
  options.cancel = stop;
  options.timeout_ms = timeout_ms;
  return options;
}

// f(const octet_cancel*, octet_error**) without the GIL. Throws what it failed with, or what
// Python's handler of a signal threw. Where that let the program go on, f is called again: it must
// do the same once more.
template <class F>
void stoppable_call(Cancel* cancel, F&& f) {
  for (;;) {
    octet_error* error = nullptr;
    bool interrupted = false;
    const octet_status status = [&] {
      const Stop stop(cancel);
      const octet_status ended = enter([&] { return f(stop.get(), &error); });
      interrupted = stop.interrupted();
      return ended;
    }();
    if (interrupted && PyErr_CheckSignals() != 0) {
      octet_error_free(error);
      throw nanobind::python_error();
    }
    if (status == OCTET_OK) return;
    const bool meant = cancel != nullptr && cancel->requested();
    if (status != OCTET_CANCELLED || !interrupted || meant) raise(status, error);
    octet_error_free(error);
  }
}

// Called once, by the thread that imports the module.
void watch_interrupts();
// Ends all calls that are going on.
void stop_all();
// In the child of a fork: its only thread is the main thread, and no call is going on.
void forked();

}  // namespace octet::python
