// NodeRewriter: writes one node of the source as the quantized layer that it is.
#pragma once

#include <string>
#include <vector>

#include "loaders/onnx/save/graph_scope.h"
#include "loaders/onnx/save/layer_writer.h"
#include "loaders/onnx/save/node_form.h"
#include "loaders/onnx/save/rewrite_layers.h"

namespace octet {

// What is saved otherwise than it runs: how many layers, and the first.
struct SaveNotes {
  int float_activations = 0, unwritten = 0;
  std::string first_float, first_unwritten;
};

// Of the nodes of one graph. Threading: one owner.
class NodeRewriter {
 public:
  NodeRewriter(LayerWriter& writer, LayerWriter::Nodes& nodes, const GraphScope& scope,
               SaveFormat format, SaveNotes& notes)
      : writer_(writer), nodes_(nodes), scope_(scope), format_(format), notes_(notes) {}

  // Appends to `nodes` what takes the place of `node`; the layer will be called `name`, which is
  // without a prefix.
  Status rewrite(std::unique_ptr<pb::NodeProto> node, const SavedLayer& layer,
                 const std::string& name);

 private:
  using Node = std::unique_ptr<pb::NodeProto>;
  struct Layer {  // what is known of the one that is written
    const SavedLayer& layer;
    const std::string& name;
    NodeForm form;
    WeightPath path;
    std::string base;  // what its weight is called
  };

  Status rewrite_float(Node node, const Layer& layer);
  Status replace_weight(Node node, const Layer& layer, bool quantizes_rows);
  Status take_apart(Node node, const Layer& layer, bool quantizes_rows);
  Status round_weight(Node node, const Layer& layer);
  // Whether the codes in the file are those of the layer.
  bool is_coded(const Layer& layer) const;
  std::vector<int64_t> given_dims(const pb::NodeProto& node, const Layer& layer) const;
  void keep(Node node) { nodes_.push_back(std::move(node)); }
  void note(int& count, std::string& first, const pb::NodeProto& node, const Layer& layer);

  LayerWriter& writer_;
  LayerWriter::Nodes& nodes_;
  const GraphScope& scope_;
  SaveFormat format_;
  SaveNotes& notes_;
};

}  // namespace octet
