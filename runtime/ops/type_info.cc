// Printing of types.
#include "runtime/ops/type_info.h"

namespace octet {

std::string to_string(const TypeInfo& type) {
  return dtype_name(type.dtype) + to_string(type.shape);
}

}  // namespace octet
