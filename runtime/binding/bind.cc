// Evaluates a program's dims and lays out its memory.
#include "runtime/binding/binding.h"

#include <algorithm>
#include <numeric>

#include "runtime/binding/bound_values.h"
#include "runtime/binding/choose_tiles.h"
#include "runtime/binding/inside_storage.h"
#include "runtime/binding/place_memory.h"
#include "runtime/program/steps.h"

namespace octet {
namespace {

constexpr int64_t kDeviceAlignment = 256;  // as Device::allocate()'s

class Binder {
 public:
  Binder(const Program& program, int threads, int64_t memory_limit)
      : program_(program),
        threads_(threads),
        memory_limit_(memory_limit),
        binding_(std::make_shared<Binding>()) {}

  Result<std::shared_ptr<const Binding>> run(std::span<const int64_t> symbols) {
    OCTET_RETURN_IF_ERROR(program_.dims.evaluate(symbols, dims_));
    for (const ProgramCheck& entry : program_.checks)
      if (dim(entry.guard) > 0 && !entry.check.holds(dim(entry.found), dim(entry.expected)))
        return entry.check.error(dim(entry.found), dim(entry.expected));
    if (memory_limit_ <= 0) memory_limit_ = default_limit();
    // Below it no number of bytes overflows.
    memory_limit_ = std::min(memory_limit_, int64_t{1} << 50);
    OCTET_RETURN_IF_ERROR(evaluate_tensors());
    OCTET_RETURN_IF_ERROR(check_total());
    binding_->storage_offsets.assign(program_.storages.size(), 0);
    binding_->device_memory.resize(program_.devices.size());
    OCTET_RETURN_IF_ERROR(fill_bound_values(program_, dims_, *binding_));
    for (const Step& step : program_.steps) {
      OCTET_RETURN_IF_ERROR(check_stop());
      if (const auto* region = std::get_if<RegionStep>(&step))
        OCTET_RETURN_IF_ERROR(bind_region(*region));
      else if (const auto* task = std::get_if<TaskStep>(&step))
        bind_task(*task);
      else if (const SessionOperands* operands = session_operands(step))
        bind_session_step(*operands);
      else
        bind_device(std::get<DeviceStep>(step));
    }
    OCTET_RETURN_IF_ERROR(place_arenas());
    if (binding_->arena_bytes + binding_->scratch_bytes * threads_ > memory_limit_)
      return too_large();
    for (DeviceMemory& memory : binding_->device_memory) {
      memory.workspace = memory.bytes;
      memory.bytes += static_cast<int64_t>(memory.workspace_bytes);
      if (memory.bytes > memory_limit_) return too_large();
    }
    for (const ModelTensor& input : program_.inputs)
      binding_->input_shapes.push_back(input.is_tensor() ? view(input.tensor).shape : Shape());
    for (const ModelTensor& output : program_.outputs)
      binding_->output_shapes.push_back(output.late < 0 ? view(output.tensor).shape
                                                        : known_extents(output.shape));
    return std::shared_ptr<const Binding>(std::move(binding_));
  }

 private:
  int64_t dim(DimIndex index) const { return dims_[static_cast<size_t>(index)]; }
  const TensorView& view(TensorIndex index) const { return views_[static_cast<size_t>(index)]; }
  const ProgramTensor& tensor(TensorIndex index) const {
    return program_.tensors[static_cast<size_t>(index)];
  }
  const Storage& storage(StorageIndex index) const {
    return program_.storages[static_cast<size_t>(index)];
  }

  Status too_large() const {
    return resource_exhausted("these input shapes need more than the memory limit of " +
                              std::to_string(memory_limit_) +
                              " bytes; use smaller batches or raise memory_limit");
  }

  int64_t default_limit() const {
    int64_t bytes = 0;
    for (const ModelTensor& input : program_.inputs) {
      if (!input.is_tensor()) continue;
      int64_t input_bytes = static_cast<int64_t>(dtype_size(input.dtype));
      for (const DimIndex extent : tensor(input.tensor).shape)
        if (__builtin_mul_overflow(input_bytes, dim(extent), &input_bytes)) return INT64_MAX;
      if (__builtin_add_overflow(bytes, input_bytes, &bytes)) return INT64_MAX;
    }
    return default_memory_limit(bytes);
  }

