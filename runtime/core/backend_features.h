// What the kernels of a backend are good at. Passes choose by it among forms of a layer, without
// seeing a kernel.
#pragma once

#include "runtime/core/support.h"

namespace octet {

// Every answer changes bits, so it follows from the machine alone, never from a timing.
struct BackendFeatures {
  // Whether linear layers in bf16 are faster than in f32.
  Support bf16_linear = Support::no("the backend has no bf16 linear layers");
  // The same of attention.
  Support bf16_attention = Support::no("the backend has no bf16 attention");
};

}  // namespace octet
