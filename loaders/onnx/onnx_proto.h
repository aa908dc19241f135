// The one place that includes ONNX's message classes; octet::pb is their namespace.
#pragma once

#include "onnx/onnx-data.pb.h"
#include "onnx/onnx_pb.h"

namespace octet {

namespace pb = ::ONNX_NAMESPACE;

}  // namespace octet
