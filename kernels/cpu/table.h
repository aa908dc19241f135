// The CPU kernels: oneDNN for matrix products, Highway for rows.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet {

// Fastest first. No row for an op means the reference runs it.
std::span<const KernelRow> cpu_kernels();

// kUnsupported with text when the machine lacks AVX2 or FMA.
Status check_cpu();

// Whether products of bf16 numbers are fast here (AVX512-BF16), so that attention should get bf16.
bool cpu_has_fast_bf16();

}  // namespace octet
