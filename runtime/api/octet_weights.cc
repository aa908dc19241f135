// The C API: listing layers, reading and replacing their weights.
#include <cstdlib>
#include <cstring>

#include "runtime/api/handles.h"

namespace octet {
namespace {

Status check_layer(const octet_model* model, int32_t layer, const char* where) {
  if (model == nullptr) return invalid_argument(std::string(where) + ": model is NULL");
  if (layer < 0 || static_cast<size_t>(layer) >= model->layers.size())
    return invalid_argument(std::string(where) + ": layer is " + std::to_string(layer) +
                            ", expected an index below " + std::to_string(model->layers.size()));
  return Status::ok();
}

octet_tensor copy_out(const Tensor& tensor) {
  octet_tensor copy = to_c(tensor.view());
  copy.data = std::malloc(std::max<size_t>(1, tensor.byte_count()));
  if (copy.data == nullptr) throw std::bad_alloc();
  std::memcpy(copy.data, tensor.bytes(), tensor.byte_count());
  return copy;
}

// Copies a given part into `own`; leaves it where data is NULL.
template <class Part>
Status take_part(const octet_tensor& part, const char* name, Part& own) {
  if (part.data == nullptr) return Status::ok();
  auto view = to_view(part, true);
  if (!view.is_ok()) return view.status().with_prefix(name);
  Tensor copy(view->dtype, view->shape);
  std::memcpy(copy.bytes(), view->data, copy.byte_count());
  own = std::move(copy);
  return Status::ok();
}

Status take_parts(const octet_weights& given, QuantizedTensor& own) {
  if (given.int_data.data != nullptr) own.zero_point.reset();
  OCTET_RETURN_IF_ERROR(take_part(given.int_data, "int_data", own.int_data));
  OCTET_RETURN_IF_ERROR(take_part(given.scale, "scale", own.scale));
  OCTET_RETURN_IF_ERROR(take_part(given.zero_point, "zero_point", own.zero_point));
  OCTET_RETURN_IF_ERROR(take_part(given.smoothing, "smoothing", own.smoothing));
  if (given.scale.data != nullptr && own.int_data.shape().rank() == 2)
    own.granularity = own.scale.element_count() == 1 && own.int_data.shape()[0] != 1
                          ? Granularity::kPerTensor
                          : Granularity::kPerChannel;
  return Status::ok();
}

}  // namespace
}  // namespace octet

extern "C" {

int32_t octet_model_layer_count(const octet_model* model) {
  return model == nullptr ? 0 : static_cast<int32_t>(model->layers.size());
}

octet_status octet_model_layer(const octet_model* model, int32_t index, octet_layer_info* info,
                               octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    OCTET_RETURN_IF_ERROR(octet::check_layer(model, index, "octet_model_layer"));
    if (info == nullptr) return octet::invalid_argument("octet_model_layer: info is NULL");
    const octet_model::Layer& layer = model->layers[static_cast<size_t>(index)];
    const octet::LayerRecord& record = model->model->record(index);
    const bool quantized = record.components != nullptr;
    *info = {
        .name = model->model->layer(index).name.c_str(),
        .alias_count = static_cast<int32_t>(layer.aliases.size()),
        .aliases = layer.aliases.data(),
        .n = model->model->layer(index).rows,
        .k = record.k,
        .scheme = quantized ? "w8a8" : "none",
        .granularity = quantized ? octet::granularity_name(record.components->granularity) : "none",
        .layout = layer.layout.c_str(),
        .bytes = layer.bytes};
    return octet::Status::ok();
  });
}

octet_status octet_model_find_layer(const octet_model* model, const char* name, int32_t* index,
                                    octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (model == nullptr || name == nullptr || index == nullptr)
      return octet::invalid_argument(
          "octet_model_find_layer: model, name and index must not be NULL");
    OCTET_ASSIGN_OR_RETURN(*index, model->model->find_layer(name));
    return octet::Status::ok();
  });
}

octet_status octet_weights_get(const octet_model* model, int32_t layer, octet_weights* weights,
                               octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    OCTET_RETURN_IF_ERROR(octet::check_layer(model, layer, "octet_weights_get"));
    if (weights == nullptr || weights->struct_size < sizeof(octet_weights))
      return octet::invalid_argument(
          "octet_weights_get: weights must come from OCTET_INIT(octet_weights)");
    OCTET_ASSIGN_OR_RETURN(const octet::QuantizedTensor read, model->model->weights(layer));
    octet_weights copies{.struct_size = sizeof(octet_weights),
                         .int_data = {},
                         .scale = {},
                         .zero_point = {},
                         .smoothing = {}};
    try {
      copies.int_data = octet::copy_out(read.int_data);
      copies.scale = octet::copy_out(read.scale);
      if (read.zero_point) copies.zero_point = octet::copy_out(*read.zero_point);
      if (read.smoothing) copies.smoothing = octet::copy_out(*read.smoothing);
    } catch (...) {
      octet_weights_free(&copies);
      throw;
    }
    *weights = copies;
    return octet::Status::ok();
  });
}

void octet_weights_free(octet_weights* weights) {
  if (weights == nullptr) return;
  for (octet_tensor* part :
       {&weights->int_data, &weights->scale, &weights->zero_point, &weights->smoothing}) {
    std::free(part->data);
    part->data = nullptr;
  }
}

octet_status octet_model_replace_weights(const octet_model* model, int32_t layer,
                                         const octet_weights* weights, octet_model** replaced,
                                         octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    OCTET_RETURN_IF_ERROR(octet::check_layer(model, layer, "octet_model_replace_weights"));
    if (weights == nullptr || weights->struct_size < sizeof(octet_weights) || replaced == nullptr)
      return octet::invalid_argument(
          "octet_model_replace_weights: replaced must not be NULL, and weights must come from "
          "OCTET_INIT(octet_weights)");
    OCTET_ASSIGN_OR_RETURN(octet::QuantizedTensor own, model->model->weights(layer));
    OCTET_RETURN_IF_ERROR(octet::take_parts(*weights, own));
    OCTET_ASSIGN_OR_RETURN(auto made, model->model->replace(layer, own));
    *replaced = octet::wrap(std::move(made)).release();
    return octet::Status::ok();
  });
}

}  // extern "C"
