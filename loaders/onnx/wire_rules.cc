// The table, one list of fields per message.
#include "loaders/onnx/wire_rules.h"

#include <span>

#include "loaders/onnx/onnx_proto.h"

namespace octet {
namespace {

using M = pb::ModelProto;
constexpr WireRule kModelRules[] = {
    {M::kIrVersionFieldNumber},
    {M::kProducerNameFieldNumber},
    {M::kProducerVersionFieldNumber},
    {M::kOpsetImportFieldNumber},
    {M::kGraphFieldNumber, WireKind::kGraph},
    {M::kFunctionsFieldNumber, WireKind::kFunction},
};
using G = pb::GraphProto;
constexpr WireRule kGraphRules[] = {
    {G::kNameFieldNumber},   {G::kNodeFieldNumber, WireKind::kNode},
    {G::kInputFieldNumber},  {G::kInitializerFieldNumber, WireKind::kTensor},
    {G::kOutputFieldNumber}, {G::kSparseInitializerFieldNumber, WireKind::kSparseTensor},
};
using N = pb::NodeProto;
constexpr WireRule kNodeRules[] = {
    {N::kInputFieldNumber},
    {N::kOutputFieldNumber, WireKind::kLeaf, 4},
    {N::kNameFieldNumber, WireKind::kLeaf, 4},
    {N::kOpTypeFieldNumber},
    {N::kDomainFieldNumber},
    {N::kOverloadFieldNumber},
    {N::kAttributeFieldNumber, WireKind::kAttribute},
};
using A = pb::AttributeProto;
constexpr WireRule kAttributeRules[] = {
    {A::kNameFieldNumber},
    {A::kTypeFieldNumber},
    {A::kRefAttrNameFieldNumber},
    {A::kFFieldNumber},
    {A::kIFieldNumber},
    {A::kSFieldNumber},
    {A::kFloatsFieldNumber},
    {A::kIntsFieldNumber, WireKind::kLeaf, 8},
    {A::kStringsFieldNumber},
    {A::kTpFieldNumber},
    {A::kTypeProtosFieldNumber},
    {A::kTFieldNumber, WireKind::kTensor},
    {A::kTensorsFieldNumber, WireKind::kTensor},
    {A::kGFieldNumber, WireKind::kGraph},
    {A::kGraphsFieldNumber, WireKind::kGraph},
    {A::kSparseTensorFieldNumber, WireKind::kSparseTensor},
    {A::kSparseTensorsFieldNumber, WireKind::kSparseTensor},
};
using F = pb::FunctionProto;
constexpr WireRule kFunctionRules[] = {
    {F::kNameFieldNumber},
    {F::kDomainFieldNumber},
    {F::kOverloadFieldNumber},
    {F::kInputFieldNumber},
    {F::kOutputFieldNumber},
    {F::kAttributeFieldNumber},
    {F::kOpsetImportFieldNumber},
    {F::kNodeFieldNumber, WireKind::kNode},
    {F::kAttributeProtoFieldNumber, WireKind::kAttribute},
};
using T = pb::TensorProto;
constexpr WireRule kTensorRules[] = {
    {T::kDimsFieldNumber, WireKind::kLeaf, 8},
    {T::kDataTypeFieldNumber},
    {T::kSegmentFieldNumber},
    {T::kFloatDataFieldNumber},
    {T::kInt32DataFieldNumber, WireKind::kLeaf, 8},
    {T::kInt64DataFieldNumber, WireKind::kLeaf, 8},
    {T::kDoubleDataFieldNumber},
    {T::kUint64DataFieldNumber, WireKind::kLeaf, 8},
    {T::kNameFieldNumber},
    {T::kExternalDataFieldNumber},
    {T::kDataLocationFieldNumber},
    {T::kRawDataFieldNumber, WireKind::kRaw},
};
using S = pb::SparseTensorProto;
constexpr WireRule kSparseTensorRules[] = {{S::kDimsFieldNumber, WireKind::kLeaf, 8},
                                           {S::kValuesFieldNumber, WireKind::kTensor},
                                           {S::kIndicesFieldNumber, WireKind::kTensor}};

using Q = pb::SequenceProto;
constexpr WireRule kSequenceRules[] = {{Q::kNameFieldNumber},
                                       {Q::kElemTypeFieldNumber},
                                       {Q::kTensorValuesFieldNumber, WireKind::kTensor}};
using O = pb::OptionalProto;
constexpr WireRule kOptionalRules[] = {{O::kNameFieldNumber},
                                       {O::kElemTypeFieldNumber},
                                       {O::kTensorValueFieldNumber, WireKind::kTensor},
                                       {O::kSequenceValueFieldNumber, WireKind::kSequence}};

std::span<const WireRule> rules_of(WireKind kind) {
  switch (kind) {
    case WireKind::kModel:
      return kModelRules;
    case WireKind::kGraph:
      return kGraphRules;
    case WireKind::kNode:
      return kNodeRules;
    case WireKind::kAttribute:
      return kAttributeRules;
    case WireKind::kFunction:
      return kFunctionRules;
    case WireKind::kTensor:
      return kTensorRules;
    case WireKind::kSparseTensor:
      return kSparseTensorRules;
    case WireKind::kSequence:
      return kSequenceRules;
    case WireKind::kOptional:
      return kOptionalRules;
    case WireKind::kLeaf:
    case WireKind::kRaw:
      break;
  }
  return {};
}

}  // namespace

const WireRule* find_wire_rule(WireKind message, uint64_t field) {
  for (const WireRule& rule : rules_of(message))
    if (static_cast<uint64_t>(rule.field) == field) return &rule;
  return nullptr;
}

bool is_for_training(WireKind message, uint64_t field) {
  return message == WireKind::kModel && field == uint64_t{M::kTrainingInfoFieldNumber};
}

}  // namespace octet
