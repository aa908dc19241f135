// Rows and packed weights converted to what a product takes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet::cpu {

// Half to even, NaN stays NaN, as to_bfloat16(); `dst` are the 16 bits.
void floats_to_bf16(const float* src, uint16_t* dst, size_t count);
// s8 codes as the numbers that they are: both types hold them all.
void codes_to_bf16(const int8_t* src, uint16_t* dst, size_t count);
void codes_to_floats(const int8_t* src, float* dst, size_t count);
// The way back. Precondition: the numbers are codes.
void bf16_to_codes(const uint16_t* src, int8_t* dst, size_t count);
void floats_to_codes(const float* src, int8_t* dst, size_t count);

}  // namespace octet::cpu
