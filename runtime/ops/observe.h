// Observe: where integers that the run computes become symbols.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// Gives src unchanged: int64 of rank 0 or 1, whose elements are known by `elements` from here on.
// These are symbols of kind kLateElement, of this node alone; shapes of what follows may depend on
// them. A program ends a stage here (program/split_stages), so that no kernel is needed.
struct ObserveAttrs {
  static constexpr OpKind kKind = OpKind::kObserve;
  std::vector<Dim> elements;
};
auto fields(Is<ObserveAttrs> auto& attrs, auto&& visit) {
  return visit(identity("elements", attrs.elements));
}
Result<OutputTypes> infer(const ObserveAttrs& attrs, InputTypes inputs);

}  // namespace octet
