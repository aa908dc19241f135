// Every op has a reference kernel, and every one of them takes any strides and fills its whole
// output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kernels/reference/long_tail.h"
#include "kernels/reference/table.h"
#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/non_zero.h"
#include "runtime/ops/random.h"
#include "runtime/ops/recurrence.h"
#include "runtime/ops/top_k.h"
#include "runtime/ops/unique.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/linear_problems.h"
#include "tests/support/numeric_cases.h"
#include "tests/support/recurrence_problem.h"
#include "tests/support/spatial_cases.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

struct Case {
  Attributes attributes;
  std::vector<Tensor> inputs;
};

// Steps of 1 and one element of padding on both sides of every axis.
Window window(std::vector<int64_t> kernel) {
  const std::vector<int64_t> ones(kernel.size(), 1);
  Window window;
  window.kernel = std::move(kernel);
  window.strides = window.dilations = window.begins = window.ends = ones;
  return window;
}

// At least one small node of every op, with ranks that a strided copy changes.
std::vector<Case> cases() {
  const Tensor src = random_floats({2, 3, 4}, 1), other = random_floats({2, 3, 4}, 2);
  const Tensor indices = random_integers(DType::kI64, {2, 3}, 3, -3, 2);
  const LinearProblem problem{
      .name = "table", .m = 5, .n = 6, .k = 7, .residual = true, .smoothing = true};
  const LinearInputs linear = make_linear_inputs(problem);
  QuantizedLinearAttrs quantized;
  quantized.weights = std::make_shared<const QuantizedConstant>(*linear.quantized);
  RecurrenceProblem recurrence = recurrence_problem(RecurrentCell::kLstm, 3);
  recurrence.lengths = {2, 5, 0};
  const Tensor head = random_floats({1, 2, 3, 4}, 4);
  std::vector<Case> all = {
      {ArgReduceAttrs{.largest = true, .axis = 1}, {src}},
      {AttentionAttrs{}, {head, head, head, random_floats({3, 3}, 5)}},
      {BinaryAttrs{BinaryFunction::kSub}, {src, random_floats({3, 4}, 6)}},
      {CastAttrs{DType::kF16}, {src}},
      {ClipAttrs{}, {src, make_tensor<float>({}, {-0.5f})}},
      {ConcatAttrs{1}, {src, other}},
      {ConvAttrs{.window = window({3}), .groups = 1, .activation = Activation::kRelu},
       {src, random_floats({2, 3, 3}, 14), random_floats({2}, 15), random_floats({2, 2, 4}, 16)}},
      {ConvTransposeAttrs{window({2}), {1}, 1}, {src, random_floats({3, 2, 2}, 17)}},
      {CumSumAttrs{1}, {src}},
      {DequantizeAttrs{DType::kF32, {1, 0}},
       {random_integers(DType::kI8, {2, 3, 4}, 18, -128, 127), random_floats({3}, 19)}},
      {ExpandAttrs{{5, 2, 3, 4}}, {src}},
      {GatherAttrs{1}, {src, indices}},
      {GatherElementsAttrs{0}, {indices, random_integers(DType::kI64, {2, 3}, 8, -2, 1)}},
      {GatherNDAttrs{0}, {src, random_integers(DType::kI32, {4, 2}, 9, -2, 1)}},
      {LayerNormAttrs{}, {src, random_floats({4}, 10), random_floats({4}, 11)}},
      {LinearAttrs{true, {}, {}}, {linear.src, linear.weights, linear.bias, linear.residual}},
      {LongTailAttrs(CountNonZeroAttrs()), {src}},
      {LongTailAttrs(NonMaxSuppressionAttrs()),
       {random_floats({2, 3, 4}, 22), random_floats({2, 2, 3}, 23), make_tensor<int64_t>({}, {2}),
        make_tensor<float>({}, {0.5f})}},
      {LongTailAttrs(NonZeroAttrs{24}), {src}},
      {LongTailAttrs(QuantizationParamsAttrs()),
       {make_tensor<float>({}, {-1}), make_tensor<float>({}, {2})}},
      {LongTailAttrs(RandomNormalAttrs{.shape = {2, 3}}), {}},
      {LongTailAttrs(RandomUniformAttrs{.shape = {2, 3}}), {}},
      {LongTailAttrs(TopKAttrs{.k = 2, .axis = 1}), {src}},
      {LongTailAttrs(UniqueAttrs{.axis = 1}), {random_integers(DType::kI32, {2, 9, 2}, 24, 0, 1)}},
      {LongTailAttrs(recurrence.attrs), recurrence_inputs(recurrence)},
      {MatMulAttrs{}, {src, random_floats({4, 3}, 12)}},
      {PadAttrs{PadMode::kReflect, {1, 0, 2}, {0, 1, 1}}, {src}},
      {PoolAttrs{.function = PoolFunction::kMax, .window = window({3}), .indices = true}, {src}},
      {QuantizeAttrs{DType::kU8, {2, 3}},
       {src, random_floats({2, 3, 2}, 20, 0.1f, 1),
        random_integers(DType::kU8, {2, 3, 2}, 21, 0, 255)}},
      {QuantizeRowsAttrs{}, {linear.src, linear.reciprocal_smoothing}},
      {quantized, {linear.codes, linear.params, linear.bias, linear.residual}},
      {RangeAttrs{DType::kI32, 1, 2, 3}, {}},
      {ReduceAttrs{ReduceFunction::kMean, {0, 2}, true}, {src}},
      {ReshapeAttrs{{4, 6}}, {src}},
      {ResizeAttrs{.mode = ResizeMode::kLinear, .shape = {2, 5, 2}, .scales = {0, 0, 0}}, {src}},
      {ShapeValuesAttrs{DType::kI64, false, {2, 3}}, {}},
      {SliceAttrs{{1, 2, 0}, {1, 2, 2}, {1, -1, 2}}, {src}},
      {SoftmaxAttrs{1}, {src}},
      {TransposeAttrs{{1, 2, 0}}, {src}},
      {UnaryAttrs{UnaryFunction::kExp}, {src}},
      {WhereAttrs{}, {random_integers(DType::kBool, {3, 4}, 13, 0, 1), src, other}},
  };
  for (const NumericCase& c : numeric_cases()) all.push_back({c.attributes, c.inputs});
  for (Case& more : spatial_cases<Case>()) all.push_back(std::move(more));
  return all;
}

