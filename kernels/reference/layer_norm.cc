// Reference of LayerNorm over the last axis.
#include "kernels/numerics/layer_norm.h"

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {

size_t layer_norm_scratch(const LayerNormAttrs&, const TaskShapes& shapes) {
  return static_cast<size_t>(shapes.inputs[0].shape.back()) * sizeof(double);
}

Status layer_norm(const LayerNormAttrs& attrs, const TaskArgs& args, Share& share,
                  std::byte* scratch) {
  const TensorView &src = args.inputs[0], &gamma = args.inputs[1], &dst = args.outputs[0];
  const TensorView* beta = optional_view(args.inputs, 2);
  const int64_t columns = src.shape.back();
  const std::span<double> row(reinterpret_cast<double*>(scratch), static_cast<size_t>(columns));
  const TensorView rows = row_starts(src);
  walk<1>(share, rows.shape, {rows.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    for (int64_t i = 0; i < columns && !share.stop(); ++i)
      row[static_cast<size_t>(i)] = load_number(src, offsets[0] + i * src.strides.back());
    numerics::normalize(row, static_cast<double>(attrs.epsilon), &share);
    for (int64_t i = 0; i < columns && !share.stop(); ++i) {
      const double scaled = row[static_cast<size_t>(i)] * load_number(gamma, i * gamma.strides[0]);
      const double shift = beta == nullptr ? 0 : load_number(*beta, i * beta->strides[0]);
      store_number(dst, index * columns + i, scaled + shift);
    }
  });
  return Status::ok();
}

}  // namespace octet::reference
