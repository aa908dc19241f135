// LayerWriter: the nodes and tensors that a quantized layer is written as.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "loaders/onnx/save/model_edit.h"
#include "loaders/onnx/save/saved_layer.h"

namespace octet {

// How the dims of a weight in the file hold [N, K].
struct WeightDims {
  std::vector<int64_t> dims;   // as many elements as N * K
  bool by_row = false;         // in the order of [N, K]; else of [K, N]
  int axis_n = 1, axis_k = 0;  // of output and of input features; -1: they are several
};

// Of one graph; what several layers share is written once. Threading: one owner.
class LayerWriter {
 public:
  using Nodes = std::vector<std::unique_ptr<pb::NodeProto>>;

  // New nodes are appended to `nodes`; both must outlive it.
  LayerWriter(ModelEdit& edit, pb::GraphProto& graph, Nodes& nodes)
      : edit_(edit), graph_(graph), nodes_(nodes) {}

  ModelEdit& edit() { return edit_; }
  pb::NodeProto& add_node(const std::string& op_type, const std::string& name,
                          const std::vector<std::string>& inputs, const std::string& output);
  // The same with an output of its own, which is given: called after the node.
  std::string add_value(const std::string& op_type, const std::string& name,
                        const std::vector<std::string>& inputs);
  std::string add_cast(const std::string& value, int data_type, const std::string& name);

  // An f32 value, or a float value as f32.
  std::string scalar(const std::string& wanted, float value) {
    return edit_.add_scalar(graph_, wanted, value);
  }
  std::string widened(const std::string& value);
  std::string add_reshape(const std::string& value, const std::vector<int64_t>& dims,
                          const std::string& name);
  // An initializer of what `tensor` holds; as f16 or bf16 where `data_type` says so of f32.
  std::string add_tensor(const std::string& wanted, int data_type, const Tensor& tensor);

  // The weight as floats, of codes: DequantizeLinear. `base`: what the weight is called in the
  // file. Error: kUnsupported for parts that ONNX's op does not have.
  Result<std::string> dequantized(const SavedLayer& layer, const WeightDims& dims,
                                  const std::string& base);
  // src [.., K] by a layer whose activations are quantized per token; gives `output`.
  Status per_token(const SavedLayer& layer, const std::string& src, const std::string& base,
                   const std::string& name, const std::string& output);
  // The same per tensor, in ONNX's own ops.
  Status per_tensor(const SavedLayer& layer, const std::string& src, const std::string& base,
                    const std::string& name, const std::string& output);
  // src divided by the layer's smoothing; src itself where it has none.
  Result<std::string> smoothed(const SavedLayer& layer, const std::string& src);

  // A constant f32 weight rounded to bf16, as f32 again.
  std::string rounded(const pb::TensorProto& weight, const std::string& base);

  // What a layer's parts are called once they are in the graph.
  struct Parts {
    std::string codes, scale, zero_point;  // "": there is none
    std::string floats;                    // dequantized
    Granularity granularity = Granularity::kPerChannel;
    int64_t block = 0;
  };
  // `as_op`: with a scale and zero point as ONNX's ops have them; else as vectors. The result is
  // good as long as this.
  Result<Parts*> parts(const SavedLayer& layer, const WeightDims& dims, const std::string& base,
                       bool as_op);
  // Theirs, or zeros like their scale.
  Result<std::string> zero_point_of(const SavedLayer& layer, const Parts& parts,
                                    const WeightDims& dims, const std::string& base);

 private:
  Result<std::string> vector_of(const Tensor& tensor, const std::string& wanted);

  ModelEdit& edit_;
  pb::GraphProto& graph_;
  Nodes& nodes_;
  std::map<std::string, Parts> parts_;         // by SavedLayer::key and layout
  std::map<std::string, std::string> shared_;  // tensors and values by what they are made of
};

}  // namespace octet
