// Float rows times codes, and bf16 layers, over the problem list: within the bound of a sum of k
// products of what the scheme rounds to, and the same bits for every tile.
#include "kernels/numerics/quantize_weights.h"
#include "tests/cpu/linear/linear_checks.h"

namespace octet::test {
namespace {

struct Form {
  const char* kernel;
  Products products;
};
constexpr Form kWeightOnly[] = {{"quantized_linear/onednn_bf16", Products::kBF16},
                                {"quantized_linear/onednn_f32", Products::kF32},
                                {"quantized_linear/highway", Products::kF32},
                                {"quantized_linear/blocks", Products::kF32}};
constexpr Form kBf16 = {"linear/onednn_bf16", Products::kBF16};

bool declined_for_isa(const Support& support) {
  return support.reason().find("bf16 fast only") != std::string::npos ||
         support.reason().find("gemm:jit") != std::string::npos;
}

// Inputs whose products with codes stay finite in f32, rounded as the products want them.
LinearInputs inputs_for(const LinearProblem& problem, Products products) {
  constexpr float kMost = 1e34f;
  LinearInputs inputs = make_linear_inputs(problem);
  for (float& value : inputs.src.elements<float>()) {
    if (std::isfinite(value)) value = std::clamp(value, -kMost, kMost);
    if (products == Products::kBF16) value = to_float(to_bfloat16(value));
  }
  return inputs;
}

NodeUnderTest weight_only_node(const LinearProblem& problem, const LinearInputs& inputs,
                               Products products) {
  QuantizedLinearAttrs attrs;
  attrs.weights = std::make_shared<const QuantizedConstant>(*inputs.quantized);
  attrs.epilogue = {problem.activation, problem.output_type};
  attrs.scheme = QuantizationScheme::w8();
  attrs.scheme.products = products;
  attrs.parts = {{problem.name, {}, 0, problem.n}};
  return make_node(attrs, {{inputs.src}, {}, {inputs.bias, true}, {inputs.residual}});
}

NodeUnderTest bf16_node(const LinearProblem& problem, const LinearInputs& inputs) {
  const NodeUnderTest node = linear_node(problem, inputs);
  auto attrs = std::get<LinearAttrs>(node.attributes());
  attrs.scheme = QuantizationScheme::bf16();
  return make_node(attrs, node.inputs());
}

// Three more roundings than a float layer: of the scaled weight, of the scaled sum, of the bias.
FloatRow wider_row(const LinearProblem& problem, const LinearInputs& inputs, int64_t row) {
  FloatRow expected = float_row(problem, inputs, row);
  for (double& bound : expected.bounds) bound *= 3;
  return expected;
}

bool is_symmetric(const LinearProblem& problem) {
  return !problem.weights_zero_point && !problem.smoothing;
}

TEST(WeightOnly, AgreesWithTheDefinition) {
  for (const LinearProblem& problem : linear_problems()) {
    if (!is_symmetric(problem)) continue;
    SCOPED_TRACE(label(problem));
    for (const Form& form : kWeightOnly) {
      const LinearInputs inputs = inputs_for(problem, form.products);
      const NodeUnderTest node = weight_only_node(problem, inputs, form.products);
      if (!cpu_support(form.kernel, node).is_yes()) continue;  // Chosen says where it must not
      const auto outputs = run_kernel(find_row(cpu_kernels(), form.kernel), node);
      ASSERT_TRUE(outputs.is_ok()) << form.kernel << ": " << outputs.status().message();
      expect_rows_within(problem, {to_doubles((*outputs)[0])},
                         [&](int64_t row) { return wider_row(problem, inputs, row); });
    }
  }
}

TEST(WeightOnly, TheReferenceAgreesWithTheDefinition) {
  for (const LinearProblem& problem : linear_problems()) {
    if (problem.smoothing || problem.m * problem.n * problem.k > 1 << 22) continue;
    SCOPED_TRACE(label(problem));
    const LinearInputs inputs = inputs_for(problem, Products::kF32);
    const NodeUnderTest node = weight_only_node(problem, inputs, Products::kF32);
    expect_rows_within(problem, {to_doubles(reference_outputs(node)[0])},
                       [&](int64_t row) { return wider_row(problem, inputs, row); });
  }
}

TEST(WeightOnly, TheSameBitsForEveryTile) {
  for (const LinearProblem& problem : linear_problems()) {
    if (!is_symmetric(problem) || problem.m * problem.n * problem.k > 1 << 24) continue;
    SCOPED_TRACE(label(problem));
    for (const Form& form : kWeightOnly) {
      const LinearInputs inputs = make_linear_inputs(problem);
      const NodeUnderTest node = weight_only_node(problem, inputs, form.products);
      if (cpu_support(form.kernel, node).is_yes()) cpu_outputs(form.kernel, node);
    }
  }
}

TEST(WeightOnly, PackedWeightsGiveThePlainCodesBack) {
  for (const LinearProblem& problem : linear_problems()) {
    if (!is_symmetric(problem) || problem.m > 64 || problem.n * problem.k > 1 << 20) continue;
    SCOPED_TRACE(label(problem));
    for (const Form& form : kWeightOnly) {
      const LinearInputs inputs = make_linear_inputs(problem);
      const NodeUnderTest node = weight_only_node(problem, inputs, form.products);
      if (!cpu_support(form.kernel, node).is_yes()) continue;
      const auto kernel = std::get<std::unique_ptr<RowKernel>>(
          std::move(find_row(cpu_kernels(), form.kernel).make(node.request()).value()));
      EXPECT_TRUE(same_bits(kernel->packed_weights()->int_data(), inputs.quantized->int_data))
          << form.kernel;
    }
  }
}

// Codes of all widths and signs in blocks, zero points of both kinds, columns that name their
// blocks. A weight is rounded twice before its products are summed.
TEST(WeightOnly, BlocksAgreeWithTheDefinition) {
  constexpr int64_t kM = 70, kN = 83, kK = 100, kBlock = 16, kBlocks = 7;
  const Tensor src = random_floats({kM, kK}, 1), bias = random_floats({kN}, 2);
  for (const int bits : {2, 4, 8})
    for (const DType type : {DType::kI8, DType::kU8})
      for (const int form : {0, 1, 2, 3}) {
        const int64_t low = type == DType::kU8 ? 0 : -(1 << (bits - 1));
        QuantizedTensor weights;
        weights.bits = bits;
        weights.int_data = random_integers(type, {kN, kK}, 3, low, low + (1 << bits) - 1);
        weights.scale = random_floats({kN, kBlocks}, 4, -0.1f, 0.1f);
        weights.granularity = Granularity::kBlocked;
        weights.block_size = kBlock;
        if (form == 1)
          weights.zero_point = random_integers(type, {kN, kBlocks}, 5, low, low + (1 << bits) - 1);
        if (form == 2) weights.zero_point = random_floats({kN, kBlocks}, 5, -3, 3);
        if (form == 3) weights.group_index = random_integers(DType::kI32, {kK}, 6, 0, kBlocks - 1);
        ASSERT_TRUE(validate(weights).is_ok()) << validate(weights).message();
        QuantizedLinearAttrs attrs;
        attrs.weights = std::make_shared<const QuantizedConstant>(weights);
        attrs.scheme = QuantizationScheme::w8();
        attrs.scheme.products = Products::kF32;
        attrs.parts = {{"fc", {}, 0, kN}};
        const NodeUnderTest node = make_node(attrs, {{src}, {}, {bias, true}});
        const Tensor plain = numerics::dequantize_weights(weights);
        std::vector<double> bounds;
        for (int64_t m = 0; m < kM; ++m)
          for (int64_t n = 0; n < kN; ++n) {
            double magnitudes =
                std::abs(double{bias.elements<const float>()[static_cast<size_t>(n)]});
            for (int64_t k = 0; k < kK; ++k)
              magnitudes +=
                  std::abs(double{src.elements<const float>()[static_cast<size_t>(m * kK + k)]} *
                           double{plain.elements<const float>()[static_cast<size_t>(n * kK + k)]});
            bounds.push_back(dot_error_bound(kK + 3, magnitudes));
          }
        // Whole, and in tiles with the same bits.
        expect_close(cpu_outputs("quantized_linear/blocks", node)[0], reference_outputs(node)[0],
                     [&](size_t i, double) { return bounds[i]; });
        const auto kernel = std::get<std::unique_ptr<RowKernel>>(std::move(
            find_row(cpu_kernels(), "quantized_linear/blocks").make(node.request()).value()));
        EXPECT_TRUE(same_bits(kernel->packed_weights()->int_data(), weights.int_data)) << bits;
      }
}

TEST(WeightOnly, ChosenForLayersOfEncoders) {
  const LinearProblem problem{.name = "encoder", .m = 4, .n = 768, .k = 768};
  for (const Form& form : kWeightOnly) {
    const LinearInputs inputs = make_linear_inputs(problem);
    const NodeUnderTest node = weight_only_node(problem, inputs, form.products);
    const Support support = cpu_support(form.kernel, node);
    EXPECT_TRUE(support.is_yes() || declined_for_isa(support)) << support.reason();
    for (const char* other : {"quantized_linear/onednn", "quantized_linear/exact"})
      EXPECT_EQ(cpu_support(other, node).reason(), "activations are float");
    const NodeUnderTest with_codes = quantized_linear_node(problem, inputs);
    EXPECT_EQ(cpu_support(form.kernel, with_codes).reason(), "activations are quantized");
  }
}

TEST(Bf16Linear, AgreesWithTheDefinition) {
  for (const LinearProblem& problem : linear_problems()) {
    SCOPED_TRACE(label(problem));
    LinearInputs inputs = inputs_for(problem, Products::kBF16);
    const NodeUnderTest node = bf16_node(problem, inputs);
    if (!cpu_support(kBf16.kernel, node).is_yes()) continue;
    const auto outputs = run_kernel(find_row(cpu_kernels(), kBf16.kernel), node);
    ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
    for (float& weight : inputs.weights.elements<float>()) weight = to_float(to_bfloat16(weight));
    expect_rows_within(problem, {to_doubles((*outputs)[0])},
                       [&](int64_t row) { return wider_row(problem, inputs, row); });
  }
}

TEST(Bf16Linear, TheSameBitsForEveryTile) {
  for (const LinearProblem& problem : linear_problems()) {
    if (problem.m * problem.n * problem.k > 1 << 24) continue;
    SCOPED_TRACE(label(problem));
    const NodeUnderTest node = bf16_node(problem, make_linear_inputs(problem));
    if (cpu_support(kBf16.kernel, node).is_yes()) cpu_outputs(kBf16.kernel, node);
  }
}

}  // namespace
}  // namespace octet::test
