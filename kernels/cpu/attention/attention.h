// The rows of the CPU table for Attention: task kernels that take q, k, v and the mask with any
// strides. See KernelRow for the contract of accept and make, runtime/ops/attention.h for the op.
//
// A query's output is the same, bit for bit, whatever else is computed with it: batch, heads, other
// queries, threads, and keys appended to its own whose mask is so low that their weights underflow.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// bf16 q, k and v where the machine multiplies them natively; weights are rounded to bf16 too.
Support accept_attention_bf16(const KernelRequest& request);
Result<Kernel> make_attention_bf16(const KernelRequest& request);

// f32 arithmetic; bf16 q, k and v are widened.
Support accept_attention_f32(const KernelRequest& request);
Result<Kernel> make_attention_f32(const KernelRequest& request);

}  // namespace octet::cpu
