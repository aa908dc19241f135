// Random numbers as functions of a seed and an index: no state, so that an element's number does
// not depend on who computes it, or on what else is computed.
//
// The bits are those of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
// Generators, OOPSLA 2014) from a start that the seed is mixed to: number i is
// mix(mix(seed) + (i + 1) * 0x9e3779b97f4a7c15).
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "runtime/core/dtype.h"

namespace octet {

inline uint64_t mix_bits(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return bits ^ (bits >> 31);
}

// 64 independent bits.
inline uint64_t random_bits(uint64_t seed, uint64_t index) {
  return mix_bits(mix_bits(seed) + (index + 1) * 0x9e3779b97f4a7c15u);
}

// One of the multiples of 2^-digits in [0, 1). Precondition: 1 <= digits <= 53.
inline double random_fraction(uint64_t seed, uint64_t index, int digits) {
  return std::ldexp(static_cast<double>(random_bits(seed, index) >> (64 - digits)), -digits);
}

// Bits of the significand of a float type: fractions with so many are numbers of it, below 1.
inline int significand_digits(DType dtype) {
  switch (dtype) {
    case DType::kBF16:
      return 8;
    case DType::kF16:
      return 11;
    case DType::kF32:
      return 24;
    default:
      return 53;
  }
}

// Of the normal distribution with mean 0 and deviation 1, by Box and Muller's formula from the
// numbers 2 * index and 2 * index + 1.
inline double random_normal(uint64_t seed, uint64_t index) {
  const double radius = std::sqrt(-2 * std::log(1 - random_fraction(seed, 2 * index, 53)));
  return radius * std::cos(2 * std::numbers::pi * random_fraction(seed, 2 * index + 1, 53));
}

}  // namespace octet
