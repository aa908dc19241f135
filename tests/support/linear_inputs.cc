// Inputs and expected results of linear problems.
#include <cmath>
#include <limits>

#include "kernels/numerics/linear_epilogue.h"
#include "kernels/numerics/quantize.h"
#include "kernels/numerics/quantize_weights.h"
#include "kernels/reference/epilogue.h"
#include "tests/support/float_bounds.h"
#include "tests/support/linear_problems.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

void spoil_rows(std::span<float> values, int64_t k) {
  const auto columns = static_cast<size_t>(k);
  if (values.size() >= columns) values[columns / 2] = std::numeric_limits<float>::quiet_NaN();
  if (values.size() >= 2 * columns)
    values[2 * columns - 1] = -std::numeric_limits<float>::infinity();
  if (values.size() >= 3 * columns) {
    values[2 * columns] = std::numeric_limits<float>::max();
    values[3 * columns - 1] = std::numeric_limits<float>::lowest();
  }
}

Tensor make_src(const LinearProblem& problem) {
  const Shape shape{problem.m, problem.k};
  const uint64_t seed = static_cast<uint64_t>(problem.m * 1000003 + problem.n * 1009 + problem.k);
  switch (problem.rows) {
    case Rows::kPositive:
      return random_floats(shape, seed, 0.999f, 1.0f);
    case Rows::kNegative:
      return random_floats(shape, seed, -1.0f, -0.999f);
    case Rows::kZeros:
      return Tensor(DType::kF32, shape);
    case Rows::kTiny:
      return random_floats(shape, seed, -1e-40f, 1e-40f);
    case Rows::kRandom:
    case Rows::kNonFinite:
      break;
  }
  Tensor src = random_floats(shape, seed);
  Random random(seed + 1);
  for (int64_t i = 0; i < src.element_count() / 100; ++i)
    src.elements<float>()[static_cast<size_t>(random.integer(0, src.element_count() - 1))] = 8.0f;
  if (problem.rows == Rows::kNonFinite) spoil_rows(src.elements<float>(), problem.k);
  return src;
}

// u8 codes with the zero point that each channel's own range would have.
void give_zero_points(QuantizedTensor& tensor) {
  const Tensor codes = tensor.int_data;
  tensor.int_data = Tensor(DType::kU8, codes.shape());
  for (size_t i = 0; i < codes.elements<int8_t>().size(); ++i)
    tensor.int_data.elements<uint8_t>()[i] =
        static_cast<uint8_t>(codes.elements<int8_t>()[i] + 128);
  Tensor zero_points(DType::kU8, tensor.scale.shape());
  int value = 97;
  for (uint8_t& zero_point : zero_points.elements<uint8_t>())
    zero_point = static_cast<uint8_t>(value = value * 5 % 256);
  tensor.zero_point = zero_points;
}

std::shared_ptr<const QuantizedTensor> make_quantized(const LinearProblem& problem) {
  const Shape shape{problem.n, problem.k};
  Tensor weights =
      random_floats(shape, static_cast<uint64_t>(problem.n * 31 + problem.k), -0.2f, 0.2f);
  if (problem.codes == Codes::kZeros) weights = Tensor(DType::kF32, shape);
  const Tensor smoothing = random_floats(Shape{problem.k}, 5, 0.5f, 2.0f);
  auto tensor = std::make_shared<QuantizedTensor>(
      numerics::quantize_weights_per_channel(
          weights, problem.smoothing ? smoothing.elements<float>().data() : nullptr)
          .value());
  for (int8_t& code : tensor->int_data.elements<int8_t>()) {
    if (problem.codes == Codes::kLowest) code = -128;
    if (problem.codes == Codes::kHighest) code = 127;
  }
  if (problem.per_tensor) {
    tensor->granularity = Granularity::kPerTensor;
    tensor->scale = make_tensor<float>({1}, {0.0017f});
  }
  if (problem.weights_zero_point) give_zero_points(*tensor);
  return tensor;
}

Tensor reciprocal(const Tensor& smoothing) {
  Tensor result(DType::kF32, smoothing.shape());
  for (size_t i = 0; i < result.elements<float>().size(); ++i)
    result.elements<float>()[i] = 1.0f / smoothing.elements<const float>()[i];
  return result;
}

float round_to(DType type, float value) {
  return type == DType::kBF16 ? to_float(to_bfloat16(value)) : value;
}

// activation(value) + residual, with the bounds of what a float kernel does there. Where nothing
// was rounded before (bound 0), the steps that are left are single float operations: they are done
// as such and stay exact.
void finish_row(const LinearProblem& problem, const LinearInputs& inputs, int64_t row,
                FloatRow& result) {
  for (size_t n = 0; n < result.values.size(); ++n) {
    double& value = result.values[n];
    double& bound = result.bounds[n];
    const double argument = value;
    value = reference::activate(problem.activation, argument);
    bound = bound * activation_slope(problem.activation) +
            activation_error_bound(problem.activation, argument);
    float residual = 0;
    if (problem.residual)
      residual = inputs.residual.elements<const float>()[static_cast<size_t>(row * problem.n) + n];
    if (bound == 0) {
      const float sum =
          problem.residual ? static_cast<float>(value) + residual : static_cast<float>(value);
      value = static_cast<double>(round_to(problem.output_type, sum));
      continue;
    }
    value += static_cast<double>(residual);
    if (problem.residual) bound += kFloatRounding * (std::abs(value) + bound);
    if (problem.output_type == DType::kBF16) bound += kBFloat16Rounding * (std::abs(value) + bound);
  }
}

}  // namespace

