// What a file is that is no ONNX model but was given as one.
#pragma once

#include "loaders/onnx/byte_source.h"

namespace octet {

// The text says what was found and what to do: "is a gzip file; unpack it". Empty where nothing is
// recognised. No ONNX model begins like any of these files.
std::string describe_foreign_file(const ByteSource& source);

}  // namespace octet
