// Every kernel looks at its control: a call on large operands whose time is over ends within
// milliseconds, or was a small part of the node anyway.
#include <gtest/gtest.h>
#include <time.h>

#include <cstring>

#include "kernels/cpu/movement/copy.h"
#include "kernels/cpu/table.h"
#include "kernels/reference/long_tail.h"
#include "kernels/reference/table.h"
#include "runtime/ops/work.h"
#include "tests/cpu/stop_problems.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using stopping::kMany, stopping::kSide, stopping::Problem, stopping::problems;

// Of the processor, so that a busy machine does not count. A call takes some 2 ms at most; without
// a look these problems take from 50 times that to hours.
constexpr double kMostSeconds = 0.05;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
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
  const std::vector<OperandShape> in = shapes_of(inputs), out = shapes_of(outputs);
  const TaskShapes shapes{in, out};
  const auto scratch = allocate_buffer(kernel.scratch_bytes(shapes));
  const auto shared = allocate_buffer(kernel.shared_bytes(shapes));
  const TaskArgs args{inputs, outputs, &control, 0, shared.get()};
  std::vector<int64_t> phases;
  kernel.plan_phases(shapes, 1, phases);
  const auto state = kernel.make_state();
  FirstCall call;
  call.parts = parts > 0 ? parts : phases[0];
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

void expect_stops(const KernelRow& row, int64_t parts, const std::string& name) {
  SCOPED_TRACE(name);
  const auto found = problems().find(name);
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
    if (!cannot_be_large(row) && row.op != OpKind::kLongTail) expect_stops(row, 1, row.name);
}

TEST(StopKernel, EveryOpOfTheLongTailLooksInItsLoops) {
  const KernelRow& row = find_row(reference_kernels(), "long_tail/reference");
  for (const auto& op_row : reference::long_tail_rows())
    if (op_row.op != &kLongTailOp<QuantizationParamsAttrs>)  // of two numbers
      expect_stops(row, 1, std::string(op_row.op->name) + "/long_tail");
}

TEST(StopKernel, EveryCpuKernelLooksOrHasSmallTasks) {
  for (const KernelRow& row : cpu_kernels()) expect_stops(row, 0, row.name);
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
  TensorView rows = dst.view();
  std::swap(rows.strides[0], rows.strides[1]);
  const FirstCall call = run_first(*copy, {src.view()}, {rows}, 0, control);
  EXPECT_LT(call.seconds, kMostSeconds);
  EXPECT_GE(call.parts, 64);
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
  const std::vector<OperandShape> in_shapes = shapes_of(in), out_shapes = shapes_of(out);
  const int64_t tasks = task.task_count({in_shapes, out_shapes}, 1);
  EXPECT_GT(tasks, 4);
  EXPECT_EQ(task.task_count({in_shapes, out_shapes}, 7), tasks);
  for (int64_t i = tasks; i-- > 0;)
    ASSERT_TRUE(task.run({in, out}, i, tasks, nullptr, nullptr).is_ok());
  ASSERT_TRUE(task.run({in, all}, 0, 1, nullptr, nullptr).is_ok());
  EXPECT_EQ(std::memcmp(cut.bytes(), whole.bytes(), whole.byte_count()), 0);
}

}  // namespace
}  // namespace octet::test
