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
  auto source = std::make_shared<const ModelSource>(std::move(loaded.source));
  auto model = build(std::move(engine), std::move(memory), std::move(loaded.graph),
                     std::move(source), options, log);
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
  auto source = std::make_shared<const ModelSource>(std::move(loaded.source));
  auto model = build(std::move(engine), std::move(memory), std::move(loaded.graph),
                     std::move(source), options, log);
  if (model.is_ok()) log.loaded(**model);
  return model;
}

Result<std::shared_ptr<const Model>> Model::from_graph(std::shared_ptr<Engine> engine, Graph graph,
                                                       const LoadOptions& options) {
  auto memory = Memory::part_of(engine->memory);
  const MemoryScope scope(memory.get());
  const ControlScope control(&options.control);
  const LoadLog log(engine->log, "graph");
  return build(std::move(engine), std::move(memory), std::move(graph), nullptr, options, log);
}

namespace {

// Passes and compilation, of a model's graph and of those that are made once a run shows values.
// What is made keeps it.
class ProgramMaker : public std::enable_shared_from_this<ProgramMaker> {
 public:
  ProgramMaker(const Engine& engine, std::shared_ptr<Memory> memory, LoadOptions options,
               std::vector<Backend> backends, std::shared_ptr<SharedStore> store)
      : limits_(engine.limits),
        log_(engine.log),
        memory_(std::move(memory)),
        options_(std::move(options)),
        backends_(std::move(backends)),
        features_(features_of(backends_)),
        store_(std::move(store)),
        copy_(copy_kernel(engine.backends)) {
    if (options_.reference_only) backends_.erase(backends_.begin(), backends_.end() - 1);
    options_.control = {};  // of the load alone
  }

  const std::vector<Backend>& backends() const { return backends_; }

  Result<std::shared_ptr<const Program>> make(Graph graph, const LoadLog& log,
                                              std::vector<FloatProduct>* products) const {
    PassOptions options = pass_options(options_, features_, limits_, log, store_.get());
    options.is_whole_model = products != nullptr;
    OCTET_RETURN_IF_ERROR(run_passes(graph, options));
    if (products != nullptr) *products = all_float_products(graph);
    const CompileOptions compile_options{
        backends_, copy_, store_.get(),
        [self = shared_from_this()](Graph late) { return self->make_late(std::move(late)); },
        numbers_};
    return compile(std::move(graph), compile_options);
  }

 private:
  Result<std::shared_ptr<const Program>> make_late(Graph graph) const {
    const MemoryScope scope(memory_.get());
    return make(std::move(graph), LoadLog(log_, "late graph"), nullptr);
  }

  Limits limits_;
  Log log_;
  std::shared_ptr<Memory> memory_;
  LoadOptions options_;
  std::vector<Backend> backends_;
  BackendFeatures features_;
  std::shared_ptr<SharedStore> store_;
  std::shared_ptr<const TaskKernel> copy_;
  std::shared_ptr<std::atomic<int>> numbers_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace

Result<std::shared_ptr<const Model>> Model::build(std::shared_ptr<Engine> engine,
                                                  std::shared_ptr<Memory> memory, Graph graph,
                                                  std::shared_ptr<const ModelSource> source,
                                                  const LoadOptions& options, const LoadLog& log) {
  auto store = std::make_shared<SharedStore>();
  OCTET_ASSIGN_OR_RETURN(std::vector<Backend> backends, choose_backends(*engine, options));
  const auto maker =
      std::make_shared<ProgramMaker>(*engine, memory, options, std::move(backends), store);
  std::vector<FloatProduct> products;
  OCTET_ASSIGN_OR_RETURN(auto program, maker->make(std::move(graph), log, &products));
  OCTET_RETURN_IF_ERROR(check_stop());  // late is late
  return std::shared_ptr<const Model>(
      new Model(std::move(engine), std::move(memory), maker->backends(), std::move(store),
                std::move(program), std::move(products), std::move(source)));
}

Model::Model(std::shared_ptr<Engine> engine, std::shared_ptr<Memory> memory,
             std::vector<Backend> backends, std::shared_ptr<SharedStore> store,
             std::shared_ptr<const Program> program, std::vector<FloatProduct> float_products,
             std::shared_ptr<const ModelSource> source)
    : engine_(std::move(engine)),
      memory_(std::move(memory)),
      backends_(std::move(backends)),
      store_(std::move(store)),
      structure_(structure_bytes(*program)),
      program_(std::move(program)),
      cache_(std::make_shared<BindingCache>(kBindingsKept)),
      float_products_(std::move(float_products)),
      source_(std::move(source)) {
  for_each_program(*program_, [&](const Program& each) {
    for (size_t record = 0; record < each.layers.size(); ++record)
      for (size_t part = 0; part < each.layers[record].parts.size(); ++part)
        layers_.push_back(
            {static_cast<int>(programs_.size()), static_cast<int>(record), static_cast<int>(part)});
    programs_.push_back(&each);
  });
}

std::unique_ptr<Session> Model::make_session(bool packed) const {
  return std::make_unique<Session>(
      program_, cache_, engine_->pool,
      SessionOptions{
          .memory_limit = engine_->memory_limit, .memory = engine_->memory, .packed = packed});
}

const Program& Model::program_of(int index) const {
  return *programs_[static_cast<size_t>(layers_[static_cast<size_t>(index)].program)];
}

const LayerRecord& Model::record(int index) const {
  return program_of(index).layers[static_cast<size_t>(layers_[static_cast<size_t>(index)].record)];
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

bool Model::is_replaced(int index) const {
  const std::vector<bool>& replaced = record(index).replaced;
  const auto part = static_cast<size_t>(layers_[static_cast<size_t>(index)].part);
  return part < replaced.size() && replaced[part];
}

const PackedWeights* Model::packed_weights(int index) const {
  return packed_weights_of(program_of(index), record(index));
}

const std::string& Model::why_float(int index) const { return report(index).why_float; }

const NodeReport& Model::report(int index) const {
  const Program& program = program_of(index);
  return program.reports[static_cast<size_t>(report_of(program, record(index)))];
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
  auto weights = read_layer_weights(program_of(layer), ref.record, ref.part);
  if (!weights.is_ok())
    return weights.status().with_prefix("layer \"" + this->layer(layer).name + "\"");
  return weights;
}

Result<std::shared_ptr<const Model>> Model::replace(int layer,
                                                    const QuantizedTensor& weights) const {
  const LayerRef ref = layers_[static_cast<size_t>(layer)];
  auto memory = Memory::part_of(engine_->memory);
  const MemoryScope scope(memory.get());
  const Program& old = program_of(layer);
  auto program = replace_layer_weights(old, ref.record, ref.part, weights, backends_, store_.get());
  if (!program.is_ok())
    return program.status().with_prefix("layer \"" + this->layer(layer).name + "\"");
  auto model = std::shared_ptr<Model>(new Model(
      engine_, std::move(memory), backends_, store_,
      replace_program(program_, old, std::move(program).value()), float_products_, source_));
  model->cache_ = cache_;  // shapes and memory are the same
  return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace octet
