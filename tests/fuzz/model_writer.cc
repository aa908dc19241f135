// Fills in the messages of ONNX.
#include "tests/fuzz/model_writer.h"

namespace octet::fuzz {

int bits_of(OnnxType type) {
  switch (type) {
    case pb::TensorProto::INT2:
    case pb::TensorProto::UINT2:
      return 2;
    case pb::TensorProto::INT4:
    case pb::TensorProto::UINT4:
    case pb::TensorProto::FLOAT4E2M1:
      return 4;
    case pb::TensorProto::INT16:
    case pb::TensorProto::UINT16:
      return 16;
    case pb::TensorProto::FLOAT:
    case pb::TensorProto::INT32:
      return 32;
    case pb::TensorProto::INT64:
      return 64;
    default:
      return 8;
  }
}

pb::AttributeProto& NodeWriter::add(const char* name, pb::AttributeProto::AttributeType type) {
  pb::AttributeProto& attribute = *node_.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

NodeWriter& NodeWriter::set(const char* name, int64_t value) {
  add(name, pb::AttributeProto::INT).set_i(value);
  return *this;
}

NodeWriter& NodeWriter::set(const char* name, float value) {
  add(name, pb::AttributeProto::FLOAT).set_f(value);
  return *this;
}

NodeWriter& NodeWriter::set(const char* name, const char* value) {
  add(name, pb::AttributeProto::STRING).set_s(value);
  return *this;
}

NodeWriter& NodeWriter::set(const char* name, const std::vector<int64_t>& values) {
  pb::AttributeProto& attribute = add(name, pb::AttributeProto::INTS);
  for (const int64_t value : values) attribute.add_ints(value);
  return *this;
}

NodeWriter& NodeWriter::set(const char* name, const std::vector<std::string>& values) {
  pb::AttributeProto& attribute = add(name, pb::AttributeProto::STRINGS);
  for (const std::string& value : values) attribute.add_strings(value);
  return *this;
}

NodeWriter& NodeWriter::set(const char* name, const pb::GraphProto& value) {
  *add(name, pb::AttributeProto::GRAPH).mutable_g() = value;
  return *this;
}

NodeWriter& NodeWriter::named(const std::string& name) {
  node_.set_name(name);
  return *this;
}

NodeWriter& NodeWriter::microsoft() {
  node_.set_domain("com.microsoft");
  return *this;
}

ModelWriter::ModelWriter(int64_t opset) {
  model_.set_ir_version(10);
  model_.mutable_graph()->set_name("g");
  for (const char* domain : {"", "com.microsoft"}) {
    pb::OperatorSetIdProto& import = *model_.add_opset_import();
    import.set_domain(domain);
    import.set_version(*domain == '\0' ? opset : 1);
  }
}

std::string ModelWriter::input(OnnxType type, const SymbolicShape& shape) {
  pb::ValueInfoProto& input = *model_.mutable_graph()->add_input();
  input.set_name(new_name());
  pb::TypeProto::Tensor& tensor = *input.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (const Dim& dim : shape) {
    pb::TensorShapeProto::Dimension& to = *tensor.mutable_shape()->add_dim();
    if (dim.is_constant())
      to.set_dim_value(dim.value());
    else
      to.set_dim_param(dim.str());
  }
  return input.name();
}

std::string ModelWriter::constant(OnnxType type, const std::vector<int64_t>& dims,
                                  std::string bytes) {
  pb::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(new_name());
  tensor.set_data_type(type);
  for (const int64_t dim : dims) tensor.add_dims(dim);
  tensor.set_raw_data(std::move(bytes));
  return tensor.name();
}

std::string ModelWriter::floats(const std::vector<int64_t>& dims,
                                const std::vector<float>& values) {
  const auto* bytes = reinterpret_cast<const char*>(values.data());
  return constant(pb::TensorProto::FLOAT, dims, std::string(bytes, values.size() * sizeof(float)));
}

std::string ModelWriter::integers(const std::vector<int64_t>& values) {
  const auto* bytes = reinterpret_cast<const char*>(values.data());
  return constant(pb::TensorProto::INT64, {static_cast<int64_t>(values.size())},
                  std::string(bytes, values.size() * sizeof(int64_t)));
}

NodeWriter ModelWriter::node(const char* op, const std::vector<std::string>& inputs, int results) {
  pb::NodeProto& node = *model_.mutable_graph()->add_node();
  node.set_op_type(op);
  for (const std::string& name : inputs) node.add_input(name);
  while (node.input_size() > 0 && node.input(node.input_size() - 1).empty())
    node.mutable_input()->RemoveLast();
  for (int i = 0; i < results; ++i) node.add_output(new_name());
  return NodeWriter(node);
}

}  // namespace octet::fuzz
