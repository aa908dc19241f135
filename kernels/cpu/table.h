// The CPU kernels: oneDNN for matrix products, Highway for rows.
#pragma once

#include "kernels/api/backend.h"

namespace octet {

// Fastest first. No row for an op means the reference runs it.
std::span<const KernelRow> cpu_kernels();

// cpu_kernels() with what they are good at on this machine, under the limits of the environment at
// the time of the call.
Backend cpu_backend();

}  // namespace octet
