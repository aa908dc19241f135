// Takes merged weights apart and puts them together again.
#include "runtime/api/layer_weights.h"

#include <cstring>

#include "runtime/core/quantized_store.h"
#include "runtime/program/select_kernel.h"
#include "runtime/program/steps.h"

namespace octet {
namespace {

// Rows [first, first + rows) of a row-major tensor, copied.
Tensor copy_rows(const Tensor& source, int64_t first, int64_t rows) {
  Shape shape = source.shape();
  const size_t row_bytes =
      source.byte_count() / static_cast<size_t>(std::max<int64_t>(1, shape[0]));
  shape[0] = rows;
  Tensor copy(source.dtype(), shape);
  std::memcpy(copy.bytes(), source.bytes() + static_cast<size_t>(first) * row_bytes,
              copy.byte_count());
  return copy;
}

void paste_rows(const Tensor& rows, int64_t first, const Tensor& destination) {
  const size_t row_bytes =
      rows.byte_count() / static_cast<size_t>(std::max<int64_t>(1, rows.shape()[0]));
  std::memcpy(destination.bytes() + static_cast<size_t>(first) * row_bytes, rows.bytes(),
              rows.byte_count());
}

Tensor copy_all(const Tensor& source) { return copy_rows(source, 0, source.shape()[0]); }

// One value per row from a per-tensor or per-channel component.
Tensor spread(const Tensor& component, int64_t rows) {
  if (component.shape()[0] == rows) return copy_all(component);
  Tensor spread(component.dtype(), Shape{rows});
  const size_t size = dtype_size(component.dtype());
  for (int64_t row = 0; row < rows; ++row)
    std::memcpy(spread.bytes() + static_cast<size_t>(row) * size, component.bytes(), size);
  return spread;
}

// The codes of all parts.
Tensor read_codes(const Program& program, const LayerRecord& record) {
  const PackedWeights* packed = packed_weights_of(program, record);
  return packed != nullptr ? packed->int_data() : record.components->int_data;
}

Status check_fits(const QuantizedTensor& weights, const LayerRecord& record,
                  const LayerPart& part) {
  OCTET_RETURN_IF_ERROR(validate(weights));
  if (weights.n() != part.rows || weights.k() != record.k)
    return invalid_argument("int_data has shape " + to_string(weights.int_data.shape()) +
                            ", expected " + to_string(Shape{part.rows, record.k}) +
                            " ([N, K] of the layer)");
  if (weights.granularity == Granularity::kBlocked)
    return invalid_argument("the weight is blocked, expected one scale per tensor or per channel");
  const DType codes = record.components->int_data.dtype();
  if (weights.int_data.dtype() != codes)
    return invalid_argument(std::string("int_data is ") + dtype_name(weights.int_data.dtype()) +
                            ", expected " + dtype_name(codes) + " as the layer's");
  const auto& own = record.components->smoothing;
  const bool same =
      own.has_value() == weights.smoothing.has_value() &&
      (!own || std::memcmp(own->bytes(), weights.smoothing->bytes(), own->byte_count()) == 0);
  if (!same)
    return invalid_argument(
        "smoothing differs from the layer's own, by which its activations are divided once for all "
        "layers that read them; "
        "give the layer's smoothing back, or load the model with smoothing off");
  return Status::ok();
}

}  // namespace

Result<QuantizedTensor> read_layer_weights(const Program& program, int record_index,
                                           int part_index) {
  const LayerRecord& record = program.layers[static_cast<size_t>(record_index)];
  const LayerPart& part = record.parts[static_cast<size_t>(part_index)];
  if (record.components == nullptr)
    return unsupported(
        "the layer is float and has no int_data, scale and zero_point; load the model with a "
        "scheme "
        "that quantizes it, as w8a8");
  const QuantizedTensor& all = *record.components;
  QuantizedTensor weights;
  weights.granularity = all.granularity;
  weights.block_size = all.block_size;
  weights.int_data = copy_rows(read_codes(program, record), part.first_row, part.rows);
  const auto component = [&](const Tensor& tensor) {
    return all.granularity == Granularity::kPerTensor
               ? copy_all(tensor)
               : copy_rows(tensor, part.first_row, part.rows);
  };
  weights.scale = component(all.scale);
  if (all.zero_point) weights.zero_point = component(*all.zero_point);
  if (all.smoothing) weights.smoothing = copy_all(*all.smoothing);
  return weights;
}

Result<std::shared_ptr<const Program>> replace_layer_weights(const Program& program,
                                                             int record_index, int part_index,
                                                             const QuantizedTensor& weights,
                                                             std::span<const Backend> backends,
                                                             SharedStore* store) {
  const LayerRecord& record = program.layers[static_cast<size_t>(record_index)];
  const LayerPart& part = record.parts[static_cast<size_t>(part_index)];
  if (record.components == nullptr)
    return unsupported(
        "the layer is float; load the model with a scheme that quantizes it, as w8a8");
  OCTET_RETURN_IF_ERROR(check_fits(weights, record, part));

  auto merged = std::make_shared<QuantizedTensor>();
  merged->granularity = Granularity::kPerChannel;
  merged->smoothing = record.components->smoothing;
  merged->int_data = copy_all(read_codes(program, record));
  paste_rows(weights.int_data, part.first_row, merged->int_data);
  merged->scale = spread(record.components->scale, record.n);
  paste_rows(spread(weights.scale, part.rows), part.first_row, merged->scale);
  if (record.components->zero_point || weights.zero_point) {
    merged->zero_point = record.components->zero_point
                             ? spread(*record.components->zero_point, record.n)
                             : Tensor(weights.int_data.dtype(), Shape{record.n});
    paste_rows(weights.zero_point ? spread(*weights.zero_point, part.rows)
                                  : Tensor(weights.int_data.dtype(), Shape{part.rows}),
               part.first_row, *merged->zero_point);
  }

  LayerRecord changed = record;
  auto& attributes = std::get<QuantizedLinearAttrs>(changed.attributes);
  attributes.weights = merged;
  std::vector<const TypeInfo*> inputs;
  for (size_t i = 0; i < record.inputs.size(); ++i)
    inputs.push_back(record.has_input[i] ? &record.inputs[i] : nullptr);
  const std::vector<const Constant*> constants(inputs.size(), nullptr);
  OCTET_ASSIGN_OR_RETURN(
      ChosenKernel chosen,
      select_kernel({changed.attributes, inputs, record.outputs, constants, store}, backends));
  attributes.weights = nullptr;

  auto replaced = std::make_shared<Program>(program);
  Step& step = replaced->steps[static_cast<size_t>(record.step)];
  const auto node = static_cast<size_t>(record.node);
  auto* region = std::get_if<RegionStep>(&step);
  auto* task = std::get_if<TaskStep>(&step);
  auto* device = std::get_if<DeviceStep>(&step);
  if (region != nullptr && chosen.row) {
    region->nodes[node].kernel = chosen.row;
  } else if (task != nullptr && chosen.task) {
    task->kernel = chosen.task;
  } else if (device != nullptr && chosen.device && chosen.place == device->place) {
    std::get<DeviceNode>(device->commands[node]).kernel = chosen.device;
  } else {
    std::string text = "no kernel that runs in the layer's place takes these weights";
    for (const std::string& reason : chosen.declined) text += "; " + reason;
    return unsupported(text);
  }
  changed.components = std::move(merged);
  if (packs_weights(chosen)) changed.components = without_codes(*changed.components);
  replaced->layers[static_cast<size_t>(record_index)] = std::move(changed);
  return std::shared_ptr<const Program>(std::move(replaced));
}

}  // namespace octet
