// The table of what is kept of each ONNX message, and the scanner that follows it.
#include "loaders/onnx/wire_scan.h"

#include <algorithm>
#include <span>

#include "loaders/onnx/onnx_proto.h"
#include "loaders/onnx/wire_reader.h"

namespace octet {
namespace {

// kLeaf is copied as it is, kRaw becomes an index; the others are scanned by their own rules.
enum class Kind {
  kLeaf,
  kRaw,
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kFunction,
  kTensor,
  kSparseTensor,
  kSequence,
  kOptional
};

struct Rule {
  int field;
  Kind kind = Kind::kLeaf;
  uint64_t weight = 1;  // bytes of memory per byte: eight in a list of varints, names have copies
};

using M = pb::ModelProto;
constexpr Rule kModelRules[] = {
    {M::kIrVersionFieldNumber},           {M::kProducerNameFieldNumber},
    {M::kProducerVersionFieldNumber},     {M::kOpsetImportFieldNumber},
    {M::kGraphFieldNumber, Kind::kGraph}, {M::kFunctionsFieldNumber, Kind::kFunction},
};
using G = pb::GraphProto;
constexpr Rule kGraphRules[] = {
    {G::kNameFieldNumber},   {G::kNodeFieldNumber, Kind::kNode},
    {G::kInputFieldNumber},  {G::kInitializerFieldNumber, Kind::kTensor},
    {G::kOutputFieldNumber}, {G::kSparseInitializerFieldNumber, Kind::kSparseTensor},
};
using N = pb::NodeProto;
constexpr Rule kNodeRules[] = {
    {N::kInputFieldNumber},
    {N::kOutputFieldNumber, Kind::kLeaf, 4},
    {N::kNameFieldNumber, Kind::kLeaf, 4},
    {N::kOpTypeFieldNumber},
    {N::kDomainFieldNumber},
    {N::kOverloadFieldNumber},
    {N::kAttributeFieldNumber, Kind::kAttribute},
};
using A = pb::AttributeProto;
constexpr Rule kAttributeRules[] = {
    {A::kNameFieldNumber},
    {A::kTypeFieldNumber},
    {A::kRefAttrNameFieldNumber},
    {A::kFFieldNumber},
    {A::kIFieldNumber},
    {A::kSFieldNumber},
    {A::kFloatsFieldNumber},
    {A::kIntsFieldNumber, Kind::kLeaf, 8},
    {A::kStringsFieldNumber},
    {A::kTpFieldNumber},
    {A::kTypeProtosFieldNumber},
    {A::kTFieldNumber, Kind::kTensor},
    {A::kTensorsFieldNumber, Kind::kTensor},
    {A::kGFieldNumber, Kind::kGraph},
    {A::kGraphsFieldNumber, Kind::kGraph},
    {A::kSparseTensorFieldNumber, Kind::kSparseTensor},
    {A::kSparseTensorsFieldNumber, Kind::kSparseTensor},
};
using F = pb::FunctionProto;
constexpr Rule kFunctionRules[] = {
    {F::kNameFieldNumber},
    {F::kDomainFieldNumber},
    {F::kOverloadFieldNumber},
    {F::kInputFieldNumber},
    {F::kOutputFieldNumber},
    {F::kAttributeFieldNumber},
    {F::kOpsetImportFieldNumber},
    {F::kNodeFieldNumber, Kind::kNode},
    {F::kAttributeProtoFieldNumber, Kind::kAttribute},
};
using T = pb::TensorProto;
constexpr Rule kTensorRules[] = {
    {T::kDimsFieldNumber, Kind::kLeaf, 8},
    {T::kDataTypeFieldNumber},
    {T::kSegmentFieldNumber},
    {T::kFloatDataFieldNumber},
    {T::kInt32DataFieldNumber, Kind::kLeaf, 8},
    {T::kInt64DataFieldNumber, Kind::kLeaf, 8},
    {T::kDoubleDataFieldNumber},
    {T::kUint64DataFieldNumber, Kind::kLeaf, 8},
    {T::kNameFieldNumber},
    {T::kExternalDataFieldNumber},
    {T::kDataLocationFieldNumber},
    {T::kRawDataFieldNumber, Kind::kRaw},
};
using S = pb::SparseTensorProto;
constexpr Rule kSparseTensorRules[] = {{S::kDimsFieldNumber, Kind::kLeaf, 8},
                                       {S::kValuesFieldNumber, Kind::kTensor},
                                       {S::kIndicesFieldNumber, Kind::kTensor}};

using Q = pb::SequenceProto;
constexpr Rule kSequenceRules[] = {
    {Q::kNameFieldNumber}, {Q::kElemTypeFieldNumber}, {Q::kTensorValuesFieldNumber, Kind::kTensor}};
using O = pb::OptionalProto;
constexpr Rule kOptionalRules[] = {{O::kNameFieldNumber},
                                   {O::kElemTypeFieldNumber},
                                   {O::kTensorValueFieldNumber, Kind::kTensor},
                                   {O::kSequenceValueFieldNumber, Kind::kSequence}};

Kind kind_of(WireMessage root) {
  switch (root) {
    case WireMessage::kModel:
      return Kind::kModel;
    case WireMessage::kTensor:
      return Kind::kTensor;
    case WireMessage::kSequence:
      return Kind::kSequence;
    case WireMessage::kOptional:
      return Kind::kOptional;
  }
  return Kind::kLeaf;
}

std::span<const Rule> rules_of(Kind kind) {
  switch (kind) {
    case Kind::kModel:
      return kModelRules;
    case Kind::kGraph:
      return kGraphRules;
    case Kind::kNode:
      return kNodeRules;
    case Kind::kAttribute:
      return kAttributeRules;
    case Kind::kFunction:
      return kFunctionRules;
    case Kind::kTensor:
      return kTensorRules;
    case Kind::kSparseTensor:
      return kSparseTensorRules;
    case Kind::kSequence:
      return kSequenceRules;
    case Kind::kOptional:
      return kOptionalRules;
    case Kind::kLeaf:
    case Kind::kRaw:
      break;
  }
  return {};
}

const Rule* find_rule(Kind message, uint64_t field) {
  for (const Rule& rule : rules_of(message))
    if (static_cast<uint64_t>(rule.field) == field) return &rule;
  return nullptr;
}

// What a field takes in memory besides its bytes, about.
constexpr uint64_t kVarintBytes = 8, kFieldBytes = 64;

class Scanner {
 public:
  Scanner(const ByteSource& source, const Limits& limits) : reader_(source), limits_(limits) {}

