// RandomUniform and RandomNormal: numbers that follow from a seed and from nothing else. Ops of the
// long-tail lane.
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// Element i, row-major, is made of the numbers of `seed` at i alone (kernels/numerics/random.h), so
// that a node gives the same in every run, however it is computed. `shape` may depend on the input
// shapes; kernels read it from the output. No inputs; dtype is a float type.

// Of [low, high), evenly; what rounding to the type makes of it may be `high`, but not where low is
// 0 and high 1.
struct RandomUniformAttrs {
  static constexpr const char* kName = "random_uniform";
  DType dtype = DType::kF32;
  SymbolicShape shape;
  int64_t seed = 0;
  float low = 0, high = 1;
};
auto fields(Is<RandomUniformAttrs> auto& attrs, auto&& visit) {
  return visit(identity("dtype", attrs.dtype, dtype_name), identity("shape", attrs.shape),
               identity("seed", attrs.seed), identity("low", attrs.low),
               identity("high", attrs.high));
}

// Of the normal distribution.
struct RandomNormalAttrs {
  static constexpr const char* kName = "random_normal";
  DType dtype = DType::kF32;
  SymbolicShape shape;
  int64_t seed = 0;
  float mean = 0, deviation = 1;
};
auto fields(Is<RandomNormalAttrs> auto& attrs, auto&& visit) {
  return visit(identity("dtype", attrs.dtype, dtype_name), identity("shape", attrs.shape),
               identity("seed", attrs.seed), identity("mean", attrs.mean),
               identity("deviation", attrs.deviation));
}

template <class Attrs>
concept RandomNumbers =
    std::same_as<Attrs, RandomUniformAttrs> || std::same_as<Attrs, RandomNormalAttrs>;
template <RandomNumbers Attrs>
Result<OutputTypes> infer(const Attrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 0));
  if (!is_floating(attrs.dtype))
    return invalid_model(std::string("random numbers of type ") + dtype_name(attrs.dtype) +
                         ", expected a float type");
  return one_output(attrs.dtype, attrs.shape);
}

}  // namespace octet
