// What ops that sample a tensor between its elements share.
#pragma once

#include "runtime/core/shape.h"
#include "runtime/core/status.h"

namespace octet {

// That src has elements where dst does. Error: kInvalidArgument, of a run.
inline Status check_has_elements(const Shape& src, const Shape& dst) {
  if (src.element_count() > 0 || dst.element_count() == 0) return Status::ok();
  return invalid_argument("the input is [" + to_string(src) +
                          "], which has no elements to sample; give it some");
}

}  // namespace octet
