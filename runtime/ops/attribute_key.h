// What tells the attributes of a node from those of others.
#pragma once

#include "runtime/core/shared_store.h"
#include "runtime/ops/op.h"

namespace octet {

// Equal for attributes of one op whose identity fields are equal; labels play no part in it.
// Weights are told apart by what they were made from. Unknown where that is.
SharedKey attribute_key(const Attributes& attributes);
SharedKey attribute_key(const Attributes& attributes, const std::vector<FieldText>& fields);

}  // namespace octet
