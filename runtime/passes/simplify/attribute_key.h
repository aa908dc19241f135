// A text that is equal for equal attributes.
#pragma once

#include <optional>
#include <string>

#include "runtime/ops/op.h"

namespace octet {

// nullopt for Linear and QuantizedLinear: each is a layer of its own that the user may replace.
std::optional<std::string> attribute_key(const Attributes& attributes);

}  // namespace octet
