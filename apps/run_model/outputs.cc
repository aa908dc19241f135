// Writing of outputs.
#include "apps/run_model/outputs.h"

#include <filesystem>

#include "apps/run_model/npy.h"

namespace octet::app {

std::string npy_file_name(const std::string& value_name) {
  std::string file = value_name + ".npy";
  for (char& c : file)
    if (c == '/') c = '_';
  return file;
}

Status write_outputs(const LoadedModel& model, const Options& options,
                     std::span<const octet_tensor> outputs) {
  if (!options.output.empty()) {
    if (outputs.empty()) return invalid_argument("--output: the model has no outputs");
    OCTET_RETURN_IF_ERROR(write_npy(options.output, outputs[0]));
  }
  if (options.output_dir.empty()) return Status::ok();
  const std::filesystem::path folder(options.output_dir);
  for (size_t i = 0; i < outputs.size(); ++i)
    OCTET_RETURN_IF_ERROR(
        write_npy((folder / npy_file_name(model.outputs()[i].name)).string(), outputs[i]));
  return Status::ok();
}

}  // namespace octet::app
