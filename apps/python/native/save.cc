// Models as ONNX files again.
#include <nanobind/nanobind.h>

#include <optional>
#include <string>

#include "apps/python/native/bindings.h"
#include "apps/python/native/buffer.h"

namespace nb = nanobind;

namespace octet::python {

void Model::save(const nb::bytes& path, bool ort, int32_t data, nb::handle source, Cancel* cancel,
                 double timeout_ms) const {
  const std::shared_ptr<ModelState> model = state();
  const std::string file(path.c_str(), path.size());
  octet_save_options options = OCTET_INIT(octet_save_options);
  options.format = ort ? OCTET_SAVE_ORT : OCTET_SAVE_STANDARD;
  options.data = data;
  options.timeout_ms = timeout_ms;
  std::optional<Buffer> bytes;
  if (!source.is_none()) {
    bytes.emplace(source);
    options.source = bytes->data();
    options.source_size = bytes->size();
  }
  stoppable_call(cancel, [&](const octet_cancel* stop, octet_error** error) {
    octet_save_options given = options;
    given.cancel = stop;
    return octet_model_save(model->handle.get(), file.c_str(), &given, error);
  });
}

void bind_save(nb::class_<Model>& model) {
  model.def("save", &Model::save, nb::arg("path"), nb::arg("ort"), nb::arg("data"),
            nb::arg("source").none(), nb::arg("cancel").none(), nb::arg("timeout_ms"));
}

}  // namespace octet::python
