// Every kernel looks at its control: a call on large operands whose time is over ends within
// milliseconds, or was a small part of the node anyway.
#include <gtest/gtest.h>
#include <time.h>

#include <cstring>
#include <functional>
#include <map>

#include "kernels/cpu/copy.h"
#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "runtime/ops/work.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

// Of the processor, so that a busy machine does not count. A call takes some 2 ms at most; without
// a look these problems take from 50 times that to hours.
constexpr double kMostSeconds = 0.05;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Problem {
  Attributes attributes;
  std::vector<NodeInput> inputs;
};

// Zeros, in memory that nothing has touched yet.
NodeInput zeros(DType dtype, const Shape& shape) { return {Tensor(dtype, shape)}; }
NodeInput floats(const Shape& shape) { return zeros(DType::kF32, shape); }
NodeInput bytes(const Shape& shape) { return zeros(DType::kI8, shape); }
NodeInput constant(NodeInput input) { return input.constant = true, input; }

constexpr int64_t kMany = int64_t{1} << 26, kSide = int64_t{1} << 13;  // kSide * kSide = kMany

Window window(int64_t kernel, int64_t begin) {
  return {{kernel, kernel},   {1, 1}, {1, 1}, Padding::kExplicit, {begin, begin}, {begin, begin},
          /*ceil_mode=*/false};
}

Problem quantized_linear(int64_t m, int64_t n, int64_t k) {
  auto weights = std::make_shared<QuantizedTensor>();
  weights->int_data = Tensor(DType::kI8, {n, k});
  weights->scale = Tensor(DType::kF32, {n});
  for (float& scale : weights->scale.elements<float>()) scale = 1;
  return {QuantizedLinearAttrs{.weights = weights, .epilogue = {}, .parts = {}},
          {zeros(DType::kU8, {m, k}), zeros(DType::kRowParams, {m})}};
}

Problem linear(int64_t m, int64_t n, int64_t k) {
  return {LinearAttrs{.weights_transposed = true, .epilogue = {}, .layer = {}},
          {floats({m, k}), constant(floats({n, k}))}};
}

Problem attention(DType dtype, int64_t queries, int64_t keys) {
  return {AttentionAttrs{.scale = 1},
          {zeros(dtype, {1, 1, queries, 64}), zeros(dtype, {1, 1, keys, 64}),
           zeros(dtype, {1, 1, keys, 64})}};
}

Problem average(int64_t extent, int64_t kernel) {
  return {PoolAttrs{.function = PoolFunction::kAverage, .window = window(kernel, 0)},
          {floats({1, 1, extent, extent})}};
}

