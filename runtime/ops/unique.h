// Unique: the different slices of a tensor, each once. An op of the long-tail lane.
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// Of the n slices of src along `axis` (0 <= axis < rank); src of numbers or bools. Outputs, all
// int64:
//   first[n]    for each different slice the first that is so; in the order of the slices (that of
//               their elements, the first that differ decide; NaN comes last), or of where they are
//               first seen. Behind `count` 0.
//   inverse[n]  the place in `first` of each slice
//   counts[n]   how many slices are equal to each in `first`. Behind `count` 0.
//   count[1]    different slices
struct UniqueAttrs {
  static constexpr const char* kName = "unique";
  int axis = 0;
  bool sorted = true;
};
auto fields(Is<UniqueAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis), identity("sorted", attrs.sorted));
}
inline Result<OutputTypes> infer(const UniqueAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numbers_or_bools(inputs, 0));
  if (attrs.axis < 0 || attrs.axis >= inputs[0]->rank())
    return input_error(inputs, 0, "a rank above the axis, " + std::to_string(attrs.axis));
  const Dim slices = inputs[0]->shape[static_cast<size_t>(attrs.axis)];
  OutputTypes outputs;
  for (int i = 0; i < 3; ++i) outputs.push_back(one_output(DType::kI64, {slices})[0]);
  outputs.push_back(one_output(DType::kI64, {1})[0]);
  return outputs;
}

// Each slice is compared with some log2(n) others.
inline double extra_work(const UniqueAttrs& attrs, std::span<const Shape> inputs,
                         std::span<const Shape>) {
  const auto elements = static_cast<double>(inputs[0].element_count());
  const auto slices = static_cast<double>(inputs[0][attrs.axis]);
  double steps = 1;
  for (double n = slices; n > 1; n /= 2) ++steps;
  return elements * steps;
}

}  // namespace octet
