// Types of the nodes of sequences and optionals.
#include "runtime/ops/sequence.h"

#include "runtime/ops/infer.h"

namespace octet {
namespace {

Status expect_form(InputTypes inputs, size_t index, ValueForm form) {
  if (inputs[index]->form == form) return Status::ok();
  return input_error(inputs, index, std::string("a ") + form_name(form));
}

Status expect_position(InputTypes inputs, size_t index) {
  if (optional_input(inputs, index) == nullptr) return Status::ok();
  OCTET_RETURN_IF_ERROR(expect_form(inputs, index, ValueForm::kTensor));
  OCTET_RETURN_IF_ERROR(expect_index_dtype(inputs, index));
  return expect_scalar(inputs, index);
}

// Elements of the dtype that the result says.
Status expect_element(InputTypes inputs, size_t index, const SequenceAttrs& attrs) {
  if (inputs[index]->dtype == attrs.result.dtype) return Status::ok();
  return input_error(inputs, index, std::string("elements of ") + dtype_name(attrs.result.dtype));
}

Status check_inputs(const SequenceAttrs& attrs, InputTypes inputs) {
  switch (attrs.function) {
    case SequenceFunction::kConstruct:
      OCTET_RETURN_IF_ERROR(expect_inputs(inputs, inputs.size()));
      for (size_t i = 0; i < inputs.size(); ++i) {
        OCTET_RETURN_IF_ERROR(expect_form(inputs, i, ValueForm::kTensor));
        OCTET_RETURN_IF_ERROR(expect_element(inputs, i, attrs));
      }
      return Status::ok();
    case SequenceFunction::kInsert:
      OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 1));
      OCTET_RETURN_IF_ERROR(expect_form(inputs, 0, ValueForm::kSequence));
      OCTET_RETURN_IF_ERROR(expect_form(inputs, 1, ValueForm::kTensor));
      OCTET_RETURN_IF_ERROR(expect_element(inputs, 0, attrs));
      OCTET_RETURN_IF_ERROR(expect_element(inputs, 1, attrs));
      return expect_position(inputs, 2);
    case SequenceFunction::kErase:
      OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1, 1));
      OCTET_RETURN_IF_ERROR(expect_form(inputs, 0, ValueForm::kSequence));
      return expect_position(inputs, 1);
    case SequenceFunction::kAt:
      OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
      OCTET_RETURN_IF_ERROR(expect_form(inputs, 0, ValueForm::kSequence));
      OCTET_RETURN_IF_ERROR(expect_element(inputs, 0, attrs));
      return expect_position(inputs, 1);
    case SequenceFunction::kLength:
    case SequenceFunction::kConcat:
      OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
      return expect_form(inputs, 0, ValueForm::kSequence);
    case SequenceFunction::kSplit:
      OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1, 1));
      OCTET_RETURN_IF_ERROR(expect_form(inputs, 0, ValueForm::kTensor));
      if (optional_input(inputs, 1) == nullptr) return Status::ok();
      OCTET_RETURN_IF_ERROR(expect_form(inputs, 1, ValueForm::kTensor));
      return expect_index_dtype(inputs, 1);
    case SequenceFunction::kOptional:
      return expect_inputs(inputs, 0, 1);
    case SequenceFunction::kHasElement:
    case SequenceFunction::kElement:
      return expect_inputs(inputs, 1);
  }
  return Status::ok();
}

}  // namespace

const char* sequence_name(SequenceFunction function) {
  switch (function) {
    case SequenceFunction::kConstruct:
      return "sequence_construct";
    case SequenceFunction::kInsert:
      return "sequence_insert";
    case SequenceFunction::kErase:
      return "sequence_erase";
    case SequenceFunction::kAt:
      return "sequence_at";
    case SequenceFunction::kLength:
      return "sequence_length";
    case SequenceFunction::kSplit:
      return "sequence_split";
    case SequenceFunction::kConcat:
      return "sequence_concat";
    case SequenceFunction::kOptional:
      return "optional";
    case SequenceFunction::kHasElement:
      return "optional_has_element";
    case SequenceFunction::kElement:
      return "optional_element";
  }
  return "unknown";
}

Result<OutputTypes> infer(const SequenceAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(check_inputs(attrs, inputs));
  return OutputTypes{type_of(attrs.result)};
}

}  // namespace octet