// By the row's name: an op may need other operands for each of its kernels. Products of the
// reference take about 100 million multiply-adds, those of the CPU some billions.
const std::map<std::string, std::function<Problem()>>& problems() {
  static const std::map<std::string, std::function<Problem()>> all = {
      {"arg_reduce/reference",
       [] {
         return Problem{ArgReduceAttrs{}, {bytes({kMany})}};
       }},
      {"attention/reference", [] { return attention(DType::kF32, 1024, 1024); }},
      {"binary/reference",
       [] {
         return Problem{BinaryAttrs{BinaryFunction::kAdd}, {bytes({kSide, 1}), bytes({1, kSide})}};
       }},
      {"cast/reference",
       [] {
         return Problem{CastAttrs{DType::kU8}, {bytes({kMany})}};
       }},
      {"clip/reference",
       [] {
         return Problem{ClipAttrs{}, {bytes({kMany}), bytes({}), bytes({})}};
       }},
      {"concat/reference",
       [] {
         return Problem{ConcatAttrs{0}, {bytes({kMany / 2}), bytes({kMany / 2})}};
       }},
      {"conv/reference",
       [] {
         return Problem{ConvAttrs{.window = window(3, 1)},
                        {floats({1, 64, 64, 64}), floats({64, 64, 3, 3})}};
       }},
      {"conv_transpose/reference",
       [] {
         return Problem{ConvTransposeAttrs{.window = window(3, 1), .output_padding = {0, 0}},
                        {floats({1, 64, 64, 64}), floats({64, 64, 3, 3})}};
       }},
      {"cumsum/reference",
       [] {
         return Problem{CumSumAttrs{0}, {floats({kMany})}};
       }},
      {"expand/reference",
       [] {
         return Problem{ExpandAttrs{{kSide, kSide}}, {bytes({1, 1})}};
       }},
      {"gather/reference",
       [] {
         return Problem{GatherAttrs{0}, {bytes({1, kSide}), zeros(DType::kI64, {kSide})}};
       }},
      {"gather_elements/reference",
       [] {
         return Problem{GatherElementsAttrs{0},
                        {bytes({1, kSide}), zeros(DType::kI32, {kSide, kSide})}};
       }},
      {"gather_nd/reference",
       [] {
         return Problem{GatherNDAttrs{0}, {bytes({1, kSide}), zeros(DType::kI64, {kSide, 1})}};
       }},
      {"layer_norm/reference",
       [] {
         return Problem{LayerNormAttrs{}, {floats({1, kMany}), floats({kMany})}};
       }},
      {"linear/reference", [] { return linear(256, 2048, 2048); }},
      {"matmul/reference",
       [] {
         return Problem{MatMulAttrs{}, {floats({512, 512}), floats({512, 512})}};
       }},
      {"pad/reference",
       [] {
         return Problem{PadAttrs{PadMode::kEdge, {0, 0}, {kSide - 1, 0}}, {bytes({1, kSide})}};
       }},
      {"pool/reference", [] { return average(2048, 5); }},
      {"quantize_rows/reference",
       [] {
         return Problem{QuantizeRowsAttrs{}, {floats({1, kMany})}};
       }},
      {"quantized_linear/reference", [] { return quantized_linear(256, 2048, 2048); }},
      {"range/reference",
       [] {
         return Problem{RangeAttrs{DType::kI32, 0, 1, kMany}, {}};
       }},
      {"reduce/reference",
       [] {
         return Problem{ReduceAttrs{ReduceFunction::kSum, {0}}, {floats({kMany})}};
       }},
      {"reshape/reference",
       [] {
         return Problem{ReshapeAttrs{{kMany}}, {bytes({kSide, kSide})}};
       }},
      {"resize/reference",
       [] {
         return Problem{ResizeAttrs{.mode = ResizeMode::kNearest,
                                    .shape = {1, 1, kSide, kSide},
                                    .scales = {0, 0, 0, 0}},
                        {bytes({1, 1, 1024, 1024})}};
       }},
      {"slice/reference",
       [] {
         return Problem{SliceAttrs{{0}, {kMany}, {2}}, {bytes({2 * kMany})}};
       }},
      {"softmax/reference",
       [] {
         return Problem{SoftmaxAttrs{1}, {floats({1, kMany})}};
       }},
      {"transpose/reference",
       [] {
         return Problem{TransposeAttrs{{1, 0}}, {bytes({kSide, kSide})}};
       }},
      {"unary/reference",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kErf}, {floats({kMany})}};
       }},
      {"where/reference",
       [] {
         return Problem{WhereAttrs{},
                        {zeros(DType::kBool, {kSide, 1}), bytes({1, kSide}), bytes({1, kSide})}};
       }},

      {"quantized_linear/onednn", [] { return quantized_linear(4096, 4096, 4096); }},
      {"quantized_linear/exact", [] { return quantized_linear(4096, 2048, 2048); }},
      {"linear/onednn", [] { return linear(4096, 2048, 2048); }},
      {"linear/highway", [] { return linear(2048, 2048, 2048); }},
      {"attention/bf16", [] { return attention(DType::kBF16, 16384, 16384); }},
      {"attention/f32", [] { return attention(DType::kF32, 8192, 16384); }},
      {"quantize_rows/highway",
       [] {
         return Problem{QuantizeRowsAttrs{}, {floats({1, 4 * kMany})}};
       }},
      {"layer_norm/highway",
       [] {
         return Problem{LayerNormAttrs{}, {floats({1, kMany}), floats({kMany})}};
       }},
      {"softmax/highway",
       [] {
         return Problem{SoftmaxAttrs{1}, {floats({1, kMany})}};
       }},
      {"binary/rows",
       [] {
         return Problem{BinaryAttrs{BinaryFunction::kPow},
                        {floats({1, kMany}), floats({1, kMany})}};
       }},
      {"binary/tasks",
       [] {
         return Problem{BinaryAttrs{BinaryFunction::kAdd},
                        {floats({kSide, 1}), floats({1, kSide})}};
       }},
      {"unary/rows",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kErf}, {floats({1, kMany})}};
       }},
      {"unary/activation_rows",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kElu, 1, 1}, {floats({1, kMany})}};
       }},
      {"unary/tasks",
       [] {
         return Problem{UnaryAttrs{UnaryFunction::kNot}, {zeros(DType::kBool, {2 * kMany})}};
       }},
      {"gather/rows",
       [] {
         return Problem{GatherAttrs{0}, {constant(bytes({1, 2 * kMany})), zeros(DType::kI64, {1})}};
       }},
      {"gather/tasks",
       [] {
         return Problem{GatherAttrs{0}, {bytes({1, 2 * kMany}), zeros(DType::kI64, {1})}};
       }},
      {"where/tasks",
       [] {
         return Problem{WhereAttrs{},
                        {zeros(DType::kBool, {kSide, 1}), bytes({1, kSide}), bytes({1, kSide})}};
       }},
      {"clip/tasks",
       [] {
         return Problem{ClipAttrs{}, {floats({kMany}), floats({}), floats({})}};
       }},
      {"cast/tasks",
       [] {
         return Problem{CastAttrs{DType::kI32}, {floats({kMany})}};
       }},
      {"concat/tasks",
       [] {
         return Problem{ConcatAttrs{0}, {bytes({kMany}), bytes({kMany})}};
       }},
      {"reduce/highway",
       [] {
         return Problem{ReduceAttrs{ReduceFunction::kSum, {0}}, {floats({4 * kMany})}};
       }},
      {"conv/depthwise",
       [] {
         return Problem{ConvAttrs{.window = window(5, 2), .groups = 2},
                        {floats({1, 2, 4096, 4096}), floats({2, 1, 5, 5})}};
       }},
      {"conv/highway",
       [] {
         return Problem{ConvAttrs{.window = window(3, 1)},
                        {floats({1, 256, 128, 128}), floats({256, 256, 3, 3})}};
       }},
      {"pool/highway", [] { return average(8192, 3); }},
      {"matmul/highway",
       [] {
         return Problem{MatMulAttrs{}, {floats({2048, 2048}), floats({2048, 2048})}};
       }},
  };
  return all;
}