  // Scans a message of `kind` that ends at `end`, and appends what is kept of it.
  Status scan(Kind kind, uint64_t end, int depth, std::string& out) {
    while (reader_.position() < end) {
      uint64_t tag = 0;
      OCTET_RETURN_IF_ERROR(reader_.read_varint(end, tag));
      if (tag >> 3 == 0 || tag >> 32 != 0) return reader_.error("a field has an impossible number");
      const Rule* rule = find_rule(kind, tag >> 3);
      switch (tag & 7) {
        case 0: {
          uint64_t value = 0;
          OCTET_RETURN_IF_ERROR(reader_.read_varint(end, value));
          if (rule == nullptr) break;
          append_varint(tag, out);
          append_varint(value, out);
          memory_ += kVarintBytes;
          break;
        }
        case 1:
          OCTET_RETURN_IF_ERROR(fixed(tag, rule, 8, end, out));
          break;
        case 2:
          OCTET_RETURN_IF_ERROR(delimited(tag, rule, end, depth, out));
          break;
        case 5:
          OCTET_RETURN_IF_ERROR(fixed(tag, rule, 4, end, out));
          break;
        default:
          return reader_.error("a field has an impossible type");
      }
      OCTET_RETURN_IF_ERROR(check_memory());
    }
    return Status::ok();
  }

  std::vector<RawData> take_raw() { return std::move(raw_); }

