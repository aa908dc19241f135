// Memory for packed weights.
#pragma once

#include "runtime/core/memory.h"

namespace octet::cpu {

using octet::allocate_weights;

}  // namespace octet::cpu
