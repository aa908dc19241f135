// Keys of attributes from their fields.
#include "runtime/ops/attribute_key.h"

namespace octet {

SharedKey attribute_key(const Attributes& attributes) {
  return attribute_key(attributes, describe(attributes));
}

SharedKey attribute_key(const Attributes& attributes, const std::vector<FieldText>& fields) {
  SharedKey key = SharedKey::of_name(op_kind_name(op_kind(attributes))).with(op_label(attributes));
  for (const FieldText& field : fields) {
    if (field.role != Role::kIdentity) continue;
    key = key.with(field.name, std::as_bytes(std::span(field.text)));
    if (field.made_from) key = key.with("made from", *field.made_from);
  }
  return key;
}

}  // namespace octet
