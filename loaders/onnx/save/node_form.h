// NodeForm: the nodes of ONNX that are linear layers, and what their inputs are.
#pragma once

#include "loaders/onnx/onnx_proto.h"
#include "loaders/onnx/save/layer_writer.h"

namespace octet {

// How a node with a weight is written when its layer is quantized.
enum class NodeKind {
  kProduct,  // MatMul, Gemm and the like: taken apart into a layer and what comes behind it
  kWeight,   // the weight alone is replaced, activations stay float
  kCodes,    // it reads codes, a scale and a zero point already
  kSums,     // MatMulInteger: its scale stands behind it
  kOwn,      // DynamicLinear
  kBlocks,   // MatMulNBits
  kOther     // no linear layer, or none that can be written
};

struct NodeForm {
  NodeKind kind = NodeKind::kOther;
  int weight = 1;                   // input
  int scale = -1, zero_point = -1;  // inputs of kCodes
  bool by_row = false;              // the weight is [N, ..], not [.., N]
  bool turned_src = false;          // kProduct: [.., K, rows]
  float alpha = 1, beta = 1;        // of a Gemm; alpha of a FusedMatMul
  bool has_addend = false;          // input 2 of a Gemm
};

NodeForm form_of(const pb::NodeProto& node);
// Where the weight of the node lies: `given` are the dims of the tensor in the file, if it is one.
// Empty dims: they do not hold [N, K].
WeightDims weight_dims(const pb::NodeProto& node, const NodeForm& form, const SavedLayer& layer,
                       const std::vector<int64_t>& given);

}  // namespace octet
