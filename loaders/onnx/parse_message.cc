// Calls of protobuf's parser.
#include "loaders/onnx/parse_message.h"

#include <climits>
#include <exception>
#include <new>

#include "google/protobuf/stubs/common.h"

namespace octet {
namespace {

// Protobuf keeps a list of what is to be destroyed last, its empty string: 80 bytes, which would
// stay when the library is unloaded. It is Octet's own protobuf, so nobody else loses anything.
void end_protobuf_with_this_library() {
  static const struct End {
    ~End() { google::protobuf::ShutdownProtobufLibrary(); }
  } end;
}

Status parse(const StrippedMessage& stripped, google::protobuf::MessageLite& message) {
  if (stripped.bytes.size() > INT_MAX)
    return resource_exhausted("the model's structure has more than 2 GiB");
  end_protobuf_with_this_library();
  try {
    if (message.ParseFromArray(stripped.bytes.data(), static_cast<int>(stripped.bytes.size())))
      return Status::ok();
  } catch (const std::bad_alloc&) {
    return resource_exhausted("there is not enough memory to parse it");
  } catch (const std::exception& error) {
    return invalid_model(std::string("protobuf: ") + error.what());
  }
  return invalid_model("it is not valid protobuf; the file is damaged or not an ONNX model");
}

// Into `message` what `source` holds; gives its raw data.
Result<std::vector<RawData>> parse_as(WireMessage root, const ByteSource& source,
                                      const Limits& limits, google::protobuf::MessageLite& message,
                                      WireKeep keep = WireKeep::kWhatIsRead) {
  OCTET_ASSIGN_OR_RETURN(StrippedMessage stripped, strip_raw_data(source, root, limits, keep));
  OCTET_RETURN_IF_ERROR(parse(stripped, message));
  return std::move(stripped.raw);
}

}  // namespace

Result<ParsedModel> parse_model(const ByteSource& source, const Limits& limits, WireKeep keep) {
  ParsedModel parsed;
  OCTET_ASSIGN_OR_RETURN(parsed.raw,
                         parse_as(WireMessage::kModel, source, limits, parsed.model, keep));
  return parsed;
}

Result<std::string> serialize_model(const pb::ModelProto& model) {
  end_protobuf_with_this_library();
  try {
    std::string bytes;
    if (model.SerializeToString(&bytes)) return bytes;
  } catch (const std::bad_alloc&) {
    return resource_exhausted("there is not enough memory to write it");
  } catch (const std::exception& error) {
    return internal_error(std::string("protobuf: ") + error.what());
  }
  return resource_exhausted("the model's structure has more than 2 GiB");
}

Result<ParsedTensor> parse_tensor(const ByteSource& source, const Limits& limits) {
  ParsedTensor parsed;
  OCTET_ASSIGN_OR_RETURN(parsed.raw, parse_as(WireMessage::kTensor, source, limits, parsed.tensor));
  return parsed;
}

Result<ParsedSequence> parse_sequence(const ByteSource& source, const Limits& limits) {
  ParsedSequence parsed;
  OCTET_ASSIGN_OR_RETURN(parsed.raw,
                         parse_as(WireMessage::kSequence, source, limits, parsed.sequence));
  return parsed;
}

Result<ParsedOptional> parse_optional(const ByteSource& source, const Limits& limits) {
  ParsedOptional parsed;
  OCTET_ASSIGN_OR_RETURN(parsed.raw,
                         parse_as(WireMessage::kOptional, source, limits, parsed.optional));
  return parsed;
}

}  // namespace octet
