// A scan of the protobuf wire format that takes the raw tensor data out of a model, so that parsing
// the rest is cheap.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loaders/onnx/byte_source.h"
#include "runtime/core/limits.h"

namespace octet {

// Where the raw_data of one TensorProto lies.
struct RawData {
  uint64_t offset = 0;  // in the source
  uint64_t size = 0;
};

// A message without its raw tensor data and, but with WireKeep::kAll, without what the loader never
// reads (docs, value_info, metadata).
struct StrippedMessage {
  std::string
      bytes;  // valid wire format; every raw_data holds its index in `raw` as 8 little-endian bytes
  std::vector<RawData> raw;
};

enum class WireMessage { kModel, kTensor, kSequence, kOptional };
// What becomes of the fields that the loader never reads: who writes the model again keeps them,
// but for what is there for training.
enum class WireKeep { kWhatIsRead, kAll };

// The index of raw data as it stands in the place of the data.
std::string raw_index_bytes(uint64_t index);
// Precondition: 8 bytes.
uint64_t raw_index(std::string_view bytes);

// Reads `source` once, in pieces, and never more than it must of raw data. Format:
// https://protobuf.dev/programming-guides/encoding. Errors: kInvalidModel with the offset where the
// bytes stop making sense; kResourceExhausted; kIoError.
Result<StrippedMessage> strip_raw_data(const ByteSource& source, WireMessage root,
                                       const Limits& limits,
                                       WireKeep keep = WireKeep::kWhatIsRead);

}  // namespace octet