// Its values stand in the attributes, so that it can't be large.
bool cannot_be_large(const KernelRow& row) { return row.op == OpKind::kShapeValues; }

constexpr int kUnwritten = 0xA5;
constexpr size_t kTail = 16;

// The first call of a kernel on a node, with a deadline that is over.
struct FirstCall {
  Status status;
  int64_t parts = 1;        // in which the whole node is computed
  bool reached_end = true;  // wrote the last bytes of output 0
  double seconds = 0;
};

FirstCall run_first(const RowKernel& kernel, const NodeUnderTest& node, const Tensor& output,
                    const RunControl& control) {
  const Shape shape = node.output_shape(0);
  const int64_t rows = output.element_count() / shape.back();
  const RowAccesses accesses = node.row_accesses();
  std::vector<RowOperand> in, out;
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    const Tensor& tensor = node.inputs()[i].tensor;
    if (tensor.view().data == nullptr || !kernel.reads_input(static_cast<int>(i))) {
      in.emplace_back();
      continue;
    }
    const bool whole = (*accesses)[i] == RowAccess::kWhole;
    const int64_t columns = whole ? tensor.element_count() : tensor.element_count() / rows;
    in.push_back({tensor.bytes(),
                  whole ? 0 : columns * static_cast<int64_t>(dtype_size(tensor.dtype())), columns});
  }
  std::vector<Tensor> others;
  for (size_t i = 0; i < node.output_count(); ++i) {
    const Tensor& tensor =
        i == 0 ? output : others.emplace_back(node.output_dtype(i), node.output_shape(i));
    const int64_t columns = tensor.element_count() / rows;
    out.push_back(
        {tensor.bytes(), columns * static_cast<int64_t>(dtype_size(tensor.dtype())), columns});
  }
  const auto scratch = allocate_buffer(kernel.scratch_bytes(rows, in.empty() ? 0 : in[0].columns));
  const auto state = kernel.make_state();
  const double start = thread_seconds();
  FirstCall call;
  call.status = kernel.run({.rows = rows,
                            .inputs = in,
                            .outputs = out,
                            .scratch = scratch.get(),
                            .state = state.get(),
                            .control = &control});
  call.seconds = thread_seconds() - start;
  return call;
}

FirstCall run_first(const TaskKernel& kernel, const std::vector<TensorView>& inputs,
                    const std::vector<TensorView>& outputs, int64_t parts,
                    const RunControl& control) {
  const TaskArgs args{inputs, outputs, &control};
  const auto scratch = allocate_buffer(kernel.scratch_bytes(args));
  const auto state = kernel.make_state();
  FirstCall call;
  call.parts = parts > 0 ? parts : kernel.task_count(args, 1);
  const double start = thread_seconds();
  call.status = kernel.run(args, 0, call.parts, scratch.get(), state.get());
  call.seconds = thread_seconds() - start;
  return call;
}

// `parts`: 0 as the kernel wants; 1: all at once.
FirstCall run_late(const Kernel& kernel, const NodeUnderTest& node, int64_t parts) {
  const RunControl control{.cancelled = nullptr, .deadline = RunControl::Clock::now()};
  const Tensor output(node.output_dtype(0), node.output_shape(0));
  std::byte* tail = output.bytes() + output.byte_count() - std::min(kTail, output.byte_count());
  const size_t size = std::min(kTail, output.byte_count());
  std::memset(tail, kUnwritten, size);
  FirstCall call;
  if (const auto* rows = std::get_if<std::unique_ptr<RowKernel>>(&kernel)) {
    call = run_first(**rows, node, output, control);
  } else {
    std::vector<TensorView> in, out = {output.view()};
    for (const NodeInput& input : node.inputs()) in.push_back(input.tensor.view());
    std::vector<Tensor> others;
    for (size_t i = 1; i < node.output_count(); ++i)
      out.push_back(others.emplace_back(node.output_dtype(i), node.output_shape(i)).view());
    call = run_first(*std::get<std::unique_ptr<TaskKernel>>(kernel), in, out, parts, control);
  }
  call.reached_end =
      std::any_of(tail, tail + size, [](std::byte byte) { return byte != std::byte{kUnwritten}; });
  return call;
}

