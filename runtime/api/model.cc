// From an ONNX file to a compiled model: loader, passes, kernels.
#include "runtime/api/model.h"

#include <algorithm>
#include <cstdlib>

#include "kernels/numerics/quantize_weights.h"
#include "loaders/onnx/load_model.h"
#include "runtime/api/evaluate_constants.h"
#include "runtime/api/layer_weights.h"
#include "runtime/api/load_log.h"
#include "runtime/core/cpu_count.h"
#include "runtime/passes/pipeline.h"
#include "runtime/program/compile.h"
#include "runtime/program/steps.h"
#include "runtime/program/structure_bytes.h"

namespace octet {
namespace {

constexpr size_t kBindingsKept = 256;  // some 100 KiB each for an encoder of twelve layers

// OCTET_DISABLE_PASSES=name,name: finds the pass that is to blame without a new build.
std::vector<std::string> passes_disabled_by_environment() {
  std::vector<std::string> names;
  const char* list = std::getenv("OCTET_DISABLE_PASSES");
  std::string name;
  for (const char* at = list; at != nullptr; ++at) {
    if (*at != ',' && *at != '\0') {
      name += *at;
      continue;
    }
    if (!name.empty()) names.push_back(std::move(name));
    name.clear();
    if (*at == '\0') break;
  }
  return names;
}

Result<QuantizedTensor> quantize_weights(const Tensor& weights, const WeightScheme& scheme,
                                         const float* smoothing) {
  if (scheme.granularity != Granularity::kBlocked)
    return numerics::quantize_weights_per_channel(weights, smoothing);
  assert(smoothing == nullptr && scheme.type == ElementType::kS4);
  return numerics::quantize_weights_in_blocks(weights, 4, scheme.block);
}

PassOptions pass_options(const LoadOptions& options, const BackendFeatures& features,
                         const Limits& limits, const LoadLog& log, SharedStore* store) {
  PassOptions passes;
  passes.store = store;
  passes.warn = [&log](const std::string& text) { log.warn(text); };
  passes.quantization = options.quantization;
  passes.smooth_from_norm = options.smooth_from_norm;
  passes.features = features;
  passes.evaluate = evaluate_constants;
  passes.evaluation_cost = evaluation_cost;
  passes.quantize_weights = quantize_weights;
  passes.requantize = options.requantize;
  passes.max_folded_bytes = limits.max_folded_bytes;
  passes.disabled = options.disabled_passes;
  if (options.reference_only) passes.disabled.push_back("narrow_attention");
  for (auto& name : passes_disabled_by_environment()) passes.disabled.push_back(std::move(name));
  return passes;
}

// Those of the engine that this load may use, in the engine's order.
Result<std::vector<Backend>> choose_backends(const Engine& engine, const LoadOptions& options) {
  std::vector<Backend> chosen;
  std::string devices;
  bool found = options.device == "cpu" || options.device == "auto";
  for (const Backend& backend : engine.backends) {
    if (backend.device != nullptr) {
      const std::string name = backend.device->name();
      devices += ", " + name;
      found |= name == options.device;
      if (options.device != "auto" && options.device != name) continue;
    }
    chosen.push_back(backend);
  }
  if (!found)
    return unsupported("device \"" + options.device +
                       "\": the engine has no such device; expected cpu, auto" + devices);
  return chosen;
}

// Of the first on the host: what devices do not take runs there. A device has a say once it runs
// layers of other forms.
BackendFeatures features_of(std::span<const Backend> backends) {
  for (const Backend& backend : backends)
    if (backend.device == nullptr) return backend.features;
  return {};
}

std::shared_ptr<const TaskKernel> copy_kernel(std::span<const Backend> backends) {
  for (const Backend& backend : backends)
    if (backend.make_copy != nullptr) return backend.make_copy();
  assert(false);  // the last backend takes everything
  return nullptr;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::load(std::shared_ptr<Engine> engine,
                                                 const std::string& path,
                                                 const LoadOptions& options) {
  auto memory = Memory::part_of(engine->memory);
  const MemoryScope scope(memory.get());
  const ControlScope control(&options.control);
  const LoadLog log(engine->log, path);
  OCTET_ASSIGN_OR_RETURN(LoadedModel loaded, load_onnx_file(path, engine->limits));
  for (const std::string& warning : loaded.warnings) log.warn(warning);
  auto model = build(std::move(engine), std::move(memory), std::move(loaded.graph), options, log);
  if (!model.is_ok()) return model.status().with_prefix(path);
  log.loaded(**model);
  return model;
}

Result<std::shared_ptr<const Model>> Model::load_memory(std::shared_ptr<Engine> engine,
                                                        std::span<const std::byte> bytes,
                                                        const LoadOptions& options) {
  auto memory = Memory::part_of(engine->memory);
  const MemoryScope scope(memory.get());
  const ControlScope control(&options.control);
  const LoadLog log(engine->log, "model in memory");
  OCTET_ASSIGN_OR_RETURN(LoadedModel loaded, load_onnx_memory(bytes, nullptr, "", engine->limits));
  for (const std::string& warning : loaded.warnings) log.warn(warning);
  auto model = build(std::move(engine), std::move(memory), std::move(loaded.graph), options, log);
  if (model.is_ok()) log.loaded(**model);
  return model;
}

Result<std::shared_ptr<const Model>> Model::from_graph(std::shared_ptr<Engine> engine, Graph graph,
                                                       const LoadOptions& options) {
  auto memory = Memory::part_of(engine->memory);
  const MemoryScope scope(memory.get());
  const ControlScope control(&options.control);
  const LoadLog log(engine->log, "graph");
  return build(std::move(engine), std::move(memory), std::move(graph), options, log);
}

Result<std::shared_ptr<const Model>> Model::build(std::shared_ptr<Engine> engine,
                                                  std::shared_ptr<Memory> memory, Graph graph,
                                                  const LoadOptions& options, const LoadLog& log) {
  auto store = std::make_shared<SharedStore>();
  OCTET_ASSIGN_OR_RETURN(std::vector<Backend> backends, choose_backends(*engine, options));
  const BackendFeatures features = features_of(backends);
  if (options.reference_only) backends.erase(backends.begin(), backends.end() - 1);
  OCTET_RETURN_IF_ERROR(
      run_passes(graph, pass_options(options, features, engine->limits, log, store.get())));
  const CompileOptions compile_options{backends, copy_kernel(engine->backends), store.get()};
  std::vector<FloatProduct> products = octet::float_products(graph);
  OCTET_ASSIGN_OR_RETURN(auto program, compile(std::move(graph), compile_options));
  OCTET_RETURN_IF_ERROR(check_stop());  // late is late
  return std::shared_ptr<const Model>(new Model(std::move(engine), std::move(memory),
                                                std::move(backends), std::move(store),
                                                std::move(program), std::move(products)));
}

Model::Model(std::shared_ptr<Engine> engine, std::shared_ptr<Memory> memory,
             std::vector<Backend> backends, std::shared_ptr<SharedStore> store,
             std::shared_ptr<const Program> program, std::vector<FloatProduct> float_products)
    : engine_(std::move(engine)),
      memory_(std::move(memory)),
      backends_(std::move(backends)),
      store_(std::move(store)),
      structure_(structure_bytes(*program)),
      program_(std::move(program)),
      cache_(std::make_shared<BindingCache>(kBindingsKept)),
      float_products_(std::move(float_products)) {
  for (size_t record = 0; record < program_->layers.size(); ++record)
    for (size_t part = 0; part < program_->layers[record].parts.size(); ++part)
      layers_.push_back({static_cast<int>(record), static_cast<int>(part)});
}

std::unique_ptr<Session> Model::make_session() const {
  return std::make_unique<Session>(program_, cache_, engine_->pool,
                                   SessionOptions{engine_->memory_limit, engine_->memory});
}

const LayerRecord& Model::record(int index) const {
  return program_->layers[static_cast<size_t>(layers_[static_cast<size_t>(index)].record)];
}

const LayerPart& Model::layer(int index) const {
  return record(index).parts[static_cast<size_t>(layers_[static_cast<size_t>(index)].part)];
}

const QuantizationScheme& Model::scheme(int index) const {
  const Attributes& attributes = record(index).attributes;
  static const QuantizationScheme none;  // of a recurrence
  if (const auto* quantized = std::get_if<QuantizedLinearAttrs>(&attributes))
    return quantized->scheme;
  const auto* linear = std::get_if<LinearAttrs>(&attributes);
  return linear != nullptr ? linear->scheme : none;
}

const PackedWeights* Model::packed_weights(int index) const {
  return packed_weights_of(*program_, record(index));
}

const std::string& Model::why_float(int index) const { return report(index).why_float; }

const NodeReport& Model::report(int index) const {
  return program_->reports[static_cast<size_t>(report_of(*program_, record(index)))];
}

Result<int> Model::find_layer(const std::string& name) const {
  std::vector<int> named, aliased;
  std::string near;
  for (int index = 0; index < static_cast<int>(layers_.size()); ++index) {
    const LayerPart& part = layer(index);
    if (part.name == name) named.push_back(index);
    if (std::find(part.aliases.begin(), part.aliases.end(), name) != part.aliases.end())
      aliased.push_back(index);
    const bool alike =
        part.name.find(name) != std::string::npos || name.find(part.name) != std::string::npos;
    if (near.size() < 200 && (alike || layers_.size() <= 4))
      near += (near.empty() ? "\"" : ", \"") + part.name + "\"";
  }
  // A layer's own name comes before what others call their weights.
  const std::vector<int>& found = named.empty() ? aliased : named;
  if (found.size() == 1) return found[0];
  if (found.size() > 1)
    return invalid_argument("\"" + name + "\" names " + std::to_string(found.size()) +
                            " layers, whose weights need not be the same: " + list_layers(found) +
                            (named.empty()
                                 ? "; give the layer's own name"
                                 : "; take the layer by its index, or by the name of its weight"));
  return not_found("no linear layer is named \"" + name + "\"; " +
                   (near.empty() ? "the model has " + std::to_string(layers_.size()) + ", list them"
                                 : "near: " + near));
}

std::string Model::list_layers(std::span<const int> indices) const {
  constexpr size_t kMost = 20;
  std::string text;
  for (size_t i = 0; i < std::min(indices.size(), kMost); ++i)
    text += (i == 0 ? "\"" : ", \"") + layer(indices[i]).name + "\" (layer " +
            std::to_string(indices[i]) + ")";
  if (indices.size() > kMost) text += " and " + std::to_string(indices.size() - kMost) + " more";
  return text;
}

Result<QuantizedTensor> Model::weights(int layer) const {
  const LayerRef ref = layers_[static_cast<size_t>(layer)];
  const MemoryScope scope(engine_->memory.get());
  auto weights = read_layer_weights(*program_, ref.record, ref.part);
  if (!weights.is_ok())
    return weights.status().with_prefix("layer \"" + this->layer(layer).name + "\"");
  return weights;
}

Result<std::shared_ptr<const Model>> Model::replace(int layer,
                                                    const QuantizedTensor& weights) const {
  const LayerRef ref = layers_[static_cast<size_t>(layer)];
  auto memory = Memory::part_of(engine_->memory);
  const MemoryScope scope(memory.get());
  auto program =
      replace_layer_weights(*program_, ref.record, ref.part, weights, backends_, store_.get());
  if (!program.is_ok())
    return program.status().with_prefix("layer \"" + this->layer(layer).name + "\"");
  auto model = std::shared_ptr<Model>(new Model(engine_, std::move(memory), backends_, store_,
                                                std::move(program).value(), float_products_));
  model->cache_ = cache_;  // shapes and memory are the same
  return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace octet
