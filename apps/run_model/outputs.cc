// Writing of outputs.
#include "apps/run_model/outputs.h"

#include "apps/run_model/output_set.h"

namespace octet::app {

std::string npy_file_name(const std::string& value_name) {
  std::string file = value_name + ".npy";
  for (char& c : file)
    if (c == '/') c = '_';
  return file;
}

Status write_outputs(const LoadedModel& model, const Options& options,
                     std::span<const octet_tensor> outputs) {
  std::vector<ArrayLayout> layouts;
  for (size_t i = 0; i < outputs.size(); ++i)
    layouts.push_back({model.outputs()[i].name,
                       outputs[i].dtype,
                       {outputs[i].dims, outputs[i].dims + outputs[i].rank}});
  OCTET_ASSIGN_OR_RETURN(OutputSet set, OutputSet::create(options, std::move(layouts), false));
  OCTET_RETURN_IF_ERROR(set.append(outputs));
  return set.commit(false);
}

}  // namespace octet::app
