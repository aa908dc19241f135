// Type rule of GridSample.
#include "runtime/ops/grid_sample.h"

#include <cmath>

#include "runtime/ops/infer.h"

namespace octet {

const char* grid_mode_name(GridMode mode) {
  constexpr const char* kNames[] = {"linear", "nearest", "cubic"};
  return kNames[static_cast<size_t>(mode)];
}

const char* grid_padding_name(GridPadding padding) {
  constexpr const char* kNames[] = {"zeros", "border", "reflection"};
  return kNames[static_cast<size_t>(padding)];
}

Result<OutputTypes> infer(const GridSampleAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 1));
  const SymbolicShape &src = inputs[0]->shape, &grid = inputs[1]->shape;
  if (src.size() < 3) return input_error(inputs, 0, "rank 3 or more: batch, channels, spatial");
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, inputs[0]->rank()));
  OutputTypes outputs = one_output(inputs[0]->dtype, {src[0], src[1]});
  TypeInfo& dst = outputs[0];
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, 0}, {0, 0}, dst));
  OCTET_RETURN_IF_ERROR(
      require_extent(inputs, {1, inputs[1]->rank() - 1}, Dim(inputs[0]->rank() - 2), dst));
  dst.shape.insert(dst.shape.end(), grid.begin() + 1, grid.end() - 1);
  return outputs;
}

double extra_work(const GridSampleAttrs& attrs, std::span<const Shape> inputs,
                  std::span<const Shape> outputs) {
  return static_cast<double>(outputs[0].element_count()) *
         std::pow(taps_per_axis(attrs.mode), inputs[0].rank() - 2);
}

}  // namespace octet