  // What no arena shows: outputs, and integers that the shapes alone decide.
  Status check_total() const {
    int64_t bytes = 0;
    const auto add = [&](int64_t elements, DType dtype) {
      int64_t size = 0;
      return !__builtin_mul_overflow(elements, static_cast<int64_t>(dtype_size(dtype)), &size) &&
             !__builtin_add_overflow(bytes, size, &bytes) && bytes <= memory_limit_;
    };
    for (const Storage& storage : program_.storages)
      if (storage.kind == Storage::Kind::kBound && !add(dim(storage.elements), storage.dtype))
        return too_large();
    for (const ModelTensor& output : program_.outputs)
      if (output.late < 0 && !add(view(output.tensor).element_count(), output.dtype))
        return too_large();
    return Status::ok();
  }

  // -1: the run shows it.
  static Shape known_extents(const SymbolicShape& shape) {
    Shape known;
    for (const Dim& extent : shape) known.push_back(extent.is_constant() ? extent.value() : -1);
    return known;
  }

  static Status outside() {
    return internal_error(
        "a tensor would lie outside of its memory for these input shapes; nothing was run. This is "
        "a bug in Octet: please report the model and the shapes");
  }

  Status evaluate_tensors() {
    views_.reserve(program_.tensors.size());
    for (const ProgramTensor& tensor : program_.tensors) {
      TensorView view{nullptr, tensor.dtype, {}, {}};
      int64_t elements = 1;
      for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
        const int64_t extent = dim(tensor.shape[axis]);
        if (extent < 0)
          return invalid_argument("these input shapes give a tensor with the negative extent " +
                                  std::to_string(extent) + "; check the input shapes");
        if (__builtin_mul_overflow(elements, extent, &elements) || elements > memory_limit_)
          return too_large();
        view.shape.push_back(extent);
        view.strides.push_back(dim(tensor.strides[axis]));
      }
      if (!window_is_inside(dim(tensor.offset), view.shape, view.strides,
                            dim(storage(tensor.storage).elements)))
        return outside();
      views_.push_back(view);
    }
    return Status::ok();
  }

  Status place_arenas() {
    OCTET_RETURN_IF_ERROR(place_arena(kHost, 1, binding_->arena_bytes));
    for (Place place = 0; place < static_cast<Place>(program_.devices.size()); ++place)
      OCTET_RETURN_IF_ERROR(place_arena(place, kDeviceAlignment,
                                        binding_->device_memory[static_cast<size_t>(place)].bytes));
    return Status::ok();
  }

  // Storages start at multiples of `alignment` bytes.
  Status place_arena(Place place, int64_t alignment, int64_t& arena_bytes) {
    std::vector<Lifetime> lifetimes;
    std::vector<size_t> owners;
    for (size_t i = 0; i < program_.storages.size(); ++i) {
      const Storage& storage = program_.storages[i];
      if (storage.kind != Storage::Kind::kArena || storage.place != place || storage.first_step < 0)
        continue;
      const int64_t elements = dim(storage.elements);
      if (elements > memory_limit_) return too_large();
      const auto bytes = elements * static_cast<int64_t>(dtype_size(storage.dtype)) +
                         static_cast<int64_t>(kBufferPadding);
      lifetimes.push_back(
          {(bytes + alignment - 1) / alignment * alignment, storage.first_step, storage.last_step});
      owners.push_back(i);
    }
    if (place == kHost) lifetimes.insert(lifetimes.end(), shared_.begin(), shared_.end());
    arena_bytes = place_memory(lifetimes);
    if (place == kHost)
      for (size_t i = owners.size(); i < lifetimes.size(); ++i)
        binding_->steps[static_cast<size_t>(lifetimes[i].first)].shared = lifetimes[i].offset;
    for (size_t i = 0; i < owners.size(); ++i)
      binding_->storage_offsets[owners[i]] = lifetimes[i].offset;
    return Status::ok();
  }

  BoundOperand bind_operand(const RegionOperand& operand) const {
    if (operand.tensor == kNoTensor) return {};
    const ProgramTensor& window = tensor(operand.tensor);
    const auto size = static_cast<int64_t>(dtype_size(window.dtype));
    return {.storage = window.storage,
            .byte_offset = dim(window.offset) * size,
            .access = operand.access,
            .in_scratch = storage(window.storage).kind == Storage::Kind::kScratch,
            .columns = dim(operand.columns),
            .row_bytes = dim(operand.row_stride) * size,
            .period = operand.access == RowAccess::kPeriodic ? dim(operand.period) : 0};
  }

  // Of `rows` rows of a region.
  bool is_inside(const RegionOperand& operand, int64_t rows) const {
    if (operand.tensor == kNoTensor) return true;
    const ProgramTensor& window = tensor(operand.tensor);
    if (operand.access == RowAccess::kWhole) rows = 1;
    if (operand.access == RowAccess::kPeriodic) rows = dim(operand.period);
    return rows_are_inside(dim(window.offset), rows, dim(operand.columns), dim(operand.row_stride),
                           dim(storage(window.storage).elements));
  }

