// The C API: versions and errors.
#include "runtime/api/handles.h"
#include "runtime/core/text.h"

namespace octet {

octet_status status_code(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return OCTET_OK;
    case StatusCode::kInvalidArgument:
      return OCTET_INVALID_ARGUMENT;
    case StatusCode::kInvalidModel:
      return OCTET_INVALID_MODEL;
    case StatusCode::kUnsupported:
      return OCTET_UNSUPPORTED;
    case StatusCode::kNotFound:
      return OCTET_NOT_FOUND;
    case StatusCode::kResourceExhausted:
      return OCTET_RESOURCE_EXHAUSTED;
    case StatusCode::kIoError:
      return OCTET_IO_ERROR;
    case StatusCode::kCancelled:
      return OCTET_CANCELLED;
    case StatusCode::kInternal:
      return OCTET_INTERNAL;
    case StatusCode::kDeadlineExceeded:
      return OCTET_DEADLINE_EXCEEDED;
  }
  return OCTET_INTERNAL;
}

octet_status report(octet_error** error, octet_status status, std::string_view message) noexcept {
  if (error == nullptr) return status;
  try {
    *error = new octet_error{status, message_text(message)};
  } catch (const std::bad_alloc&) {
    *error = nullptr;
  }
  return status;
}

}  // namespace octet

extern "C" {

static_assert(static_cast<int>(octet::StatusCode::kDeadlineExceeded) == OCTET_DEADLINE_EXCEEDED &&
              static_cast<int>(octet::StatusCode::kInternal) == OCTET_INTERNAL &&
              static_cast<int>(octet::StatusCode::kInvalidArgument) == OCTET_INVALID_ARGUMENT);

int32_t octet_api_version(void) { return OCTET_API_VERSION; }
const char* octet_version(void) { return OCTET_VERSION; }

const char* octet_status_name(octet_status status) {
  return octet::status_code_name(static_cast<octet::StatusCode>(status));
}

octet_status octet_error_status(const octet_error* error) {
  return error == nullptr ? OCTET_OK : error->status;
}
const char* octet_error_message(const octet_error* error) {
  return error == nullptr ? "" : error->message.c_str();
}
void octet_error_free(octet_error* error) { delete error; }

}  // extern "C"
