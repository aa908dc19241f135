// Takes merged weights apart and puts them together again.
#include "runtime/api/layer_weights.h"

#include <cstring>

#include "runtime/core/quantized_constant.h"
#include "runtime/program/select_kernel.h"
#include "runtime/program/steps.h"

namespace octet {
namespace {

// The whole weight, all parts of the layer together, in plain form.
Result<QuantizedTensor> read_all(const Program& program, const LayerRecord& record) {
  const PackedWeights* packed = packed_weights_of(program, record);
  return packed != nullptr ? record.components->load_with(packed->int_data())
                           : record.components->load();
}

Status check_fits(const QuantizedTensor& weights, const LayerRecord& record,
                  const LayerPart& part) {
  OCTET_RETURN_IF_ERROR(validate(weights));
  if (weights.n() != part.rows || weights.k() != record.k)
    return invalid_argument("int_data has shape " + to_string(weights.int_data.shape()) +
                            ", expected " + to_string(Shape{part.rows, record.k}) +
                            " ([N, K] of the layer)");
  const QuantizedConstant& own = *record.components;
  if ((weights.granularity == Granularity::kBlocked) !=
          (own.granularity == Granularity::kBlocked) ||
      (weights.granularity == Granularity::kBlocked && weights.block_size != own.block_size))
    return invalid_argument(
        std::string("scale is ") + granularity_name(weights.granularity) + ", expected " +
        (own.granularity == Granularity::kBlocked
             ? "one for each block of " + std::to_string(own.block_size) + " columns"
             : std::string("one per tensor or per channel")));
  if (weights.int_data.dtype() != own.code_type || weights.bits != own.bits)
    return invalid_argument(std::string("int_data is ") + dtype_name(weights.int_data.dtype()) +
                            " of " + std::to_string(weights.bits) + " bits, expected " +
                            dtype_name(own.code_type) + " of " + std::to_string(own.bits) +
                            " as the layer's");
  if (own.group_index || weights.group_index) {
    if (!own.group_index || !weights.group_index)
      return invalid_argument(std::string("group_index is ") +
                              (own.group_index ? "missing" : "given, the layer has none"));
    OCTET_ASSIGN_OR_RETURN(const Tensor groups, own.group_index->load());
    if (std::memcmp(groups.bytes(), weights.group_index->bytes(), groups.byte_count()) != 0)
      return invalid_argument("group_index differs from the layer's own, which cannot change");
  }
  std::optional<Tensor> smoothing;
  if (own.smoothing) {
    OCTET_ASSIGN_OR_RETURN(smoothing, own.smoothing->load());
  }
  const bool same = smoothing.has_value() == weights.smoothing.has_value() &&
                    (!smoothing || std::memcmp(smoothing->bytes(), weights.smoothing->bytes(),
                                               smoothing->byte_count()) == 0);
  if (!same)
    return invalid_argument(
        "smoothing differs from the layer's own, by which its activations are divided once for all "
        "layers that read them; "
        "give the layer's smoothing back, or load the model with smoothing off");
  return Status::ok();
}

// The first element of the scale and of the zero point in the place of all, which are equal.
QuantizedTensor with_one_scale(QuantizedTensor weights) {
  const auto first = [](const Tensor& tensor) {
    Tensor one(tensor.dtype(), Shape{1});
    std::memcpy(one.bytes(), tensor.bytes(), dtype_size(tensor.dtype()));
    return one;
  };
  weights.granularity = Granularity::kPerTensor;
  weights.scale = first(weights.scale);
  if (weights.zero_point) weights.zero_point = first(*weights.zero_point);
  return weights;
}

// The whole weight with `weights` as the rows of one part. They are copied, and the others are read
// only where there are any.
Result<QuantizedTensor> with_part(const Program& program, const LayerRecord& record,
                                  const LayerPart& part, const QuantizedTensor& weights) {
  if (part.rows == record.n) return copy_rows(weights, 0, record.n);
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor all, read_all(program, record));
  const int64_t end = part.first_row + part.rows;
  const QuantizedTensor before = copy_rows(all, 0, part.first_row),
                        after = copy_rows(all, end, record.n - end);
  const QuantizedTensor* const pieces[] = {&before, &weights, &after};
  return concat_rows(pieces);
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
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor all, read_all(program, record));
  QuantizedTensor rows = copy_rows(all, part.first_row, part.rows);
  if (part.per_tensor) rows = with_one_scale(std::move(rows));
  return rows;
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

  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor whole, with_part(program, record, part, weights));
  const auto merged = std::make_shared<const QuantizedConstant>(whole);

  LayerRecord changed = record;
  changed.parts[static_cast<size_t>(part_index)].per_tensor &=
      weights.granularity == Granularity::kPerTensor;
  changed.replaced.resize(changed.parts.size());
  changed.replaced[static_cast<size_t>(part_index)] = true;
  auto& attributes = std::get<QuantizedLinearAttrs>(changed.attributes);
  attributes.weights = merged;
  std::vector<const TypeInfo*> inputs;
  for (size_t i = 0; i < record.inputs.size(); ++i)
    inputs.push_back(record.has_input[i] ? &record.inputs[i] : nullptr);
  OCTET_RETURN_IF_ERROR(infer_types(changed.attributes, inputs).status());
  const std::vector<const Constant*> constants(inputs.size(), nullptr);
  OCTET_ASSIGN_OR_RETURN(
      ChosenKernel chosen,
      select_kernel({changed.attributes, inputs, record.outputs, constants, store}, backends));
  attributes.weights = nullptr;

  auto replaced = std::make_shared<Program>(program);
  Step& step = replaced->steps[static_cast<size_t>(record.step)];
  // Another kernel may need other memory than bindings have for this one.
  const std::string& kernel =
      program.reports[static_cast<size_t>(report_of(program, record))].kernel;
  const bool same_kernel = chosen.name == kernel;
  const auto node = static_cast<size_t>(record.node);
  auto* region = std::get_if<RegionStep>(&step);
  auto* task = std::get_if<TaskStep>(&step);
  auto* device = std::get_if<DeviceStep>(&step);
  if (same_kernel && region != nullptr && chosen.row) {
    region->nodes[node].kernel = chosen.row;
  } else if (same_kernel && task != nullptr && chosen.task) {
    task->kernel = chosen.task;
  } else if (same_kernel && device != nullptr && chosen.place == device->place) {
    std::get<DeviceNode>(device->commands[node]).kernel = chosen.device;
  } else {
    std::string text = "the layer's kernel, " + kernel + ", does not take these weights";
    for (const std::string& reason : chosen.declined) text += "; " + reason;
    return unsupported(text);
  }
  changed.components = merged;
  if (packs_weights(chosen)) changed.components = without_codes(*changed.components);
  replaced->layers[static_cast<size_t>(record_index)] = std::move(changed);
  return std::shared_ptr<const Program>(std::move(replaced));
}

}  // namespace octet
