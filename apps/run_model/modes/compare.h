// Comparison of an output with the expected one.
#pragma once

#include <octet/octet.h>

#include <cstdint>
#include <string>

#include "apps/run_model/array.h"

namespace octet::app {

struct Comparison {
  bool match = true;
  std::string difference;  // of the first that is too large: "[0, 3]: found 1.5, expected 1.25"; or
                           // dtypes or shapes
  int64_t count = 0;       // of elements that differ by more than allowed
  int64_t finite = 0;      // elements that are finite in both arrays
  double max_abs = 0;      // over these
  double cosine = 1;       // of these as vectors; 1 for two that are all zero
  // Of each array: elements that are NaN or infinite.
  int64_t found_not_finite = 0, expected_not_finite = 0;

  // "max abs difference 0.1, cosine 0.999000", and over what where that is not everything.
  std::string summary() const;
};

// Elements match when |actual - expected| <= atol + rtol * |expected|, both are NaN, or both are
// the same infinity; integers and bools when they are equal.
Comparison compare(const octet_tensor& actual, const Array& expected, double rtol, double atol);

}  // namespace octet::app
