// int8 products that are exact on every CPU, in Highway.
#pragma once

#include "kernels/cpu/linear/linear_products.h"

namespace octet::cpu {

inline constexpr const char* kExactLayout = "octet:N16k4";

// u8 . s8 -> s32 with weights packed as linear_blocked.h says, four depths together. No sum
// saturates: with VNNI they are vpdpbusd, without it products of 16 bits are added in 32. Never
// fails.
Result<std::unique_ptr<LinearProducts>> make_exact_products(const PlainWeights& weights);

}  // namespace octet::cpu
