// Session::attempt: a part of a step, whose errors fail the run.
#pragma once

#include <new>

#include "runtime/session/session.h"

namespace octet {

// Where there is no memory for the text, one that is short enough to need none.
inline Status make_status(StatusCode code, const char* text) {
  try {
    return {code, text};
  } catch (const std::bad_alloc&) {
    return {code, "out of memory"};
  }
}

// A worker has nobody to throw to.
template <class Call>
void Session::attempt(Call&& call) {
  try {
    if (stopped()) return;
    if (Status status = call(); !status.is_ok()) fail(std::move(status));
  } catch (const std::bad_alloc& thrown) {
    fail(make_status(StatusCode::kResourceExhausted, thrown.what()));
  } catch (const std::exception& thrown) {
    fail(make_status(StatusCode::kInternal, thrown.what()));
  }
}

}  // namespace octet
