// What the machine can do, and what the environment allows.
#pragma once

#include "runtime/core/status.h"
#include "runtime/core/support.h"

namespace octet::cpu {

// kUnsupported with text when the machine lacks AVX2 or FMA.
Status check_cpu();

// Whether there are products of bf16 numbers (AVX512-BF16), and the environment does not forbid
// them.
bool has_bf16();

// Whether linear layers in bf16, by oneDNN, are faster than in f32; the same of attention, by the
// kernel here. By vendor and instruction sets alone.
Support fast_bf16_linear();
Support fast_bf16_attention();

}  // namespace octet::cpu
