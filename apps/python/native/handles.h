// The library's objects, shared by the Python objects and the calls that use them: closing a model
// frees it when its last call has ended.
#pragma once

#include <nanobind/nanobind.h>
#include <octet/octet.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "apps/python/native/entry.h"

namespace octet::python {

// Nothing is freed in a process that has lost threads inside the library.
template <auto kFree>
struct Free {
  template <class Handle>
  void operator()(Handle* handle) const {
    if (!is_lost()) kFree(handle);
  }
};
using EngineHandle = std::unique_ptr<octet_engine, Free<octet_engine_free>>;
using ModelHandle = std::unique_ptr<octet_model, Free<octet_model_free>>;
using SessionHandle = std::unique_ptr<octet_session, Free<octet_session_free>>;

struct EngineState {
  // Borrowed from the Engine object, which the garbage collector sees; nullptr once that is gone.
  std::atomic<PyObject*> log{nullptr};
  EngineHandle handle;  // after `log`: it is freed first
};

// An input or output of a model.
struct Value {
  nanobind::str name;
  octet_dtype dtype = OCTET_FLOAT32;
  nanobind::object shape;  // of int, or str where it is not fixed; None: the model does not say
  std::string what;        // "input \"ids\"": its name in errors
  octet_value_kind kind = OCTET_VALUE_TENSOR;
  octet_value_kind element_kind = OCTET_VALUE_TENSOR;  // of what a sequence or optional holds
};

struct ModelState {
  std::shared_ptr<EngineState> engine;
  ModelHandle handle;
  std::vector<Value> inputs, outputs;
  bool by_values = false;  // it has inputs or outputs that are no tensors
};
// Reads what there is to know of the model's values.
std::shared_ptr<ModelState> make_model(std::shared_ptr<EngineState> engine, ModelHandle handle);

struct SessionState {
  std::shared_ptr<ModelState> model;
  SessionHandle handle;
  bool busy = false;  // changed with the GIL held
};

}  // namespace octet::python
