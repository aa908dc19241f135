// Model: the pieces below the C API put together, for Octet's own programs and tests.
#pragma once

#include <memory>
#include <string>

#include "loaders/onnx/model_source.h"
#include "runtime/api/engine.h"
#include "runtime/api/load_log.h"
#include "runtime/graph/graph.h"
#include "runtime/passes/quantize/float_products.h"
#include "runtime/passes/quantize/quantization_plan.h"
#include "runtime/program/program.h"
#include "runtime/session/session.h"

namespace octet {

struct LoadOptions {
  QuantizationPlan quantization;
  bool smooth_from_norm = true;
  // Whose kernels run beside the host's: "cpu": nobody's; "auto": every device's of the engine;
  // else the device of this name. Error: kUnsupported where the engine has none of this name.
  std::string device = "cpu";
  bool requantize = false;  // see PassOptions
  bool reference_only = false;  // reference kernels for everything: the oracle of whole-model tests
  std::vector<std::string> disabled_passes;  // besides OCTET_DISABLE_PASSES=name,name
  // Ends loading with kCancelled or kDeadlineExceeded: it is looked at between nodes, passes and
  // layers, in the evaluation of constants, and every few megabytes that are read.
  RunControl control = {};
};

// A layer as the user asks for it: a part of a record of the program.
struct LayerRef {
  int program = 0;  // in the order of for_each_program()
  int record = 0;   // into its Program::layers
  int part = 0;    // of its parts
};

// Immutable. Its memory is a part of the engine's. Threading: any thread. What needs memory throws
// std::bad_alloc when there is none.
class Model {
 public:
  static Result<std::shared_ptr<const Model>> load(std::shared_ptr<Engine> engine,
                                                   const std::string& path,
                                                   const LoadOptions& options);
  static Result<std::shared_ptr<const Model>> load_memory(std::shared_ptr<Engine> engine,
                                                          std::span<const std::byte> bytes,
                                                          const LoadOptions& options);
  // From a graph that no pass has seen yet; tests build such graphs.
  static Result<std::shared_ptr<const Model>> from_graph(std::shared_ptr<Engine> engine,
                                                         Graph graph, const LoadOptions& options);

  const std::shared_ptr<Engine>& engine() const { return engine_; }
  const std::shared_ptr<const Program>& program() const { return program_; }
  // Of what this model does not share with the one that it was made from.
  int64_t memory_bytes() const { return memory_->bytes_in_use(); }
  // `packed`: see SessionOptions.
  std::unique_ptr<Session> make_session(bool packed = false) const;

  // Linear layers in the order of the graph, the parts of merged ones each by itself; those of the
  // graphs in it behind them. Layers that are made when a run shows values are not among them.
  const std::vector<LayerRef>& layers() const { return layers_; }
  const LayerPart& layer(int index) const;
  const LayerRecord& record(int index) const;
  const QuantizationScheme& scheme(int index) const;
  // What its kernel has packed, with that of the layers that it is merged with; nullptr for a float
  // layer and for plain codes.
  const PackedWeights* packed_weights(int index) const;
  // Why a layer of scheme none is none; "" for others.
  const std::string& why_float(int index) const;
  // The products that are no linear layers.
  const std::vector<FloatProduct>& float_products() const { return float_products_; }
  // Of the node that computes the layer.
  const NodeReport& report(int index) const;
  // By its own name, or by an alias that no other layer has. Errors: kNotFound with the names that
  // come nearest; kInvalidArgument with the layers that share the name.
  Result<int> find_layer(const std::string& name) const;
  // The plain components of a quantized layer, copied. Error: kUnsupported for a float layer.
  Result<QuantizedTensor> weights(int layer) const;
  // Whether one was made from the other by replace().
  bool shares_structure(const Model& other) const { return cache_ == other.cache_; }
  // A model that shares everything with this one but that layer's weights. Errors: what validate()
  // finds, extents that are not the layer's, smoothing that differs from the layer's (its
  // activations are quantized once for all their readers).
  Result<std::shared_ptr<const Model>> replace(int layer, const QuantizedTensor& weights) const;
  // What it was loaded from; nullptr for a model from a graph.
  const ModelSource* source() const { return source_.get(); }
  // Of a layer: whether its weights are not those that it was loaded with.
  bool is_replaced(int layer) const;

 private:
  Model(std::shared_ptr<Engine> engine, std::shared_ptr<Memory> memory,
        std::vector<Backend> backends, std::shared_ptr<SharedStore> store,
        std::shared_ptr<const Program> program, std::vector<FloatProduct> float_products,
        std::shared_ptr<const ModelSource> source);
  const Program& program_of(int index) const;  // a layer
  // "\"fc1\" (layer 0), ..", the first of many.
  std::string list_layers(std::span<const int> indices) const;
  // Precondition: `memory` is the current one.
  static Result<std::shared_ptr<const Model>> build(std::shared_ptr<Engine> engine,
                                                    std::shared_ptr<Memory> memory, Graph graph,
                                                    std::shared_ptr<const ModelSource> source,
                                                    const LoadOptions& options, const LoadLog& log);

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Memory> memory_;
  std::vector<Backend> backends_;  // that it was compiled with, and replaced weights are
  // What layers share, and models made by replace() with them: packed weights by what they were
  // made from, primitives by their shape.
  std::shared_ptr<SharedStore> store_;
  MemoryCharge structure_;  // the estimate of what program_ takes beside buffers
  std::shared_ptr<const Program> program_;
  std::shared_ptr<BindingCache> cache_;
  std::vector<const Program*> programs_;  // program_ and those that it runs
  std::vector<LayerRef> layers_;
  std::vector<FloatProduct> float_products_;
  std::shared_ptr<const ModelSource> source_;
};

}  // namespace octet
