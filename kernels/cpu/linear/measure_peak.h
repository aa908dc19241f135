// What this machine's cores can do at most, so that kernels can be judged by their share of it.
#pragma once

namespace octet::cpu {

// Operations a second of `threads` cores at once, in units of 1e9; a multiplication and an addition
// count as two.
struct Peak {
  double int8_gops = 0;   // u8 x s8 products added to s32: vpdpbusd where the CPU has it
  double f32_gflops = 0;  // fused multiply-add
};

// Registers only, so no memory stands in the way; takes about 50 ms and starts its own threads. The
// best of several trials, since other processes may disturb one. Precondition: threads >= 1.
Peak measure_peak(int threads);

}  // namespace octet::cpu
