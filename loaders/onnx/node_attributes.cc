// Attributes of NodeImport.
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/names.h"
#include "loaders/onnx/node_import.h"

namespace octet {

using Type = pb::AttributeProto;

const pb::AttributeProto* NodeImport::find(std::string_view attribute) const {
  for (const auto& candidate : proto_.attribute())
    if (candidate.name() == attribute) return &candidate;
  return nullptr;
}

const pb::AttributeProto* NodeImport::find(std::string_view attribute,
                                           pb::AttributeProto::AttributeType type) {
  const pb::AttributeProto* found = find(attribute);
  if (found == nullptr || found->type() == type) return found;
  if (status_.is_ok())
    status_ = invalid_model("attribute " + quoted(attribute) + " is of type " +
                            pb::AttributeProto::AttributeType_Name(found->type()) + ", expected " +
                            pb::AttributeProto::AttributeType_Name(type));
  return nullptr;
}

int64_t NodeImport::int_attribute(std::string_view attribute, int64_t otherwise) {
  const auto* found = find(attribute, Type::INT);
  return found ? found->i() : otherwise;
}

float NodeImport::float_attribute(std::string_view attribute, float otherwise) {
  const auto* found = find(attribute, Type::FLOAT);
  return found ? found->f() : otherwise;
}

std::string NodeImport::string_attribute(std::string_view attribute, const std::string& otherwise) {
  const auto* found = find(attribute, Type::STRING);
  return found ? found->s() : otherwise;
}

std::optional<std::vector<int64_t>> NodeImport::ints_attribute(std::string_view attribute) {
  const auto* found = find(attribute, Type::INTS);
  if (!found) return std::nullopt;
  return std::vector<int64_t>(found->ints().begin(), found->ints().end());
}

std::optional<std::vector<float>> NodeImport::floats_attribute(std::string_view attribute) {
  const auto* found = find(attribute, Type::FLOATS);
  if (!found) return std::nullopt;
  return std::vector<float>(found->floats().begin(), found->floats().end());
}

std::optional<std::vector<std::string>> NodeImport::strings_attribute(std::string_view attribute) {
  const auto* found = find(attribute, Type::STRINGS);
  if (!found) return std::nullopt;
  return std::vector<std::string>(found->strings().begin(), found->strings().end());
}

Result<std::optional<Constant>> NodeImport::tensor_attribute(std::string_view attribute) {
  const auto* found = find(attribute, Type::TENSOR);
  if (!found) return std::optional<Constant>();
  Result<Constant> constant = import_tensor(found->t(), store_);
  if (!constant.is_ok()) return constant.status().with_prefix("attribute " + quoted(attribute));
  return std::optional<Constant>(std::move(constant).value());
}

Result<DType> NodeImport::type_attribute(std::string_view attribute, DType otherwise) {
  if (!has_attribute(attribute)) return otherwise;
  const int64_t given = int_attribute(attribute, 0);
  const int data_type = given >= 0 && given < 1000 ? static_cast<int>(given) : -1;
  const std::optional<DType> dtype = dtype_of_onnx(data_type);
  if (dtype) return *dtype;
  return unsupported("attribute " + quoted(attribute) + " is element type " +
                     onnx_type_name(data_type) + ", which is not supported");
}

Result<const pb::GraphProto*> NodeImport::graph_attribute(std::string_view attribute) {
  const auto* found = find(attribute, Type::GRAPH);
  OCTET_RETURN_IF_ERROR(status_);
  if (!found) return invalid_model("attribute " + quoted(std::string(attribute)) + " is missing");
  return &found->g();
}

const pb::TypeProto* NodeImport::type_attribute(std::string_view attribute) {
  const auto* found = find(attribute, Type::TYPE_PROTO);
  return found ? &found->tp() : nullptr;
}

Result<std::optional<std::vector<int64_t>>> NodeImport::ints(std::string_view attribute, int index,
                                                             int64_t since) {
  if (opset_ < since) return ints_attribute(attribute);
  if (!has_input(index)) return std::optional<std::vector<int64_t>>();
  OCTET_ASSIGN_OR_RETURN(std::vector<int64_t> values, integers(index));
  return std::optional<std::vector<int64_t>>(std::move(values));
}

}  // namespace octet
