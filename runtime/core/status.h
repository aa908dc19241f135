// Status and Result: how every layer reports a user's fault.
//
// A message reads "where - found - expected - what to do", for example
//   model.onnx: node "fc1" (MatMul): weights_scale has 767 values but N is 768; per-channel needs
//   one per output column
// A bug of Octet itself is an assert, never a Status.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace octet {

enum class StatusCode {
  kOk = 0,
  kInvalidArgument,    // a value, option or tensor that the caller passed is wrong
  kInvalidModel,       // the model file is malformed or contradicts itself
  kUnsupported,        // well-formed, but Octet cannot run it
  kNotFound,           // a file, layer, input or plugin does not exist
  kResourceExhausted,  // a declared limit or the memory ceiling is exceeded
  kIoError,            // the operating system refused a read or write
  kCancelled,          // the caller asked for it
  kInternal,           // an error of Octet or a library below it that was caught
  kDeadlineExceeded,   // the time that the caller gave was over
};

// "invalid argument", "unsupported", ...; static storage.
const char* status_code_name(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status ok() { return {}; }
  bool is_ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with "where: " put before its text; an ok status stays ok.
  Status with_prefix(std::string_view where) const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

Status invalid_argument(std::string message);
Status invalid_model(std::string message);
Status unsupported(std::string message);
Status not_found(std::string message);
Status resource_exhausted(std::string message);
Status io_error(std::string message);
Status internal_error(std::string message);

// A value or the error that kept it from being made.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) { assert(!status_.is_ok()); }

  bool is_ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  // Precondition of all three: is_ok().
  T& value() & { return assert(value_), *value_; }
  const T& value() const& { return assert(value_), *value_; }
  T&& value() && { return assert(value_), std::move(*value_); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace octet

#define OCTET_RETURN_IF_ERROR(expression)                                                        \
  do {                                                                                           \
    if (::octet::Status octet_status = (expression); !octet_status.is_ok()) return octet_status; \
  } while (false)

#define OCTET_CONCAT_INNER(a, b) a##b
#define OCTET_CONCAT(a, b) OCTET_CONCAT_INNER(a, b)
// OCTET_ASSIGN_OR_RETURN(auto x, make_x()): declares x, or returns the error.
#define OCTET_ASSIGN_OR_RETURN(declaration, expression) \
  OCTET_ASSIGN_OR_RETURN_IMPL(OCTET_CONCAT(octet_result_, __LINE__), declaration, expression)
#define OCTET_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                        \
  if (!result.is_ok()) return result.status();                       \
  declaration = std::move(result).value()
