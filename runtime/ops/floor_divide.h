// Division that rounds down, as in Python, for extents and their coefficients.
#pragma once

#include <cstdint>

namespace octet {

// Precondition: b != 0, and not INT64_MIN / -1.
inline int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

// Precondition: b != 0. Not a - b * floor_divide(a, b), whose product may overflow.
inline int64_t floor_mod(int64_t a, int64_t b) {
  if (b == -1) return 0;
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

}  // namespace octet
