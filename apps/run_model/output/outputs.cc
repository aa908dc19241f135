// Writing of outputs.
#include "apps/run_model/output/outputs.h"

#include <algorithm>
#include <filesystem>

#include "apps/run_model/output/output_set.h"

namespace octet::app {

std::string npy_file_name(const std::string& value_name) {
  std::string file = value_name + ".npy";
  for (char& c : file)
    if (c == '/') c = '_';
  return file;
}

std::string zip_member_name(const std::string& value_name) {
  const bool drive = value_name.size() > 2 && value_name[1] == ':' && value_name[2] == '/';
  bool plain = !drive && value_name.find('\\') == std::string::npos;
  for (size_t at = 0; at <= value_name.size() && plain;) {
    const size_t end = std::min(value_name.find('/', at), value_name.size());
    const std::string part = value_name.substr(at, end - at);
    plain = part != "." && part != ".." && (!part.empty() || value_name.empty());
    at = end + 1;
  }
  if (plain) return value_name + ".npy";
  std::string member = npy_file_name(value_name);
  for (char& c : member)
    if (c == '\\' || c == ':') c = '_';
  return member;
}

std::vector<std::string> output_paths(const LoadedModel& model, const Options& options) {
  std::vector<std::string> paths;
  if (!options.output.empty()) paths.push_back(options.output);
  for (const octet_value_info& output : model.outputs())
    if (!options.output_dir.empty())
      paths.push_back(
          (std::filesystem::path(options.output_dir) / npy_file_name(output.name)).string());
  if (!options.output_npz.empty()) paths.push_back(options.output_npz);
  return paths;
}

Status write_outputs(const LoadedModel& model, const Options& options,
                     std::span<const octet_tensor> outputs) {
  std::vector<ArrayLayout> layouts;
  for (size_t i = 0; i < outputs.size(); ++i)
    layouts.push_back({model.outputs()[i].name,
                       outputs[i].dtype,
                       {outputs[i].dims, outputs[i].dims + outputs[i].rank}});
  OCTET_ASSIGN_OR_RETURN(OutputSet set, OutputSet::claim(options, std::move(layouts), ""));
  OCTET_RETURN_IF_ERROR(set.start(false));
  OCTET_RETURN_IF_ERROR(set.append(outputs));
  return set.commit(false);
}

}  // namespace octet::app
