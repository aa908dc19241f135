// The walk of a linear layer over its output: blocks of rows, panels of columns, products and then
// the epilogue.
#pragma once

#include "kernels/cpu/linear/epilogue.h"
#include "kernels/cpu/linear/linear_products.h"

namespace octet::cpu {

// Scratch memory for for_each_block(): the sums of one block and what the products need.
inline size_t block_scratch_bytes(const LinearProducts& products, int64_t rows) {
  const int64_t block_rows = std::min(rows, products.most_rows());
  const auto acc = static_cast<size_t>(block_rows * products.panels().columns(0)) * 4;
  return (acc + 63) / 64 * 64 + products.scratch_bytes();
}

// Calls finish(block, row, column) for every block of the output (of the panel args.part, if that
// is not -1) once its sums are there; `row` and `column` are where the block starts. Input 0 are
// the rows of src, input `bias` the bias, the one behind it the residual (both optional).
// args.scratch: block_scratch_bytes(). Looks at args.control between blocks. Error: that of the
// products.
template <class Finish>
Status for_each_block(const LinearProducts& products, const RowArgs& args, size_t bias,
                      DType output_type, const Finish& finish) {
  const auto input = [&](size_t index) {
    return index < args.inputs.size() ? args.inputs[index] : RowOperand();
  };
  const RowOperand &src = args.inputs[0], &dst = args.outputs[0];
  const RowOperand residual = input(bias + 1);
  const float* bias_data = reinterpret_cast<const float*>(input(bias).data);
  const ColumnPanels panels = products.panels();
  const auto dst_size = static_cast<int64_t>(dtype_size(output_type));
  std::byte* acc = args.scratch;
  std::byte* scratch = acc + block_scratch_bytes(products, args.rows) - products.scratch_bytes();
  const int64_t most_rows = products.most_rows();
  Heartbeat beat(args.control);
  for (int64_t row = 0; row < args.rows; row += most_rows) {
    const int64_t rows = std::min(most_rows, args.rows - row);
    const int64_t first = args.part < 0 ? 0 : args.part;
    const int64_t last = args.part < 0 ? panels.count() : args.part + 1;
    for (int64_t panel = first; panel < last; ++panel) {
      if (beat.stop(rows * panels.columns(panel) * products.k() / 16)) return beat.status();
      OCTET_RETURN_IF_ERROR(products.run(panel, src.row<std::byte>(row), src.row_bytes, rows, acc,
                                         scratch, args.state));
      const int64_t column = panels.first(panel);
      EpilogueBlock block;
      block.rows = rows;
      block.columns = panels.columns(panel);
      block.acc = acc;
      if (bias_data != nullptr) block.bias = bias_data + column;
      if (residual.data != nullptr) block.residual = residual.row<std::byte>(row) + column * 4;
      block.residual_row_bytes = residual.row_bytes;
      block.dst = dst.row<std::byte>(row) + column * dst_size;
      block.dst_row_bytes = dst.row_bytes;
      finish(block, row, column);
    }
  }
  return Status::ok();
}

}  // namespace octet::cpu
