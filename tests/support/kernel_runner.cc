// Builds what kernels want to see from plain tensors, and checks that they stay inside it.
#include "tests/support/kernel_runner.h"

#include <algorithm>
#include <cstring>

#include "tests/support/tensors.h"

namespace octet::test {
namespace {

constexpr size_t kGuardBytes = 64;
constexpr int kGuard = 0x5C;
constexpr int kUnwritten = 0xA5;
constexpr int kGarbage = 0xFF;  // NaN as a float, 255 as a code

// Memory for one operand of one tile, with guard bytes behind it.
class TileOperand {
 public:
  TileOperand(int64_t rows, int64_t columns, size_t element_size, int64_t gap_bytes, int fill)
      : used_bytes_(columns * static_cast<int64_t>(element_size)),
        row_bytes_(used_bytes_ + gap_bytes),
        size_(static_cast<size_t>(rows * row_bytes_)),
        memory_(allocate_buffer(size_ + kGuardBytes)),
        columns_(columns) {
    std::memset(memory_.get(), fill, size_);
    std::memset(memory_.get() + size_, kGuard, kGuardBytes);
  }
  RowOperand operand() const { return {memory_.get(), row_bytes_, columns_}; }
  std::byte* row(int64_t index) const { return memory_.get() + index * row_bytes_; }
  size_t used_bytes() const { return static_cast<size_t>(used_bytes_); }
  bool guard_intact() const {
    for (size_t i = 0; i < kGuardBytes; ++i)
      if (memory_.get()[size_ + i] != std::byte{kGuard}) return false;
    return true;
  }

 private:
  int64_t used_bytes_;
  int64_t row_bytes_;
  size_t size_;
  std::shared_ptr<std::byte> memory_;
  int64_t columns_;
};

// Inputs of which each element is a row by itself.
bool one_element_a_row(const Attributes& attributes, size_t input) {
  const OpKind kind = op_kind(attributes);
  return input == 1 && (kind == OpKind::kGather || kind == OpKind::kQuantizedLinear) &&
         !(kind == OpKind::kGather && std::get<GatherAttrs>(attributes).axis != 0);
}

struct RowRun {
  const RowKernel& kernel;
  const NodeUnderTest& node;
  const RunOptions& options;
  std::vector<Tensor> inputs;  // contiguous; no data where absent or unread
  std::vector<RowAccess> accesses;
  std::vector<Tensor> outputs;
  int64_t rows = 0;
  std::unique_ptr<KernelState> state;

  int64_t columns(const Tensor& tensor) const { return tensor.element_count() / rows; }

  TileOperand tile_input(size_t index, int64_t first, int64_t count) const {
    const Tensor& tensor = inputs[index];
    const size_t size = dtype_size(tensor.dtype());
    int64_t period = rows;
    if (accesses[index] == RowAccess::kPeriodic) {
      period = tensor.element_count();
      if (!one_element_a_row(node.attributes(), index)) period /= tensor.shape().back();
    }
    TileOperand tile(count, tensor.element_count() / period, size, options.row_gap_bytes, kGarbage);
    for (int64_t r = 0; r < count; ++r) {
      const size_t source = static_cast<size_t>((first + r) % period) * tile.used_bytes();
      std::memcpy(tile.row(r), tensor.bytes() + source, tile.used_bytes());
    }
    return tile;
  }

  Status run_tile(int64_t first, int64_t count) {
    std::vector<TileOperand> tiles;
    std::vector<RowOperand> in(inputs.size()), out;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].bytes() == nullptr) continue;
      if (accesses[i] == RowAccess::kWhole) {
        in[i] = {inputs[i].bytes(), 0, inputs[i].element_count()};
        continue;
      }
      tiles.push_back(tile_input(i, first, count));
      in[i] = tiles.back().operand();
    }
    const size_t output_start = tiles.size();
    for (const Tensor& tensor : outputs) {
      tiles.emplace_back(count, columns(tensor), dtype_size(tensor.dtype()), options.row_gap_bytes,
                         kUnwritten);
      out.push_back(tiles.back().operand());
    }
    const int64_t width = in.empty() ? 0 : in[0].columns;
    TileOperand scratch(1, static_cast<int64_t>(kernel.scratch_bytes(count, width)), 1, 0,
                        kGarbage);
    OCTET_RETURN_IF_ERROR(kernel.run({count, in, out, scratch.row(0), state.get()}));
    if (!scratch.guard_intact())
      return internal_error("the kernel wrote beyond its scratch memory");
    for (const TileOperand& tile : tiles)
      if (!tile.guard_intact()) return internal_error("the kernel wrote beyond its rows");
    for (size_t i = 0; i < outputs.size(); ++i) {
      const TileOperand& tile = tiles[output_start + i];
      for (int64_t r = 0; r < count; ++r)
        std::memcpy(outputs[i].bytes() + static_cast<size_t>(first + r) * tile.used_bytes(),
                    tile.row(r), tile.used_bytes());
    }
    return Status::ok();
  }
};

template <class KernelForm>
std::vector<Tensor> visible_inputs(const KernelForm& kernel, const NodeUnderTest& node) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    const NodeInput& input = node.inputs()[i];
    const bool visible = input.present() && kernel.reads_input(static_cast<int>(i));
    inputs.push_back(visible ? input.tensor : Tensor());
  }
  return inputs;
}

