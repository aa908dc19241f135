// The C API: listing layers, reading and replacing their weights.
#include <cstring>

#include "kernels/api/run_kernel.h"
#include "kernels/cpu/movement/copy.h"
#include "runtime/api/handles.h"
#include "runtime/api/lent_data.h"

namespace octet {
namespace {

Status check_layer(const octet_model* model, int32_t layer, const char* where) {
  if (model == nullptr) return invalid_argument(std::string(where) + ": model is NULL");
  if (layer < 0 || static_cast<size_t>(layer) >= model->layers.size())
    return invalid_argument(std::string(where) + ": layer is " + std::to_string(layer) +
                            ", expected an index below " + std::to_string(model->layers.size()));
  return Status::ok();
}

octet_tensor copy_out(Memory& memory, const Tensor& tensor) {
  octet_tensor copy = to_c(tensor.view());
  LentData data = lend_data(memory, tensor.byte_count());
  std::memcpy(data.get(), tensor.bytes(), tensor.byte_count());
  copy.data = data.release();
  return copy;
}

// Copies a given part into `own`, row-major; leaves it where data is NULL. No part has more
// elements than `most`: strides can make any number of one, so that is looked at before they are
// copied.
template <class Part>
Status take_part(const octet_tensor& part, const char* name, int64_t most, Part& own) {
  if (part.data == nullptr) return Status::ok();
  auto view = to_view(part);
  if (!view.is_ok()) return view.status().with_prefix(name);
  if (!view->contiguous() && view->element_count() > most)
    return invalid_argument(std::string(name) + " has shape " + to_string(view->shape) +
                            ", which is more than the layer's " + std::to_string(most) +
                            " weights");
  Tensor copy(view->dtype, view->shape);
  OCTET_RETURN_IF_ERROR(
      run_all_tasks(*make_copy_kernel(), {&*view, 1}, {&copy.view(), 1}, nullptr));
  own = std::move(copy);
  return Status::ok();
}

Status take_parts(const octet_weights& given, QuantizedTensor& own) {
  const int64_t most = own.int_data.element_count();
  if (given.int_data.data != nullptr) own.zero_point.reset();
  OCTET_RETURN_IF_ERROR(take_part(given.int_data, "int_data", most, own.int_data));
  OCTET_RETURN_IF_ERROR(take_part(given.scale, "scale", most, own.scale));
  OCTET_RETURN_IF_ERROR(take_part(given.zero_point, "zero_point", most, own.zero_point));
  OCTET_RETURN_IF_ERROR(take_part(given.smoothing, "smoothing", most, own.smoothing));
  if (given.scale.data != nullptr && own.int_data.shape().rank() == 2) {
    own.granularity = own.scale.element_count() == 1 && own.int_data.shape()[0] != 1
                          ? Granularity::kPerTensor
                          : Granularity::kPerChannel;
    if (own.scale.shape().rank() == 2) own.granularity = Granularity::kBlocked;
  }
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
    const octet_model::Layer& layer = model->layers[static_cast<size_t>(index)];
    const octet::LayerRecord& record = model->model->record(index);
    const octet::NodeReport& report = model->model->report(index);
    const bool quantized = record.components != nullptr;
    octet_layer_info filled = OCTET_INIT(octet_layer_info);
    filled.name = model->model->layer(index).name.c_str();
    filled.alias_count = static_cast<int32_t>(layer.aliases.size());
    filled.aliases = layer.aliases.data();
    filled.n = model->model->layer(index).rows;
    filled.k = record.k;
    filled.scheme = layer.scheme.c_str();
    filled.reason = model->model->why_float(index).c_str();
    filled.products = octet::products_name(model->model->scheme(index).products);
    filled.granularity =
        quantized ? octet::granularity_name(record.components->granularity) : "none";
    filled.layout = layer.layout.c_str();
    filled.bytes = layer.bytes;
    filled.kernel = report.kernel.c_str();
    filled.declined_count = static_cast<int32_t>(layer.declined.size());
    filled.declined = layer.declined.data();
    return octet::give_struct(filled, info, "octet_layer_info");
  });
}

