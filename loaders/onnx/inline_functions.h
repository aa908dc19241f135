// Expansion of model-local functions.
#pragma once

#include "loaders/onnx/onnx_proto.h"
#include "runtime/core/limits.h"
#include "runtime/core/status.h"

namespace octet {

// Replaces the calls of the model's functions by their bodies, with ONNX's inliner; those of
// Octet's own functions (own_functions.h) stay, without the functions. The size of the result is
// computed first: recursion and functions that double again and again are refused. A function whose
// opsets differ from the model's stays a call, which check_ops reports.
Status inline_functions(pb::ModelProto& model, const Limits& limits);

}  // namespace octet