LinearInputs make_linear_inputs(const LinearProblem& problem) {
  LinearInputs inputs;
  inputs.src = make_src(problem);
  inputs.quantized = make_quantized(problem);
  inputs.weights = numerics::dequantize_weights(*inputs.quantized);
  if (problem.bias) inputs.bias = random_floats(Shape{problem.n}, 7, -0.5f, 0.5f);
  if (problem.residual) inputs.residual = random_floats(Shape{problem.m, problem.n}, 11);
  if (problem.smoothing) inputs.reciprocal_smoothing = reciprocal(*inputs.quantized->smoothing);
  inputs.codes = Tensor(DType::kU8, inputs.src.shape());
  inputs.params = Tensor(DType::kRowParams, Shape{problem.m});
  const float* factors =
      problem.smoothing ? inputs.reciprocal_smoothing.elements<const float>().data() : nullptr;
  for (int64_t row = 0; row < problem.m; ++row)
    inputs.params.view().as<RowParams>()[row] =
        numerics::quantize_row(inputs.src.view().as<float>() + row * problem.k, factors, problem.k,
                               inputs.codes.view().as<uint8_t>() + row * problem.k);
  return inputs;
}

std::vector<int64_t> integer_sums(const LinearInputs& inputs, int64_t row) {
  const QuantizedTensor& weights = *inputs.quantized;
  const uint8_t* codes = inputs.codes.view().as<uint8_t>() + row * weights.k();
  const int64_t src_zero_point = inputs.params.view().as<RowParams>()[row].zero_point;
  std::vector<int64_t> sums;
  for (int64_t n = 0; n < weights.n(); ++n) {
    const int64_t zero_point = numerics::zero_point_at(weights, n, 0);
    int64_t sum = 0;
    for (int64_t k = 0; k < weights.k(); ++k)
      sum += (codes[k] - src_zero_point) * (numerics::code_at(weights, n, k) - zero_point);
    sums.push_back(sum);
  }
  return sums;
}

FloatRow float_row(const LinearProblem& problem, const LinearInputs& inputs, int64_t row) {
  FloatRow result;
  const float* src = inputs.src.view().as<float>() + row * problem.k;
  for (int64_t n = 0; n < problem.n; ++n) {
    const float* weights = inputs.weights.view().as<float>() + n * problem.k;
    double sum = problem.bias ? static_cast<double>(inputs.bias.view().as<float>()[n]) : 0;
    double magnitudes = std::abs(sum);
    for (int64_t k = 0; k < problem.k; ++k) {
      const double product = static_cast<double>(src[k]) * static_cast<double>(weights[k]);
      sum += product;
      magnitudes += std::abs(product);
    }
    result.values.push_back(sum);
    result.bounds.push_back(dot_error_bound(problem.k + 1, magnitudes));
  }
  finish_row(problem, inputs, row, result);
  return result;
}

FloatRow quantized_row(const LinearProblem& problem, const LinearInputs& inputs, int64_t row) {
  FloatRow result;
  const QuantizedTensor& weights = *inputs.quantized;
  const float src_scale = inputs.params.view().as<RowParams>()[row].scale;
  const std::vector<int64_t> sums = integer_sums(inputs, row);
  for (int64_t n = 0; n < problem.n; ++n) {
    const float scale =
        weights.scale.elements<const float>()[static_cast<size_t>(scale_index(weights, n, 0))];
    const float bias = problem.bias ? inputs.bias.view().as<float>()[n] : 0.0f;
    const float value =
        numerics::dequantize_sum(sums[static_cast<size_t>(n)], src_scale, scale, bias);
    result.values.push_back(static_cast<double>(value));
    result.bounds.push_back(0);
  }
  finish_row(problem, inputs, row, result);
  return result;
}

NodeUnderTest linear_node(const LinearProblem& problem, const LinearInputs& inputs,
                          bool transposed) {
  LinearAttrs attrs;
  attrs.weights_transposed = transposed;
  attrs.epilogue = {problem.activation, problem.output_type};
  attrs.layer = {problem.name, {}, 0, problem.n};
  Tensor weights = inputs.weights;
  if (!transposed) {
    const TensorView& view = inputs.weights.view();
    auto owner = std::make_shared<Tensor>(weights);
    weights = contiguous_copy(
        Tensor(owner, {view.data, view.dtype, Shape{problem.k, problem.n}, Strides{1, problem.k}}));
  }
  return NodeUnderTest::create(
             attrs, {{inputs.src}, {weights, true}, {inputs.bias, true}, {inputs.residual}})
      .value();
}

NodeUnderTest quantize_rows_node(const LinearInputs& inputs) {
  return NodeUnderTest::create(QuantizeRowsAttrs{},
                               {{inputs.src}, {inputs.reciprocal_smoothing, true}})
      .value();
}

NodeUnderTest quantized_linear_node(const LinearProblem& problem, const LinearInputs& inputs) {
  QuantizedLinearAttrs attrs;
  attrs.weights = std::make_shared<const QuantizedConstant>(*inputs.quantized);
  attrs.epilogue = {problem.activation, problem.output_type};
  attrs.parts = {{problem.name, {}, 0, problem.n}};
  return NodeUnderTest::create(
             attrs, {{inputs.codes}, {inputs.params}, {inputs.bias, true}, {inputs.residual}})
      .value();
}

}  // namespace octet::test