std::vector<std::byte> bytes_of(const Tensor& tensor) {
  return {tensor.bytes(), tensor.bytes() + tensor.byte_count()};
}

std::vector<std::byte> run(const Case& c, bool strided) {
  std::vector<NodeInput> inputs;
  for (const Tensor& input : c.inputs)
    inputs.push_back({strided && input.view().data != nullptr ? strided_copy(input) : input});
  const auto node = NodeUnderTest::create(c.attributes, std::move(inputs));
  EXPECT_TRUE(node.is_ok()) << node.status().message();
  std::vector<std::byte> bytes;
  for (const KernelRow& row : reference_kernels()) {
    if (!node.is_ok() || row.op != op_kind(c.attributes)) continue;
    const auto outputs = run_kernel(row, *node);
    EXPECT_TRUE(outputs.is_ok()) << row.name << ": " << outputs.status().message();
    if (!outputs.is_ok()) continue;
    for (const Tensor& output : *outputs)
      for (std::byte byte : bytes_of(output)) bytes.push_back(byte);
  }
  return bytes;
}

TEST(ReferenceTable, HasEveryOpOnce) {
  std::set<OpKind> tested, listed;
  for (const Case& c : cases()) tested.insert(op_kind(c.attributes));
  for (const KernelRow& row : reference_kernels())
    EXPECT_TRUE(listed.insert(row.op).second) << row.name;
  // Control, Observe and Sequence have no kernels.
  EXPECT_EQ(listed.size(), std::variant_size_v<Attributes> - 3);
  EXPECT_EQ(tested, listed);
}

TEST(ReferenceTable, HasEveryOpOfTheLongTailOnce) {
  std::set<const LongTailOp*> tested, listed;
  for (const Case& c : cases())
    if (const auto* tail = std::get_if<LongTailAttrs>(&c.attributes)) tested.insert(&tail->op());
  for (const auto& row : reference::long_tail_rows())
    EXPECT_TRUE(listed.insert(row.op).second) << row.op->name;
  EXPECT_EQ(tested, listed);
}

TEST(ReferenceTable, StridesDoNotChangeABit) {
  for (const Case& c : cases()) {
    const std::vector<std::byte> expected = run(c, false);
    EXPECT_FALSE(expected.empty()) << op_label(c.attributes);
    EXPECT_EQ(run(c, true), expected) << op_label(c.attributes);
  }
}

// The runner fills outputs with 0xA5 before; none of these results holds such an element.
TEST(ReferenceTable, OutputsAreWrittenWhole) {
  for (const Case& c : cases()) {
    const auto outputs = evaluate_reference(c.attributes, c.inputs);  // into zeroed memory
    ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
    std::vector<std::byte> expected;
    for (const Tensor& output : *outputs)
      for (std::byte byte : bytes_of(output)) expected.push_back(byte);
    EXPECT_EQ(run(c, false), expected) << op_label(c.attributes);
  }
}

}  // namespace
}  // namespace octet::test
