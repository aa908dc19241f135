// Layers of a model, and the parts of their weights.
#include <nanobind/nanobind.h>

#include <memory>

#include "apps/python/native/bindings.h"
#include "apps/python/native/tensor_argument.h"
#include "apps/python/native/tensor_result.h"
#include "apps/python/native/text.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

struct Part {
  const char* name;
  octet_tensor octet_weights::* tensor;
  octet_dtype wanted;  // of lists and numbers
};
constexpr Part kParts[] = {{"int_data", &octet_weights::int_data, OCTET_INT8},
                           {"scale", &octet_weights::scale, OCTET_FLOAT32},
                           {"zero_point", &octet_weights::zero_point, OCTET_INT8},
                           {"smoothing", &octet_weights::smoothing, OCTET_FLOAT32}};
constexpr size_t kPartCount = sizeof(kParts) / sizeof(kParts[0]);

nb::tuple to_tuple(const char* const* texts, int32_t count) {
  nb::list list;
  for (int32_t i = 0; i < count; ++i) list.append(to_str(texts[i]));
  return nb::tuple(list);
}

struct FreeWeights {
  void operator()(octet_weights* weights) const {
    if (!is_lost()) octet_weights_free(weights);
    delete weights;
  }
};

void check_names(const nb::dict& parts, const std::string& what) {
  for (const auto& [key, value] : parts) {
    const std::string name = to_text(key, "a part's name");
    bool known = false;
    for (const Part& part : kParts) known = known || name == part.name;
    if (!known)
      refuse(what + " has no part \"" + name +
             "\"; its parts are int_data, scale, zero_point and smoothing");
  }
}

}  // namespace

int32_t Model::layer_count() const { return octet_model_layer_count(state()->handle.get()); }

int32_t Model::find_layer(nb::handle name) const {
  const std::string text = to_text(name, "the name of a layer");
  int32_t index = -1;
  check([&](octet_error** error) {
    return octet_model_find_layer(state()->handle.get(), text.c_str(), &index, error);
  });
  return index;
}

nb::dict Model::layer(int32_t index) const {
  octet_layer_info info = OCTET_INIT(octet_layer_info);
  check([&](octet_error** error) {
    return octet_model_layer(state()->handle.get(), index, &info, error);
  });
  nb::dict made;
  made["name"] = to_str(info.name);
  made["aliases"] = to_tuple(info.aliases, info.alias_count);
  made["scheme"] = to_str(info.scheme);
  made["granularity"] = to_str(info.granularity);
  made["layout"] = to_str(info.layout);
  made["kernel"] = to_str(info.kernel);
  made["declined"] = to_tuple(info.declined, info.declined_count);
  made["n"] = info.n;
  made["k"] = info.k;
  made["bytes"] = info.bytes;
  made["reason"] = to_str(info.reason);
  made["products"] = to_str(info.products);
  return made;
}

nb::list Model::float_products() const {
  nb::list all;
  for (int32_t i = 0; i < octet_model_float_product_count(state()->handle.get()); ++i) {
    octet_float_product product = OCTET_INIT(octet_float_product);
    check([&](octet_error** error) {
      return octet_model_float_product(state()->handle.get(), i, &product, error);
    });
    all.append(nb::make_tuple(to_str(product.name), to_str(product.reason)));
  }
  return all;
}

nb::dict Model::weights(int32_t layer) const {
  const std::shared_ptr<ModelState> model = state();
  std::unique_ptr<octet_weights, FreeWeights> read(new octet_weights(OCTET_INIT(octet_weights)));
  call([&](octet_error** error) {
    return octet_weights_get(model->handle.get(), layer, read.get(), error);
  });
  const octet_weights& parts = *read;
  const nb::capsule owner(
      read.get(), [](void* kept) noexcept { FreeWeights()(static_cast<octet_weights*>(kept)); });
  read.release();
  nb::dict made;
  for (const Part& part : kParts)
    if ((parts.*part.tensor).data != nullptr)
      made[part.name] = to_array(parts.*part.tensor, owner, false);
  return made;
}

Model* Model::replace(int32_t layer, const nb::dict& parts, nb::handle name) const {
  const std::shared_ptr<ModelState> model = state();
  const std::string what = "layer \"" + to_text(name, "the name of a layer") + "\"";
  check_names(parts, what);
  octet_weights weights = OCTET_INIT(octet_weights);
  TensorArgument arguments[kPartCount];
  for (size_t i = 0; i < kPartCount; ++i) {
    const nb::object value = nb::borrow(PyDict_GetItemString(parts.ptr(), kParts[i].name));
    if (!value.is_valid() || value.is_none()) continue;
    arguments[i].take(value, Access::kRead, kParts[i].wanted, what + ", " + kParts[i].name);
    weights.*kParts[i].tensor = arguments[i].get();
  }
  octet_model* replaced = nullptr;
  call([&](octet_error** error) {
    return octet_model_replace_weights(model->handle.get(), layer, &weights, &replaced, error);
  });
  return new Model(make_model(model->engine, ModelHandle(replaced)));
}

void bind_weights(nb::class_<Model>& model) {
  model.def("layer_count", &Model::layer_count)
      .def("find_layer", &Model::find_layer, nb::arg("name").none())
      .def("layer", &Model::layer, nb::arg("index"))
      .def("float_products", &Model::float_products)
      .def("weights", &Model::weights, nb::arg("layer"))
      .def("replace", &Model::replace, nb::arg("layer"), nb::arg("parts"), nb::arg("name"),
           nb::rv_policy::take_ownership);
}

}  // namespace octet::python
