// Writing of whole files.
#include "apps/run_model/npy/npy.h"

#include "apps/run_model/output/output_set.h"

namespace octet::app {

Status write_npy(const std::string& path, const octet_tensor& tensor) {
  Options options;
  options.output = path;
  ArrayLayout layout{path, tensor.dtype, {tensor.dims, tensor.dims + tensor.rank}};
  OCTET_ASSIGN_OR_RETURN(OutputSet set, OutputSet::claim(options, {std::move(layout)}, ""));
  OCTET_RETURN_IF_ERROR(set.start(false));
  OCTET_RETURN_IF_ERROR(set.append({&tensor, 1}));
  return set.commit(false);
}

Status write_text(const std::string& path, const std::string& text) {
  OCTET_ASSIGN_OR_RETURN(OutputFile file, OutputFile::claim(path, ""));
  OCTET_RETURN_IF_ERROR(file.start(false));
  OCTET_RETURN_IF_ERROR(file.write(0, std::as_bytes(std::span(text))));
  return file.commit();
}

}  // namespace octet::app
