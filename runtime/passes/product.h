// Products: a value as a number times other values, however the multiplications are nested.
#pragma once

#include <vector>

#include "runtime/passes/match.h"

namespace octet {

struct Product {
  double coefficient = 1;
  std::vector<ValueId> factors;  // sorted, with repetition

  // Whether it is `expected` times these factors (in any order); the coefficient within a relative
  // 2e-5, which is the rounding of constants such as 0.7071 that exporters have written.
  bool is(double expected, std::vector<ValueId> expected_factors) const;
};

// Looks through Mul, Div by a float constant, Neg, and Pow with exponent 2 or 3, but never into
// `stop`. Only float32 values of the shape of `value` are factors; whatever else is multiplied in
// (a vector, say) makes the product a single factor, `value` itself.
Product product_of(const Graph& graph, const GraphIndex& index, ValueId value,
                   ValueId stop = kNoValue);

}  // namespace octet
