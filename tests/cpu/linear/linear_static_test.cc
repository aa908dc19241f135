// Layers whose activations have one range, known or found at run time, and layers that give codes:
// the same bits as the reference.
#include "tests/cpu/linear/linear_checks.h"

namespace octet::test {
namespace {

constexpr const char* kNames[] = {"quantized_linear/onednn", "quantized_linear/exact"};

struct Form {
  DType src, weights;
  bool zero_points;  // of the weights
  DType output;
};

std::vector<Form> forms() {
  std::vector<Form> all;
  for (const DType src : {DType::kU8, DType::kI8})
    for (const DType weights : {DType::kU8, DType::kI8})
      for (const bool zero_points : {false, true})
        for (const DType output : {DType::kF32, DType::kBF16, DType::kU8, DType::kI8})
          all.push_back({src, weights, zero_points, output});
  return all;
}

int64_t low_of(DType type) { return type == DType::kU8 ? 0 : -128; }

NodeUnderTest static_node(const Form& form, int64_t m, int64_t n, int64_t k, bool per_tensor,
                          Activation activation) {
  QuantizedTensor weights;
  weights.int_data =
      random_integers(form.weights, {n, k}, 1, low_of(form.weights), low_of(form.weights) + 255);
  weights.granularity = per_tensor ? Granularity::kPerTensor : Granularity::kPerChannel;
  const Shape scales = per_tensor ? Shape{1} : Shape{n};
  weights.scale = random_floats(scales, 2, 0.001f, 0.01f);
  if (form.zero_points)
    weights.zero_point =
        random_integers(form.weights, scales, 3, low_of(form.weights), low_of(form.weights) + 255);
  QuantizedLinearAttrs attrs;
  attrs.weights = std::make_shared<const QuantizedConstant>(weights);
  attrs.scheme.activations = {ActivationRange::kStaticPerTensor,
                              form.src == DType::kU8 ? ElementType::kU8 : ElementType::kS8};
  attrs.src = {0.02f, static_cast<int32_t>(low_of(form.src)) + 100};
  attrs.epilogue = {activation, form.output, 0.05f, static_cast<int32_t>(low_of(form.output)) + 99};
  attrs.parts = {{"layer", {}, 0, n}};
  return make_node(
      attrs, {{random_integers(form.src, {m, k}, 4, low_of(form.src), low_of(form.src) + 255)},
              {},
              {random_floats({n}, 5), true},
              {random_floats({m, n}, 6)}});
}

void expect_equal_where_taken(const NodeUnderTest& node) {
  bool taken = false;
  for (const char* name : kNames) {
    const Support support = cpu_support(name, node);
    if (support.reason().find("VNNI") != std::string::npos) continue;
    ASSERT_TRUE(support.is_yes()) << name << ": " << support.reason();
    expect_equal_reference(name, node);
    taken = true;
  }
  EXPECT_TRUE(taken);
}

TEST(StaticLinear, EveryTypeOfCodes) {
  for (const Form& form : forms())
    for (const bool per_tensor : {false, true})
      expect_equal_where_taken(static_node(form, 9, 70, 67, per_tensor, Activation::kNone));
}

TEST(StaticLinear, DeepAndWide) {
  const Form form{DType::kI8, DType::kI8, true, DType::kI8};
  expect_equal_where_taken(static_node(form, 70, 800, 1024, false, Activation::kRelu));
  expect_equal_where_taken(static_node(form, 1, 1, 1, false, Activation::kRelu));
}

// Codes of activations that both compute alike: floats in between may differ by their bounds, which
// a boundary between two codes makes a whole step.
TEST(StaticLinear, CodesAreWithinAStepWhateverTheActivation) {
  const Form form{DType::kU8, DType::kI8, false, DType::kU8};
  for (const Activation activation : {Activation::kGelu, Activation::kTanh, Activation::kSilu}) {
    const NodeUnderTest node = static_node(form, 8, 64, 64, false, activation);
    for (const char* name : kNames)
      if (cpu_support(name, node).is_yes())
        expect_close(cpu_outputs(name, node)[0], reference_outputs(node)[0],
                     [](size_t, double) { return 1.0; });
  }
}

TEST(StaticLinear, ARangeThatIsFoundAtRunTime) {
  const LinearProblem problem{.name = "per tensor", .m = 9, .n = 70, .k = 130};
  const LinearInputs inputs = make_linear_inputs(problem);
  const NodeUnderTest rows = make_node(
      QuantizeRowsAttrs{},
      {{inputs.src}, {}, {make_tensor<float>({}, {-9})}, {make_tensor<float>({}, {8.5f})}});
  const std::vector<Tensor> quantized = reference_outputs(rows);
  QuantizedLinearAttrs attrs;
  attrs.weights = std::make_shared<const QuantizedConstant>(*inputs.quantized);
  attrs.scheme.activations.range = ActivationRange::kDynamicPerTensor;
  attrs.parts = {{"layer", {}, 0, problem.n}};
  expect_equal_where_taken(
      make_node(attrs, {{quantized[0]}, {quantized[1]}, {inputs.bias, true}, {}}));
}

}  // namespace
}  // namespace octet::test
