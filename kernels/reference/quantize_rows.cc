// Reference of the quantization of activation rows.
#include "kernels/numerics/quantize.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/strided.h"

namespace octet::reference {

// One row of src and the reciprocal smoothing, both without gaps.
size_t quantize_rows_scratch(const QuantizeRowsAttrs&, const TaskShapes& shapes) {
  return static_cast<size_t>(shapes.inputs[0].shape.back()) * 2 * sizeof(float);
}

Status quantize_rows(const QuantizeRowsAttrs&, const TaskArgs& args, Share& share,
                     std::byte* scratch) {
  const TensorView& src = args.inputs[0];
  const TensorView* smoothing = optional_view(args.inputs, 1);
  auto* codes = args.outputs[0].as<uint8_t>();
  auto* params = args.outputs[1].as<RowParams>();
  const int64_t columns = src.shape.back();
  auto* row = reinterpret_cast<float*>(scratch);
  float* factors = row + columns;
  if (smoothing) {
    Share all(args.control);  // every task needs them
    copy(all, *smoothing, contiguous_view(factors, DType::kF32, smoothing->shape));
  }
  const TensorView *low = optional_view(args.inputs, 2), *high = optional_view(args.inputs, 3);
  const bool has_range = low != nullptr && high != nullptr;
  RowParams range{};
  if (has_range) range = numerics::params_of_range(*low->as<float>(), *high->as<float>());
  const TensorView rows = row_starts(src);
  walk<1>(share, rows.shape, {rows.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    for (int64_t i = 0; i < columns && !share.stop(); ++i)
      row[i] = src.as<float>()[offsets[0] + i * src.strides.back()];
    if (has_range) {
      params[index] = range;
      numerics::quantize_row_by(row, columns, params[index], codes + index * columns, &share);
      return;
    }
    params[index] = numerics::quantize_row(row, smoothing ? factors : nullptr, columns,
                                           codes + index * columns, &share);
  });
  return Status::ok();
}

}  // namespace octet::reference
