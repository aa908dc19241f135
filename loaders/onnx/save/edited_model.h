// EditedModel: a model's protobuf while it is changed and written, with its tensors' data aside.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "loaders/onnx/model_source.h"
#include "loaders/onnx/onnx_proto.h"
#include "loaders/onnx/save/tensor_data.h"
#include "runtime/core/limits.h"

namespace octet {

struct EditedModel {
  pb::ModelProto proto;
  std::vector<TensorData> data;     // raw_data of the tensors in it are indices into this
  std::vector<FileIdentity> files;  // that it was read from
  std::string hash;                 // SHA-256 of the model's file or bytes, without external data
  bool has_external_data = false;   // of the source

  // raw_data of a tensor whose bytes these are.
  std::string add(TensorData bytes);
};

// The model as it was loaded: functions expanded but for Octet's own, what is there for training
// left out, and all else as it is in the file. `memory`: the bytes of a model that came from
// memory. Errors: kInvalidArgument where bytes or files are not those that were loaded; those of a
// load.
Result<EditedModel> read_source(const ModelSource& source, std::span<const std::byte> memory,
                                const Limits& limits);

// Calls f(graph) for the graph and all graphs in it, outer ones first.
template <class F>
void for_each_graph(pb::GraphProto& graph, F&& f) {
  f(graph);
  for (auto& node : *graph.mutable_node())
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) for_each_graph(*attribute.mutable_g(), f);
      for (auto& inner : *attribute.mutable_graphs()) for_each_graph(inner, f);
    }
}

// Calls f(tensor) for every tensor that may have raw_data: Status f(pb::TensorProto&).
template <class F>
Status for_each_tensor(pb::GraphProto& graph, F&& f) {
  Status status;
  const auto take = [&](pb::TensorProto& tensor) {
    if (status.is_ok()) status = f(tensor);
  };
  const auto take_sparse = [&](pb::SparseTensorProto& sparse) {
    take(*sparse.mutable_values());
    take(*sparse.mutable_indices());
  };
  for_each_graph(graph, [&](pb::GraphProto& each) {
    for (auto& tensor : *each.mutable_initializer()) take(tensor);
    for (auto& sparse : *each.mutable_sparse_initializer()) take_sparse(sparse);
    for (auto& node : *each.mutable_node())
      for (auto& attribute : *node.mutable_attribute()) {
        if (attribute.has_t()) take(*attribute.mutable_t());
        for (auto& tensor : *attribute.mutable_tensors()) take(tensor);
        if (attribute.has_sparse_tensor()) take_sparse(*attribute.mutable_sparse_tensor());
        for (auto& sparse : *attribute.mutable_sparse_tensors()) take_sparse(sparse);
      }
  });
  return status;
}

}  // namespace octet
