// The symbols that a value gives their meaning: its extents, and elements, that are symbols alone.
#pragma once

#include "runtime/ops/type_info.h"

namespace octet {

// Calls f(symbol) for each, in order; one may come several times.
template <class F>
void for_each_defined_symbol(const TypeInfo& type, F&& f) {
  const auto visit = [&](const Dim& dim) {
    if (const Symbol* symbol = dim.as_symbol()) f(*symbol);
  };
  for (const Dim& extent : type.shape) visit(extent);
  if (type.contents)
    for (const Dim& element : *type.contents) visit(element);
}

}  // namespace octet
