// The C API: saving models.
#include "runtime/api/handles.h"
#include "runtime/api/save_model.h"

namespace octet {
namespace {

Result<SaveFormat> to_format(octet_save_format format) {
  switch (format) {
    case OCTET_SAVE_STANDARD:
      return SaveFormat::kStandard;
    case OCTET_SAVE_ORT:
      return SaveFormat::kOrt;
    default:
      return invalid_argument("options.format is " + std::to_string(format) +
                              ", expected OCTET_SAVE_STANDARD or OCTET_SAVE_ORT");
  }
}

Result<DataPlacement> to_placement(octet_data_placement placement) {
  switch (placement) {
    case OCTET_DATA_AS_SOURCE:
      return DataPlacement::kAsSource;
    case OCTET_DATA_INSIDE:
      return DataPlacement::kInside;
    case OCTET_DATA_BESIDE:
      return DataPlacement::kBeside;
    default:
      return invalid_argument("options.data is " + std::to_string(placement) +
                              ", expected OCTET_DATA_AS_SOURCE, OCTET_DATA_INSIDE or "
                              "OCTET_DATA_BESIDE");
  }
}

Result<SaveRequest> to_request(const octet_save_options& given) {
  SaveRequest request;
  request.version = octet_version();
  OCTET_ASSIGN_OR_RETURN(request.format, to_format(given.format));
  OCTET_ASSIGN_OR_RETURN(request.placement, to_placement(given.data));
  if (given.source == nullptr && given.source_size > 0)
    return invalid_argument("options.source is NULL for " + std::to_string(given.source_size) +
                            " bytes");
  if (given.source != nullptr)
    request.memory = {static_cast<const std::byte*>(given.source), given.source_size};
  return request;
}

}  // namespace
}  // namespace octet

extern "C" {

octet_status octet_model_save(const octet_model* model, const char* path,
                              const octet_save_options* options, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (model == nullptr || path == nullptr)
      return octet::invalid_argument("octet_model_save: model and path must not be NULL");
    OCTET_ASSIGN_OR_RETURN(const octet_save_options given,
                           octet::take_struct(options, "octet_save_options"));
    OCTET_ASSIGN_OR_RETURN(const octet::SaveRequest request, octet::to_request(given));
    OCTET_ASSIGN_OR_RETURN(
        const octet::RunControl control,
        octet::to_control(given.cancel, given.timeout_ms, "octet_save_options.timeout_ms"));
    const octet::ControlScope scope(&control);
    return octet::save_model(*model->model, path, request);
  });
}

}  // extern "C"
