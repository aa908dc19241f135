// What the C API's opaque handles are, and how errors leave it.
#pragma once

#include <octet/octet.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "runtime/api/model.h"
#include "runtime/api/session_pool.h"
#include "runtime/api/structs.h"

struct octet_error {
  octet_status status;
  std::string message;
};

struct octet_engine {
  std::shared_ptr<octet::Engine> engine;
};

// Texts and arrays that the API hands out are made with the model, so that reading them needs no
// lock.
struct octet_model {
  std::shared_ptr<const octet::Model> model;
  struct Value {
    std::string name;
    std::vector<std::string> symbols;
  };
  std::vector<Value> inputs, outputs;
  struct Layer {
    std::string layout, scheme;
    std::vector<const char*> aliases;
    std::vector<const char*> declined;
    int64_t bytes = 0;
  };
  std::vector<Layer> layers;
  std::string explain;
  std::unique_ptr<octet::SessionPool> sessions;  // of octet_model_run
  int32_t idle_sessions = 0;
};

namespace octet {
// From a tensor's first byte to behind its last, gaps included; empty where there is no element.
struct ByteRange {
  uintptr_t first = 0;
  uintptr_t end = 0;
  bool overlaps(const ByteRange& other) const { return first < other.end && other.first < end; }
};
}  // namespace octet

struct octet_session {
  std::shared_ptr<const octet::Model> model;
  std::unique_ptr<octet::Session> session;
  // Kept, so that a warm run allocates nothing.
  std::vector<octet::TensorView> inputs, outputs;
  std::vector<octet::ByteRange> input_bytes, output_bytes;
  std::unique_ptr<octet::Profile> profile;
  std::string profile_text, trace;
};

struct octet_value {
  octet::HeldValue value;
};

struct octet_cancel {
  std::atomic<bool> requested{false};
};

namespace octet {

octet_status status_code(StatusCode code);
// Every error leaves here, as message_text().
octet_status report(octet_error** error, octet_status status, std::string_view message) noexcept;
inline octet_status report(octet_error** error, const Status& status) {
  return status.is_ok() ? OCTET_OK : report(error, status_code(status.code()), status.message());
}

// Runs `call`, which returns a Status; whatever is thrown below becomes an error.
template <class F>
octet_status guarded(octet_error** error, F&& call) {
  try {
    return report(error, call());
  } catch (const OutOfMemory& thrown) {
    return report(error, OCTET_RESOURCE_EXHAUSTED, thrown.what());
  } catch (const std::bad_alloc&) {
    return report(error, OCTET_RESOURCE_EXHAUSTED, "out of memory");
  } catch (const std::exception& thrown) {
    return report(error, OCTET_INTERNAL, thrown.what());
  }
}

// What a tensor with or without data must fulfil. Errors: memory that is not the CPU's, `reserved`
// not 0.
Status check_place(const octet_tensor& tensor);
// Errors: also rank or dtype that no tensor has, NULL data where elements must be, strides that
// reach beyond all memory.
Result<TensorView> to_view(const octet_tensor& tensor);
// Errors: also strides that put several elements in one place.
Result<TensorView> to_output_view(const octet_tensor& tensor);
// Nothing where it would not lie in memory.
std::optional<ByteRange> byte_range(const TensorView& view);
// Precondition: `view` is row-major.
octet_tensor to_c(const TensorView& view);
octet_dtype to_c(DType dtype);
Result<DType> to_dtype(octet_dtype dtype);

// What ends a call that was given a switch and a time from now on; `field` names the time. Error:
// it is negative or NaN.
Result<RunControl> to_control(const octet_cancel* cancel, double timeout_ms, const char* field);

std::unique_ptr<octet_model> wrap(std::shared_ptr<const Model> model, int32_t idle_sessions);
std::unique_ptr<octet_session> make_session(const std::shared_ptr<const Model>& model);
// That the model takes and gives tensors alone.
Status expect_tensors(const octet_session& session);
// The count and each tensor of `inputs` checked and kept in the session. Errors name the input.
Status take_inputs(octet_session& session, const octet_tensor* inputs, int32_t count);
// That an input's int32 is not given as int64, or the reverse.
Status check_index_dtype(const ModelTensor& input, DType given);
// `given`: whether there is an array.
Status check_input_count(const octet_session& session, bool given, int32_t count);
Status check_output_count(const octet_session& session, bool given, int32_t count);
// That the session's given outputs share no memory with its inputs or each other.
Status check_overlaps(octet_session& session);
Result<RunControl> control_of(const octet_run_options* options);

}  // namespace octet
