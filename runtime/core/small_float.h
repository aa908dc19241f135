// Floats of 8, 6 and 4 bits: what their codes stand for, and numbers as codes.
#pragma once

#include <cstdint>

#include "runtime/core/dtype.h"

namespace octet {

// Which power of two a number between two of them becomes as kF8E8M0FNU.
enum class PowerRounding { kUp, kDown, kNearest };  // kNearest: halfway between them up
const char* power_rounding_name(PowerRounding rounding);

// How a number becomes a small float, as the attributes of ONNX Cast have it.
struct SmallFloatRule {
  // What is too large becomes the greatest number of the type, and for kF8E8M0FNU what is too small
  // its least one; false: infinity, or NaN where the type has none. The types of 6 and 4 bits have
  // neither and always saturate.
  bool saturate = true;
  PowerRounding rounding = PowerRounding::kUp;  // for kF8E8M0FNU alone
};

// The types, by bits of exponent and mantissa behind one of sign, and the bias of the exponent:
//                E M bias  largest  what the codes are that are no numbers
//   kF8E4M3FN    4 3  7    448      S.1111.111 is NaN
//   kF8E4M3FNUZ  4 3  8    240      1.0000.000 is NaN; there is no -0
//   kF8E5M2      5 2 15    57344    as IEEE 754: S.11111.00 is infinity, S.11111.xx NaN
//   kF8E5M2FNUZ  5 2 16    57344    1.00000.00 is NaN; there is no -0
//   kF6E2M3FN    2 3  1    7.5      all are numbers
//   kF6E3M2FN    3 2  3    28       all are numbers
//   kF4E2M1FN    2 1  1    6        all are numbers
//   kF8E8M0FNU   8 0 127   2^127    no sign and no zero: 2^(code - 127); 255 is NaN
// Sources: ONNX, "Float stored in 8 bits", "Float stored in 4 bits" and the tables of Cast
// (https://onnx.ai/onnx/operators/onnx__Cast.html); OCP Microscaling Formats (MX) 1.0.

// Precondition: is_small_float(type). The bits of `code` that the type does not use are ignored.
float small_float_value(DType type, uint8_t code);
// Rounded to nearest even in one step, whatever precision `value` has. NaN becomes NaN with its
// sign where that has one; 0 where the type has no NaN. For kF8E8M0FNU, which ONNX leaves open in
// part: negative numbers become NaN, and beyond its range counts before it is rounded.
// Preconditions: is_small_float(type); the rounding mode is to nearest.
uint8_t to_small_float(DType type, double value, const SmallFloatRule& rule = {});

}  // namespace octet
