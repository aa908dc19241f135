// Listing and dumping of layers.
#include "apps/run_model/modes/weights.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <memory>

#include "apps/run_model/npy/npy.h"
#include "apps/run_model/terminal.h"
#include "runtime/api/json_text.h"

namespace octet::app {
namespace {

struct FreeWeights {
  void operator()(octet_weights* weights) const { octet_weights_free(weights); }
};

}  // namespace

Status list_weights(const LoadedModel& model, const Options& options) {
  auto layers = nlohmann::json::array();
  int64_t total = 0;
  for (int32_t index = 0; index < octet_model_layer_count(model.get()); ++index) {
    octet_layer_info info = OCTET_INIT(octet_layer_info);
    octet_error* error = nullptr;
    OCTET_RETURN_IF_ERROR(take_error(octet_model_layer(model.get(), index, &info, &error), error));
    const std::vector<std::string> aliases(info.aliases, info.aliases + info.alias_count);
    total += info.bytes;
    if (options.json) {
      layers.push_back({{"name", info.name},
                        {"aliases", aliases},
                        {"n", info.n},
                        {"k", info.k},
                        {"scheme", info.scheme},
                        {"products", info.products},
                        {"reason", info.reason},
                        {"granularity", info.granularity},
                        {"layout", info.layout},
                        {"bytes", info.bytes}});
    } else {
      print_line(stdout, "{}  N {}  K {}  {}  {}  {}  {} bytes{}{}{}{}", info.name, info.n, info.k,
                 info.scheme, info.granularity, info.layout, info.bytes,
                 aliases.empty() ? "" : "  also: ", fmt::join(aliases, ", "),
                 *info.reason == '\0' ? "" : "  float: ", info.reason);
    }
  }
  for (int32_t index = 0; index < octet_model_float_product_count(model.get()); ++index) {
    octet_float_product product = OCTET_INIT(octet_float_product);
    octet_error* error = nullptr;
    OCTET_RETURN_IF_ERROR(
        take_error(octet_model_float_product(model.get(), index, &product, &error), error));
    if (options.json)
      layers.push_back(
          {{"name", product.name}, {"scheme", "none"}, {"reason", product.reason}, {"bytes", 0}});
    else
      print_line(stdout, "{}  no linear layer: {}", product.name, product.reason);
  }
  if (options.json) {
    put_line(stdout, json_text(layers));
  } else {
    print_line(stdout, "{} linear layers, {:.1f} MB", octet_model_layer_count(model.get()),
               static_cast<double>(total) / (1 << 20));
  }
  return Status::ok();
}

Status dump_weight(const LoadedModel& model, const Options& options) {
  octet_error* error = nullptr;
  int32_t layer = 0;
  OCTET_RETURN_IF_ERROR(take_error(
      octet_model_find_layer(model.get(), options.dump_weight.c_str(), &layer, &error), error));
  octet_weights weights = OCTET_INIT(octet_weights);
  OCTET_RETURN_IF_ERROR(take_error(octet_weights_get(model.get(), layer, &weights, &error), error));
  const std::unique_ptr<octet_weights, FreeWeights> owner(&weights);

  const std::filesystem::path folder(options.output_dir);
  const std::pair<const char*, const octet_tensor*> parts[] = {
      {"int_data.npy", &weights.int_data},
      {"scale.npy", &weights.scale},
      {"zero_point.npy", &weights.zero_point},
      {"smoothing.npy", &weights.smoothing}};
  for (const auto& [file, part] : parts)
    if (part->data != nullptr) OCTET_RETURN_IF_ERROR(write_npy((folder / file).string(), *part));
  return Status::ok();
}

}  // namespace octet::app
