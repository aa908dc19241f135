// Constants of other float types as f32.
#pragma once

#include "runtime/core/constant.h"

namespace octet {

// Numbers of f16, bf16, f64 or a small float type as f32, rounded at each load(), which keeps no
// copy; f32 as they are.
Constant as_f32(const Constant& floats);

}  // namespace octet
