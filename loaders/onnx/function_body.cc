// Bodies out of ONNX's table of ops.
#include "loaders/onnx/function_body.h"

#include <algorithm>
#include <set>

#include "loaders/onnx/element_type.h"
#include "loaders/onnx/onnx_fence.h"
#include "onnx/common/constants.h"
#include "onnx/defs/schema.h"
#include "onnx/shape_inference/attribute_binder.h"

namespace octet {
namespace {

using pb::OpSchema;

constexpr const char* kWhat = "the standard's definition of the op does not fit";

const OpSchema* find_schema(const std::string& domain, const std::string& op_type, int64_t opset) {
  const std::string own = pb::NormalizeDomain(domain);
  if (own != pb::ONNX_DOMAIN && own != pb::AI_ONNX_PREVIEW_DOMAIN) return nullptr;
  return pb::OpSchemaRegistry::Schema(op_type, static_cast<int>(opset), own);
}

// Tensors are kept apart from the message (wire_scan.h): ONNX's code would not see their elements.
bool holds_graphs_or_tensors(const OpSchema& schema) {
  return std::ranges::any_of(schema.attributes(), [](const auto& attribute) {
    using Type = pb::AttributeProto;
    const auto type = attribute.second.type;
    return type == Type::GRAPH || type == Type::GRAPHS || type == Type::TENSOR ||
           type == Type::TENSORS;
  });
}

// The opset that a body for `opset` is written in: the newest that is not above it, or the oldest
// where the standard gave the op a body later. 0: it has none.
int body_opset(const OpSchema& schema, int64_t opset) {
  std::set<int> written;
  for (const auto& versions :
       {schema.function_opset_versions(), schema.context_dependent_function_opset_versions()})
    written.insert(versions.begin(), versions.end());
  if (written.empty()) return 0;
  const auto above = written.upper_bound(static_cast<int>(opset));
  return above == written.begin() ? *above : *std::prev(above);
}

pb::TypeProto type_proto(const TypeInfo* type) {
  pb::TypeProto proto;
  if (type == nullptr || !type->is_tensor()) return proto;
  auto& tensor = *proto.mutable_tensor_type();
  tensor.set_elem_type(onnx_type_of(type->dtype));
  auto& shape = *tensor.mutable_shape();
  for (const Dim& extent : type->shape) {
    auto& dim = *shape.add_dim();
    if (extent.is_constant()) dim.set_dim_value(extent.value());
  }
  return proto;
}

// false: the standard has no body for such a node.
bool build(const OpSchema& schema, const pb::NodeProto& node, int version, InputTypes inputs,
           pb::FunctionProto& function) {
  if (!schema.HasContextDependentFunctionWithOpsetVersion(version)) {
    const pb::FunctionProto* fixed = schema.GetFunction(version, false);
    if (fixed != nullptr) function = *fixed;
    return fixed != nullptr;
  }
  std::vector<pb::TypeProto> types;
  for (const TypeInfo* input : inputs) types.push_back(type_proto(input));
  const pb::FunctionBodyBuildContextImpl context(node, types);
  return schema.BuildContextDependentFunction(context, function, version);
}

void fill_in_attributes(const OpSchema& schema, const pb::NodeProto& node,
                        pb::FunctionProto& function) {
  pb::internal::AttributeMap attributes;
  for (const auto& [name, attribute] : schema.attributes())
    if (attribute.default_value.has_name()) attributes[name] = &attribute.default_value;
  for (const auto& attribute : node.attribute()) attributes[attribute.name()] = &attribute;
  pb::internal::AttributeBinder(attributes).VisitFunction(function);
}

FunctionBody take_body(const pb::NodeProto& node, pb::FunctionProto& function) {
  FunctionBody body;
  for (const auto& import : function.opset_import())
    body.opsets[pb::NormalizeDomain(import.domain())] = import.version();
  std::set<std::string> absent;
  for (int i = 0; i < function.input_size(); ++i) {
    body.graph.add_input()->set_name(function.input(i));
    if (i >= node.input_size() || node.input(i).empty()) absent.insert(function.input(i));
  }
  for (int i = 0; i < node.output_size(); ++i)
    if (!node.output(i).empty()) body.graph.add_output()->set_name(function.output(i));
  body.graph.mutable_node()->Swap(function.mutable_node());
  for (auto& inner : *body.graph.mutable_node())
    for (auto& input : *inner.mutable_input())
      if (absent.contains(input)) input.clear();
  return body;
}

}  // namespace

bool has_function_body(const std::string& domain, const std::string& op_type, int64_t opset) {
  bool found = false;
  const Status status = fenced(kWhat, [&] {
    const OpSchema* schema = find_schema(domain, op_type, opset);
    found = schema != nullptr && !schema->deprecated() && !holds_graphs_or_tensors(*schema) &&
            body_opset(*schema, opset) > 0;
  });
  return status.is_ok() && found;
}

Result<FunctionBody> function_body(const pb::NodeProto& node, int64_t opset, InputTypes inputs) {
  FunctionBody body;
  bool built = false;
  OCTET_RETURN_IF_ERROR(fenced(kWhat, [&] {
    const OpSchema& schema = *find_schema(node.domain(), node.op_type(), opset);
    schema.Verify(node);
    pb::FunctionProto function;
    built = build(schema, node, body_opset(schema, opset), inputs, function) &&
            node.input_size() <= function.input_size() &&
            node.output_size() <= function.output_size();
    if (!built) return;
    fill_in_attributes(schema, node, function);
    body = take_body(node, function);
  }));
  if (built) return body;
  std::string types;
  for (const TypeInfo* input : inputs)
    types += (types.empty() ? "" : ", ") + (input == nullptr ? "none" : to_string(*input));
  return invalid_model("the standard does not define it for these inputs and attributes; inputs: " +
                       types);
}

}  // namespace octet
