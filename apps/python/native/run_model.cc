// `python -m octet`: the command line in this process.
#include "apps/run_model/run_model.h"

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "apps/python/native/bindings.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

// arguments: bytes, the program's name first. Returns the exit status.
int run_model(const nb::list& arguments) {
  std::vector<std::string> texts;
  for (nb::handle argument : arguments) {
    const auto bytes = nb::cast<nb::bytes>(argument);
    texts.emplace_back(bytes.c_str(), bytes.size());
  }
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const nb::gil_scoped_release release;
  return app::run_model(static_cast<int>(texts.size()), pointers.data());
}

}  // namespace

void bind_run_model(nb::module_& module) {
  module.def("run_model", run_model, nb::arg("arguments"));
}

}  // namespace octet::python