void expect_stops(const KernelRow& row, int64_t parts) {
  SCOPED_TRACE(row.name);
  const auto found = problems().find(row.name);
  ASSERT_NE(found, problems().end()) << "a new kernel needs a large problem here";
  const Problem problem = found->second();
  auto node = NodeUnderTest::create(problem.attributes, problem.inputs);
  ASSERT_TRUE(node.is_ok()) << node.status().message();
  const Support support = row.accept(node->request());
  if (!support.is_yes() && std::string(row.name).find("reference") == std::string::npos) {
    std::printf("%s is left out: %s\n", row.name, support.reason().c_str());  // another CPU's
    return;
  }
  ASSERT_TRUE(support.is_yes()) << support.reason();
  const auto kernel = row.make(node->request());
  ASSERT_TRUE(kernel.is_ok()) << kernel.status().message();
  double best = 1e9;
  for (int round = 0; round < 3 && best > kMostSeconds; ++round) {
    const FirstCall call = run_late(*kernel, *node, parts);
    best = std::min(best, call.seconds);
    if (call.parts < 64) {  // else it may well have done its small part
      EXPECT_EQ(call.status.code(), StatusCode::kDeadlineExceeded) << "it did not look";
    }
    // A reduction of everything to one number writes that number, whatever it means by then.
    if (node->output_shape(0).element_count() > 1) {
      EXPECT_FALSE(call.reached_end) << "it went on to the end";
    }
  }
  EXPECT_LT(best, kMostSeconds);
}

TEST(StopKernel, EveryReferenceKernelLooksInItsLoops) {
  for (const KernelRow& row : reference_kernels())
    if (!cannot_be_large(row)) expect_stops(row, 1);
}

TEST(StopKernel, EveryCpuKernelLooksOrHasSmallTasks) {
  for (const KernelRow& row : cpu_kernels()) expect_stops(row, 0);
}

TEST(StopKernel, CopiesHaveSmallTasksOrLook) {
  const auto copy = make_copy_kernel();
  const Tensor src(DType::kI8, {kSide, kSide}), dst(DType::kI8, {kSide, kSide});
  TensorView turned = src.view();
  std::swap(turned.strides[0], turned.strides[1]);
  TensorView wide = src.view();  // two rows of a transposed matrix: one task has them all
  wide.shape = {2, kMany / 2};
  wide.strides = {1, 2};
  const RunControl control{.cancelled = nullptr, .deadline = RunControl::Clock::now()};
  for (const TensorView& view : {src.view(), turned, wide}) {
    const FirstCall call = run_first(
        *copy, {view}, {contiguous_view(dst.bytes(), DType::kI8, view.shape)}, 0, control);
    EXPECT_LT(call.seconds, kMostSeconds);
    EXPECT_GE(call.parts, 64);
  }
}

// The tasks of the reference kernels follow from the shapes alone, and together they are the whole.
TEST(StopKernel, ReferenceTasksDoNotDependOnThreads) {
  const NodeUnderTest node = NodeUnderTest::create(MatMulAttrs{}, {{random_floats({96, 300}, 1)},
                                                                   {random_floats({300, 70}, 2)}})
                                 .value();
  const KernelRow& row = find_row(reference_kernels(), "matmul/reference");
  const Kernel kernel = row.make(node.request()).value();
  const auto& task = *std::get<std::unique_ptr<TaskKernel>>(kernel);
  const Tensor cut(DType::kF32, {96, 70}), whole(DType::kF32, {96, 70});
  const std::vector<TensorView> in = {node.inputs()[0].tensor.view(),
                                      node.inputs()[1].tensor.view()},
                                out = {cut.view()}, all = {whole.view()};
  const int64_t tasks = task.task_count({in, out}, 1);
  EXPECT_GT(tasks, 4);
  EXPECT_EQ(task.task_count({in, out}, 7), tasks);
  for (int64_t i = tasks; i-- > 0;)
    ASSERT_TRUE(task.run({in, out}, i, tasks, nullptr, nullptr).is_ok());
  ASSERT_TRUE(task.run({in, all}, 0, 1, nullptr, nullptr).is_ok());
  EXPECT_EQ(std::memcmp(cut.bytes(), whole.bytes(), whole.byte_count()), 0);
}

}  // namespace
}  // namespace octet::test
