// f32 products on every CPU, in Highway.
#pragma once

#include "kernels/cpu/linear/linear_blocked.h"

namespace octet::cpu {

inline constexpr const char* kHighwayLayout = "octet:N16";

// f32 . f32 -> f32 with weights packed as linear_blocked.h says, one depth at a time. Each sum is
// one chain of fused multiply-adds over k = 0, 1, 2, ..., whatever the rows beside it. Never fails.
Result<std::unique_ptr<LinearProducts>> make_highway_products(const PlainWeights& weights);

// acc of a panel of f32 weights in that layout; its scratch is not used.
void multiply_blocked_f32(const BlockedPanel& panel);

// The same for s8 weights, which are kept as codes and become floats panel by panel.
inline constexpr const char* kHighwayCodesLayout = "octet-codes:N16";
Result<std::unique_ptr<LinearProducts>> make_highway_code_products(const PlainWeights& weights);

}  // namespace octet::cpu