std::vector<Tensor> unwritten_outputs(const NodeUnderTest& node) {
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < node.output_count(); ++i) {
    outputs.emplace_back(node.output_dtype(i), node.output_shape(i));
    std::memset(outputs.back().bytes(), kUnwritten, outputs.back().byte_count());
  }
  return outputs;
}

Result<std::vector<Tensor>> run_rows(const RowKernel& kernel, const NodeUnderTest& node,
                                     const RunOptions& options) {
  RowAccesses accesses = node.row_accesses();
  if (!accesses) return internal_error("a row kernel accepted a node that is not row-local");
  RowRun run{kernel,    node,
             options,   visible_inputs(kernel, node),
             *accesses, unwritten_outputs(node),
             0,         kernel.make_state()};
  for (Tensor& input : run.inputs)
    if (input.bytes() != nullptr) input = contiguous_copy(input);
  const Shape shape = node.output_shape(0);
  run.rows = 1;
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) run.rows *= shape[axis];
  const int64_t tile_rows =
      options.tile_rows > 0 ? options.tile_rows : std::max<int64_t>(run.rows, 1);
  for (int64_t first = 0; first < run.rows; first += tile_rows)
    OCTET_RETURN_IF_ERROR(run.run_tile(first, std::min(tile_rows, run.rows - first)));
  return std::move(run.outputs);
}

Result<std::vector<Tensor>> run_tasks(const TaskKernel& kernel, const NodeUnderTest& node,
                                      const RunOptions& options) {
  std::vector<Tensor> inputs = visible_inputs(kernel, node);
  std::vector<Tensor> outputs = unwritten_outputs(node);
  std::vector<TensorView> in, out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].bytes() != nullptr && !kernel.accepts_strides(static_cast<int>(i)))
      inputs[i] = contiguous_copy(inputs[i]);
    in.push_back(inputs[i].view());
  }
  for (const Tensor& tensor : outputs) out.push_back(tensor.view());
  const std::vector<OperandShape> in_shapes = shapes_of(in), out_shapes = shapes_of(out);
  const TaskShapes shapes{in_shapes, out_shapes};
  std::vector<int64_t> phases;
  kernel.plan_phases(shapes, options.threads, phases);
  TileOperand shared(1, static_cast<int64_t>(kernel.shared_bytes(shapes)), 1, 0, kGarbage);
  TaskArgs args{in, out, nullptr, 0, shared.row(0)};
  const auto state = kernel.make_state();
  for (const int64_t tasks : phases) {
    for (int64_t i = 0; i < tasks; ++i) {
      TileOperand scratch(1, static_cast<int64_t>(kernel.scratch_bytes(shapes)), 1, 0, kGarbage);
      const int64_t task = options.reverse_tasks ? tasks - 1 - i : i;
      OCTET_RETURN_IF_ERROR(kernel.run(args, task, tasks, scratch.row(0), state.get()));
      if (!scratch.guard_intact() || !shared.guard_intact())
        return internal_error("the kernel wrote beyond its scratch or shared memory");
    }
    ++args.phase;
  }
  return outputs;
}

}  // namespace

Result<NodeUnderTest> NodeUnderTest::create(Attributes attributes, std::vector<NodeInput> inputs) {
  NodeUnderTest node(std::move(attributes));
  node.inputs_ = std::move(inputs);
  for (const NodeInput& input : node.inputs_) {
    auto type = std::make_unique<TypeInfo>();
    type->dtype = input.tensor.dtype();
    type->shape = to_symbolic(input.tensor.shape());
    node.type_pointers_.push_back(input.present() ? type.get() : nullptr);
    node.types_.push_back(std::move(type));
    std::unique_ptr<Constant> constant;
    if (input.present() && input.constant)
      constant = std::make_unique<Constant>(contiguous_copy(input.tensor));
    node.constant_pointers_.push_back(constant.get());
    node.constants_.push_back(std::move(constant));
  }
  OCTET_ASSIGN_OR_RETURN(node.outputs_, infer_types(node.attributes_, node.type_pointers_));
  return node;
}

KernelRequest NodeUnderTest::request() const {
  return {attributes_, type_pointers_, outputs_, constant_pointers_};
}

Shape NodeUnderTest::output_shape(size_t index) const {
  const auto shape = to_constant(outputs_[index].shape);
  return assert(shape), *shape;
}

RowAccesses NodeUnderTest::row_accesses() const {
  return row_access(attributes_, type_pointers_, outputs_);
}

Result<std::vector<Tensor>> run_kernel(const KernelRow& row, const NodeUnderTest& node,
                                       const RunOptions& options) {
  const Support support = row.accept(node.request());
  if (!support.is_yes())
    return internal_error(std::string(row.name) + " declines: " + support.reason());
  OCTET_ASSIGN_OR_RETURN(const Kernel kernel, row.make(node.request()));
  if (const auto* rows = std::get_if<std::unique_ptr<RowKernel>>(&kernel))
    return run_rows(**rows, node, options);
  return run_tasks(*std::get<std::unique_ptr<TaskKernel>>(kernel), node, options);
}

const KernelRow& find_row(std::span<const KernelRow> table, std::string_view name) {
  for (const KernelRow& row : table)
    if (name == row.name) return row;
  assert(false && "no such kernel row");
  return table.front();
}

}  // namespace octet::test
