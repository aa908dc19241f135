// The fence around ONNX's own code, which throws: no exception of it goes further.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "runtime/core/status.h"

namespace octet {

// Calls `call`. `what` names in errors what cannot be done: "its functions cannot be expanded".
template <class Call>
Status fenced(const char* what, Call&& call) {
  try {
    call();
    return Status::ok();
  } catch (const std::bad_alloc&) {
    return resource_exhausted(std::string(what) + ": there is not enough memory");
  } catch (const std::exception& error) {
    return invalid_model(std::string(what) + ": " + error.what());
  }
}

}  // namespace octet
