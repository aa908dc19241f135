// The fence around protobuf: bytes to message objects and back, without an exception or a print.
#pragma once

#include "loaders/onnx/onnx_proto.h"
#include "loaders/onnx/wire_scan.h"

namespace octet {

struct ParsedModel {
  pb::ModelProto model;  // every raw_data is an index into `raw`, see StrippedMessage
  std::vector<RawData> raw;
};
// Errors: those of strip_raw_data, and kInvalidModel.
Result<ParsedModel> parse_model(const ByteSource& source, const Limits& limits,
                                WireKeep keep = WireKeep::kWhatIsRead);
// The other way. Error: kResourceExhausted.
Result<std::string> serialize_model(const pb::ModelProto& model);

struct ParsedTensor {
  pb::TensorProto tensor;
  std::vector<RawData> raw;
};
Result<ParsedTensor> parse_tensor(const ByteSource& source, const Limits& limits);

struct ParsedSequence {
  pb::SequenceProto sequence;
  std::vector<RawData> raw;
};
Result<ParsedSequence> parse_sequence(const ByteSource& source, const Limits& limits);

struct ParsedOptional {
  pb::OptionalProto optional;
  std::vector<RawData> raw;
};
Result<ParsedOptional> parse_optional(const ByteSource& source, const Limits& limits);

}  // namespace octet