  static int64_t least_column_parts(const RegionStep& region) {
    int64_t least = 0;
    for (const RegionNode& node : region.nodes)
      if (const int64_t parts = node.kernel->column_parts(); parts > 0)
        least = least == 0 ? parts : std::min(least, parts);
    return least;
  }

  Status bind_region(const RegionStep& region) {
    BoundStep step{.rows = dim(region.rows)};
    step.first_operand = binding_->operands.size();
    bool empty = step.rows == 0;
    for (const RegionNode& node : region.nodes) {
      for (const RegionOperand& operand : node.inputs) {
        if (!is_inside(operand, step.rows)) return outside();
        binding_->operands.push_back(bind_operand(operand));
        step.periodic |= binding_->operands.back().period > 0;
      }
      for (const RegionOperand& operand : node.outputs) {
        if (!is_inside(operand, step.rows)) return outside();
        binding_->operands.push_back(bind_operand(operand));
        empty |= binding_->operands.back().columns == 0 && node.outputs.size() == 1 &&
                 region.nodes.size() == 1;
      }
    }
    if (!empty) {
      step.by_columns = choose_columns(step.rows, threads_, least_column_parts(region));
      step.tile_rows = step.by_columns ? step.rows : choose_tile_rows(step.rows, threads_);
      step.tasks = (step.rows + step.tile_rows - 1) / step.tile_rows;
      place_scratch(region, step);
    }
    binding_->steps.push_back(step);
    return Status::ok();
  }

  // Intermediates of a tile share memory over the nodes of the region, as the arena does over the
  // steps.
  void place_scratch(const RegionStep& region, BoundStep& step) {
    std::vector<Lifetime> lifetimes(region.scratch.size());
    place_in_scratch_.resize(program_.storages.size(), -1);
    for (size_t i = 0; i < lifetimes.size(); ++i) {
      place_in_scratch_[static_cast<size_t>(region.scratch[i])] = static_cast<int>(i);
      const Storage& owner = storage(region.scratch[i]);
      const int64_t row =
          dim(owner.elements) / step.rows * static_cast<int64_t>(dtype_size(owner.dtype));
      lifetimes[i] = {row * step.tile_rows + static_cast<int64_t>(kBufferPadding), -1, -1};
    }
    for (size_t n = 0; n < region.nodes.size(); ++n) {
      const auto touch = [&](const RegionOperand& operand) {
        if (operand.tensor == kNoTensor) return;
        const int place = place_in_scratch_[static_cast<size_t>(tensor(operand.tensor).storage)];
        if (place < 0) return;
        Lifetime& lifetime = lifetimes[static_cast<size_t>(place)];
        if (lifetime.first < 0) lifetime.first = static_cast<int>(n);
        lifetime.last = static_cast<int>(n);
      };
      for (const RegionOperand& operand : region.nodes[n].inputs) touch(operand);
      for (const RegionOperand& operand : region.nodes[n].outputs) touch(operand);
    }
    step.kernel_scratch = place_memory(lifetimes);
    for (size_t i = 0; i < lifetimes.size(); ++i)
      binding_->storage_offsets[static_cast<size_t>(region.scratch[i])] = lifetimes[i].offset;
    for (const StorageIndex index : region.scratch)
      place_in_scratch_[static_cast<size_t>(index)] = -1;
    size_t kernel_bytes = 0;
    for (const RegionNode& node : region.nodes) {
      const int64_t columns_of_first = node.inputs.empty() ? 0 : dim(node.inputs[0].columns);
      kernel_bytes =
          std::max(kernel_bytes, node.kernel->scratch_bytes(step.tile_rows, columns_of_first));
    }
    binding_->scratch_bytes =
        std::max(binding_->scratch_bytes, step.kernel_scratch + static_cast<int64_t>(kernel_bytes));
  }

  void add_views(const std::vector<TensorIndex>& operands) {
    for (TensorIndex index : operands) {
      binding_->views.push_back(index == kNoTensor ? TensorView{} : view(index));
      const auto size =
          index == kNoTensor ? 0 : static_cast<int64_t>(dtype_size(tensor(index).dtype));
      binding_->view_places.emplace_back(index == kNoTensor ? -1 : tensor(index).storage,
                                         index == kNoTensor ? 0 : dim(tensor(index).offset) * size);
    }
  }

