// The one list of linear layers that tests, conformance and benchmarks run.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/support/kernel_runner.h"

namespace octet::test {

// What the rows of a problem hold.
enum class Rows {
  kRandom,     // uniform in [-1, 1) with a few outliers of 8, as activations have
  kPositive,   // all above 0: zero_point 0
  kNegative,   // all below 0: zero_point 255
  kZeros,      // ranges of width zero: scale 1
  kNonFinite,  // row 0 has a NaN, row 1 an infinity, row 2 the largest floats of both signs, the
               // others are random
  kTiny,       // subnormal: scale below the smallest normal float
};

// What the weight codes hold.
enum class Codes {
  kRandom,   // quantized from uniform floats
  kLowest,   // all -128, which with activations of 255 is the most negative sum
  kHighest,  // all 127
  kZeros,    // a layer of zeros
};

struct LinearProblem {
  const char* name;
  int64_t m, n, k;
  Rows rows = Rows::kRandom;
  Codes codes = Codes::kRandom;
  bool bias = true;
  bool residual = false;
  bool weights_zero_point = false;  // u8 codes with a zero point per channel
  bool per_tensor = false;          // one scale for all channels
  bool smoothing = false;
  Activation activation = Activation::kNone;
  DType output_type = DType::kF32;
  bool timed = false;  // benchmarks run it, too
};

// Every kernel must agree with the reference on all of them, whatever it declines by its accept().
std::span<const LinearProblem> linear_problems();

// "odd/m=33,n=100,k=1000", for test names and benchmark labels.
std::string label(const LinearProblem& problem);

// Everything a problem needs, deterministic.
struct LinearInputs {
  Tensor src;                   // [m, k] f32
  Tensor weights;               // [n, k] f32, what the codes stand for, without smoothing
  Tensor bias;                  // [n] f32, no data where absent
  Tensor residual;              // [m, n] f32, no data where absent
  Tensor reciprocal_smoothing;  // [k] f32, no data where absent
  std::shared_ptr<const QuantizedTensor> quantized;
  Tensor codes;   // [m, k] u8 and
  Tensor params;  // [m] row_params: what the reference makes of src
};
LinearInputs make_linear_inputs(const LinearProblem& problem);

// The rows to compare: all of them, or a few where a problem is too large to compute all in plain
// code.
std::vector<int64_t> checked_rows(const LinearProblem& problem);

// For one row: the n exact integers sum over k of (code - src_zero_point) * (int_data -
// weights_zero_point).
std::vector<int64_t> integer_sums(const LinearInputs& inputs, int64_t row);

// For one row of the float layer: the exact result in double before rounding, and how far a float
// kernel may be from it.
struct FloatRow {
  std::vector<double> values;
  std::vector<double> bounds;
};
FloatRow float_row(const LinearProblem& problem, const LinearInputs& inputs, int64_t row);

// For one row of the quantized layer: what dequantize_sum() gives for integer_sums(), then
// activation and residual. bounds are 0 where the formula is exact: f32 output without an
// activation that a kernel approximates.
FloatRow quantized_row(const LinearProblem& problem, const LinearInputs& inputs, int64_t row);

// The nodes of a problem. `transposed`: weights are [N, K], else [K, N].
NodeUnderTest linear_node(const LinearProblem& problem, const LinearInputs& inputs,
                          bool transposed = true);
NodeUnderTest quantize_rows_node(const LinearInputs& inputs);
NodeUnderTest quantized_linear_node(const LinearProblem& problem, const LinearInputs& inputs);

}  // namespace octet::test
