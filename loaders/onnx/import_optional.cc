// Optional, OptionalGetElement and OptionalHasElement: https://onnx.ai/onnx/operators.
#include "loaders/onnx/control_parts.h"
#include "loaders/onnx/declared_type.h"
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/sequence_parts.h"

namespace octet {
namespace {

// The node of this graph that makes an optional of something, or of nothing; nullptr: the run
// knows.
const Node* maker_of(NodeImport& node, int index) {
  const Node* maker = node.graph().producer(node.input(index));
  const auto* attrs = maker != nullptr ? maker->as<SequenceAttrs>() : nullptr;
  return attrs != nullptr && attrs->function == SequenceFunction::kOptional ? maker : nullptr;
}

// The optional of what the attribute "type" says.
Result<TypeInfo> empty_type(NodeImport& node) {
  const pb::TypeProto* type = node.type_attribute("type");
  OCTET_RETURN_IF_ERROR(node.status());
  if (type == nullptr) return invalid_model("has neither an input nor the attribute \"type\"");
  pb::TypeProto optional;
  *optional.mutable_optional_type()->mutable_elem_type() = *type;
  const auto declared = declared_held_type(optional);
  if (!declared.is_ok())
    return Status(declared.status().code(), "attribute \"type\" " + declared.status().message());
  return held_type(declared->form, declared->dtype, kAnyRank);
}

}  // namespace

Status import_optional(NodeImport& node) {
  if (!node.has_input(0)) {
    OCTET_ASSIGN_OR_RETURN(const TypeInfo type, empty_type(node));
    return node.finish(
        SequenceAttrs{.function = SequenceFunction::kOptional, .result = result_type(type)}, {});
  }
  const TypeInfo inside = node.type(0);
  if (is_optional(inside.form))
    return invalid_model("input 0 is " + to_string(inside) + ", expected a tensor or a sequence");
  OCTET_RETURN_IF_ERROR(expect_holdable(node, 0));
  const TypeInfo type = held_type(with_optional(inside.form), inside.dtype,
                                  inside.is_tensor() ? inside.rank() : inside.held_rank);
  return node.finish(
      SequenceAttrs{.function = SequenceFunction::kOptional, .result = result_type(type)},
      node.inputs());
}

Status import_optional_get_element(NodeImport& node) {
  const TypeInfo type = node.type(0);
  if (!is_optional(type.form)) return node.alias(node.input(0)), Status::ok();
  if (const Node* maker = maker_of(node, 0); maker != nullptr && !maker->inputs.empty())
    return node.alias(maker->inputs[0]), Status::ok();
  SequenceAttrs attrs{.function = SequenceFunction::kElement};
  if (type.form == ValueForm::kOptionalSequence) {
    attrs.result = result_type(held_type(ValueForm::kSequence, type.dtype, type.held_rank));
    return node.finish(std::move(attrs), node.inputs());
  }
  OCTET_ASSIGN_OR_RETURN(const int rank, node.held_rank(0));
  return finish_taken(node, std::move(attrs), type.dtype, rank, node.inputs());
}

// Tensors and sequences are always there.
Status import_optional_has_element(NodeImport& node) {
  const Node* maker = node.has_input(0) ? maker_of(node, 0) : nullptr;
  const bool is_known = !node.has_input(0) || !is_optional(node.type(0).form) || maker != nullptr;
  if (is_known) {
    const bool there = node.has_input(0) && (maker == nullptr || !maker->inputs.empty());
    return node.finish_constant(Constant(Tensor::from(std::span(&there, 1), {})));
  }
  return finish_taken(node, {.function = SequenceFunction::kHasElement}, DType::kBool, 0,
                      node.inputs());
}

}  // namespace octet