int32_t octet_model_float_product_count(const octet_model* model) {
  return model == nullptr ? 0 : static_cast<int32_t>(model->model->float_products().size());
}

octet_status octet_model_float_product(const octet_model* model, int32_t index,
                                       octet_float_product* product, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (model == nullptr || index < 0 || index >= octet_model_float_product_count(model))
      return octet::invalid_argument("octet_model_float_product: index is " +
                                     std::to_string(index) + ", expected one below " +
                                     std::to_string(octet_model_float_product_count(model)));
    const octet::FloatProduct& found = model->model->float_products()[static_cast<size_t>(index)];
    octet_float_product filled = OCTET_INIT(octet_float_product);
    filled.name = found.name.c_str();
    filled.reason = found.why.c_str();
    return octet::give_struct(filled, product, "octet_float_product");
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
    if (weights == nullptr) return octet::invalid_argument("octet_weights_get: weights is NULL");
    OCTET_RETURN_IF_ERROR(octet::check_struct_size(*weights, "octet_weights"));
    OCTET_ASSIGN_OR_RETURN(const octet::QuantizedTensor read, model->model->weights(layer));
    octet_weights copies{.struct_size = sizeof(octet_weights),
                         .int_data = {},
                         .scale = {},
                         .zero_point = {},
                         .smoothing = {}};
    octet::Memory& memory = *model->model->engine()->memory;
    try {
      copies.int_data = octet::copy_out(memory, read.int_data);
      copies.scale = octet::copy_out(memory, read.scale);
      if (read.zero_point) copies.zero_point = octet::copy_out(memory, *read.zero_point);
      if (read.smoothing) copies.smoothing = octet::copy_out(memory, *read.smoothing);
    } catch (...) {
      octet_weights_free(&copies);
      throw;
    }
    return octet::give_struct(copies, weights, "octet_weights");
  });
}

octet_status octet_weights_packed(const octet_model* model, int32_t layer, const void** data,
                                  size_t* size, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    OCTET_RETURN_IF_ERROR(octet::check_layer(model, layer, "octet_weights_packed"));
    if (data == nullptr || size == nullptr)
      return octet::invalid_argument("octet_weights_packed: data and size must not be NULL");
    const octet::PackedWeights* packed = model->model->packed_weights(layer);
    if (packed == nullptr)
      return octet::unsupported("layer \"" + model->model->layer(layer).name +
                                "\" has no packed codes: its scheme is " +
                                model->model->scheme(layer).name());
    *data = packed->packed_data().data();
    *size = packed->packed_data().size();
    return octet::Status::ok();
  });
}

void octet_weights_free(octet_weights* weights) {
  if (weights == nullptr) return;
  for (octet_tensor* part :
       {&weights->int_data, &weights->scale, &weights->zero_point, &weights->smoothing})
    octet_tensor_free(part);
}

octet_status octet_model_replace_weights(const octet_model* model, int32_t layer,
                                         const octet_weights* weights, octet_model** replaced,
                                         octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    OCTET_RETURN_IF_ERROR(octet::check_layer(model, layer, "octet_model_replace_weights"));
    if (weights == nullptr || replaced == nullptr)
      return octet::invalid_argument(
          "octet_model_replace_weights: weights and replaced must not be NULL");
    OCTET_ASSIGN_OR_RETURN(const octet_weights given, octet::take_struct(weights, "octet_weights"));
    const octet::MemoryScope scope(model->model->engine()->memory.get());
    OCTET_ASSIGN_OR_RETURN(octet::QuantizedTensor own, model->model->weights(layer));
    OCTET_RETURN_IF_ERROR(octet::take_parts(given, own));
    OCTET_ASSIGN_OR_RETURN(auto made, model->model->replace(layer, own));
    *replaced = octet::wrap(std::move(made), model->idle_sessions).release();
    return octet::Status::ok();
  });
}

}  // extern "C"
