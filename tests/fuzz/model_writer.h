// Writes ONNX models in code: values by name, constants as the bytes of their elements.
#pragma once

#include <string>
#include <vector>

#include "loaders/onnx/onnx_proto.h"
#include "runtime/ops/type_info.h"

namespace octet::fuzz {

using OnnxType = pb::TensorProto::DataType;

int bits_of(OnnxType type);  // of one element; those below 8 lie packed in bytes

// A node that was just written; good as long as the model is not assigned to.
class NodeWriter {
 public:
  explicit NodeWriter(pb::NodeProto& node) : node_(node) {}
  NodeWriter& set(const char* name, int64_t value);
  NodeWriter& set(const char* name, float value);
  NodeWriter& set(const char* name, const char* value);
  NodeWriter& set(const char* name, const std::vector<int64_t>& values);
  NodeWriter& set(const char* name, const std::vector<std::string>& values);
  NodeWriter& set(const char* name, const pb::GraphProto& value);
  NodeWriter& named(const std::string& name);
  NodeWriter& microsoft();  // an op of com.microsoft
  std::string result(int index = 0) const { return node_.output(index); }

 private:
  pb::AttributeProto& add(const char* name, pb::AttributeProto::AttributeType type);
  pb::NodeProto& node_;
};

// Threading: none.
class ModelWriter {
 public:
  explicit ModelWriter(int64_t opset);

  // All of them give the name of a value. Symbols of `shape` become dim_params.
  std::string input(OnnxType type, const SymbolicShape& shape);
  // `bytes`: as raw_data has them.
  std::string constant(OnnxType type, const std::vector<int64_t>& dims, std::string bytes);
  std::string floats(const std::vector<int64_t>& dims, const std::vector<float>& values);
  std::string integers(const std::vector<int64_t>& values);  // i64 [values]
  // An input "" is an absent one. The results have new names.
  NodeWriter node(const char* op, const std::vector<std::string>& inputs, int results = 1);

  // Its outputs are up to the caller.
  pb::ModelProto& model() { return model_; }

 private:
  std::string new_name() { return "v" + std::to_string(names_++); }

  pb::ModelProto model_;
  int names_ = 0;
};

}  // namespace octet::fuzz