  void bind_task(const TaskStep& task) {
    BoundStep step;
    step.first_view = binding_->views.size();
    add_views(task.inputs);
    add_views(task.outputs);
    const TaskShapes shapes = shapes_of(task.inputs, task.outputs);
    const bool empty =
        std::all_of(shapes.outputs.begin(), shapes.outputs.end(),
                    [](const OperandShape& output) { return output.element_count() == 0; });
    step.first_phase = binding_->phase_tasks.size();
    if (!empty) {
      task.kernel->plan_phases(shapes, threads_, binding_->phase_tasks);
      step.phases = binding_->phase_tasks.size() - step.first_phase;
      step.tasks =
          std::accumulate(binding_->phase_tasks.end() - static_cast<std::ptrdiff_t>(step.phases),
                          binding_->phase_tasks.end(), int64_t{0});
      const auto number = static_cast<int>(binding_->steps.size());
      if (const size_t shared = task.kernel->shared_bytes(shapes); shared > 0)
        shared_.push_back({static_cast<int64_t>(shared), number, number});
      binding_->scratch_bytes = std::max(binding_->scratch_bytes,
                                         static_cast<int64_t>(task.kernel->scratch_bytes(shapes)));
    }
    binding_->steps.push_back(step);
  }

  // The programs in a step are bound when it runs: until then nobody knows their inputs.
  void bind_session_step(const SessionOperands& operands) {
    BoundStep step{.tasks = 1};
    step.first_view = binding_->views.size();
    add_views(operands.inputs);
    add_views(operands.outputs);
    step.first_extent = binding_->late_extents.size();
    for (const DimIndex extent : operands.late_extents)
      binding_->late_extents.push_back(extent < 0 ? -1 : dim(extent));
    binding_->steps.push_back(step);
  }

  // Good until the next call.
  TaskShapes shapes_of(const std::vector<TensorIndex>& inputs,
                       const std::vector<TensorIndex>& outputs) {
    shapes_.clear();
    for (const auto* operands : {&inputs, &outputs})
      for (const TensorIndex operand : *operands)
        shapes_.push_back(operand == kNoTensor
                              ? OperandShape{}
                              : OperandShape{true, view(operand).dtype, view(operand).shape,
                                             view(operand).strides});
    const std::span<const OperandShape> all(shapes_);
    return {all.first(inputs.size()), all.subspan(inputs.size())};
  }

  void bind_device(const DeviceStep& device) {
    BoundStep step{.tasks = 1};
    step.first_view = binding_->views.size();
    step.first_copy = binding_->copy_bytes.size();
    DeviceMemory& memory = binding_->device_memory[static_cast<size_t>(device.place)];
    for (const DeviceCommand& command : device.commands) {
      if (const auto* copy = std::get_if<DeviceCopy>(&command)) {
        const Storage& from = storage(copy->from);
        binding_->copy_bytes.push_back(dim(from.elements) *
                                       static_cast<int64_t>(dtype_size(from.dtype)));
        continue;
      }
      const auto& node = std::get<DeviceNode>(command);
      add_views(node.inputs);
      add_views(node.outputs);
      const TaskShapes shapes = shapes_of(node.inputs, node.outputs);
      memory.workspace_bytes = std::max(
          memory.workspace_bytes, node.kernel->workspace_bytes(shapes.inputs, shapes.outputs));
    }
    binding_->steps.push_back(step);
  }

  const Program& program_;
  int threads_;
  int64_t memory_limit_;
  std::vector<int64_t> dims_;
  std::vector<TensorView> views_;      // by TensorIndex
  std::vector<OperandShape> shapes_;   // of the kernel at hand
  std::vector<Lifetime> shared_;       // what the tasks of a step share, in the arena
  std::vector<int> place_in_scratch_;  // of the region at hand; by StorageIndex, -1: not in it
  std::shared_ptr<Binding> binding_;
};

}  // namespace

int64_t default_memory_limit(int64_t input_bytes) {
  constexpr int64_t kOfAnyRun = int64_t{3} << 29, kPerInputByte = 4096;
  int64_t limit = 0;
  if (__builtin_mul_overflow(input_bytes, kPerInputByte, &limit) || limit > INT64_MAX - kOfAnyRun)
    return INT64_MAX;
  return kOfAnyRun + limit;
}

Result<std::shared_ptr<const Binding>> bind_shapes(const Program& program,
                                                   std::span<const int64_t> symbols, int threads,
                                                   int64_t memory_limit) {
  return Binder(program, threads, memory_limit).run(symbols);
}

}  // namespace octet
