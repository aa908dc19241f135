// Saving.
#include "apps/run_model/modes/save.h"

#include <filesystem>

#include "apps/run_model/terminal.h"

namespace octet::app {

Status save_model(const LoadedModel& model, const Options& options) {
  octet_save_options save_options = OCTET_INIT(octet_save_options);
  save_options.format = options.save_format == "ort" ? OCTET_SAVE_ORT : OCTET_SAVE_STANDARD;
  save_options.data = options.save_data == "inside"   ? OCTET_DATA_INSIDE
                      : options.save_data == "beside" ? OCTET_DATA_BESIDE
                                                      : OCTET_DATA_AS_SOURCE;
  octet_error* error = nullptr;
  OCTET_RETURN_IF_ERROR(take_error(
      octet_model_save(model.get(), options.save.c_str(), &save_options, &error), error));
  std::error_code unknown;
  print_line(stdout, "wrote {}, {} bytes", options.save,
             std::filesystem::file_size(options.save, unknown));
  return Status::ok();
}

}  // namespace octet::app