 private:
  Status fixed(uint64_t tag, const Rule* rule, uint64_t size, uint64_t end, std::string& out) {
    if (size > end - reader_.position()) return reader_.error("a number is cut off");
    if (rule == nullptr) return reader_.skip(size), Status::ok();
    append_varint(tag, out);
    memory_ += size;
    return reader_.copy(size, out);
  }

  // Before protobuf takes it: a varint of one byte becomes eight, an empty message a hundred.
  Status check_memory() const {
    if (memory_ <= limits_.max_structure_bytes) return Status::ok();
    return resource_exhausted(
        "byte " + std::to_string(reader_.position()) +
        ": up to here the model without its raw tensor data takes more than " +
        std::to_string(limits_.max_structure_bytes) +
        " bytes; store weights as raw_data or external data, or raise "
        "max_structure_bytes");
  }

  Status delimited(uint64_t tag, const Rule* rule, uint64_t end, int depth, std::string& out) {
    uint64_t size = 0;
    OCTET_RETURN_IF_ERROR(reader_.read_varint(end, size));
    if (size > end - reader_.position())
      return reader_.error("field " + std::to_string(tag >> 3) + " has " + std::to_string(size) +
                           " bytes, but " + std::to_string(end - reader_.position()) + " are left");
    if (rule == nullptr) return reader_.skip(size), Status::ok();
    OCTET_RETURN_IF_ERROR(count(rule->kind));
    append_varint(tag, out);
    if (rule->kind == Kind::kLeaf) {
      memory_ += size * rule->weight;
      OCTET_RETURN_IF_ERROR(check_memory());
      append_varint(size, out);
      return reader_.copy(size, out);
    }
    if (rule->kind == Kind::kRaw) {
      append_varint(8, out);
      for (int i = 0; i < 8; ++i)
        out += static_cast<char>(static_cast<uint64_t>(raw_.size()) >> (8 * i));
      raw_.push_back({reader_.position(), size});
      reader_.skip(size);
      return Status::ok();
    }
    // Protobuf's own parser stops at 100 levels.
    if (depth >= std::min(limits_.max_nesting, 100))
      return resource_exhausted("byte " + std::to_string(reader_.position()) +
                                ": messages are nested more than " + std::to_string(depth) +
                                " deep; raise max_nesting");
    std::string child;
    OCTET_RETURN_IF_ERROR(scan(rule->kind, reader_.position() + size, depth + 1, child));
    append_varint(child.size(), out);
    out += child;
    return Status::ok();
  }

  Status count(Kind kind) {
    memory_ += kFieldBytes;
    const auto exceeds = [&](const char* what, uint64_t limit, const char* name) {
      return resource_exhausted("byte " + std::to_string(reader_.position()) +
                                ": the model has more than " + std::to_string(limit) + " " + what +
                                "; raise " + name);
    };
    if (++fields_ > limits_.max_fields)
      return exceeds("strings and messages", limits_.max_fields, "max_fields");
    if (kind == Kind::kNode && ++nodes_ > limits_.max_nodes)
      return exceeds("nodes", limits_.max_nodes, "max_nodes");
    if (kind == Kind::kTensor && ++tensors_ > limits_.max_initializers + limits_.max_nodes)
      return exceeds("tensors", limits_.max_initializers + limits_.max_nodes, "max_initializers");
    return Status::ok();
  }

  WireReader reader_;
  const Limits& limits_;
  std::vector<RawData> raw_;
  uint64_t fields_ = 0, nodes_ = 0, tensors_ = 0;
  uint64_t memory_ = 0;  // that the parsed structure takes, about
};

}  // namespace

Result<StrippedMessage> strip_raw_data(const ByteSource& source, WireMessage root,
                                       const Limits& limits) {
  Scanner scanner(source, limits);
  StrippedMessage message;
  OCTET_RETURN_IF_ERROR(scanner.scan(kind_of(root), source.size(), 0, message.bytes));
  message.raw = scanner.take_raw();
  return message;
}

}  // namespace octet
