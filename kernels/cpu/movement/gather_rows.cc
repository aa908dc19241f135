// Embedding lookup as a row kernel: row i of the output is row ids[i] of the table.
#include <cstring>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/index.h"

namespace octet::cpu {
namespace {

class GatherRows final : public RowKernel {
 public:
  GatherRows(int64_t table_rows, int64_t row_bytes, DType index_type)
      : table_rows_(table_rows), row_bytes_(row_bytes), index_type_(index_type) {}

  Status run(const RowArgs& args) const override {
    const RowOperand &table = args.inputs[0], &ids = args.inputs[1], &dst = args.outputs[0];
    Heartbeat beat(args.control);
    for (int64_t r = 0; r < args.rows; ++r) {
      const int64_t index = load_index(ids.row<std::byte>(r), index_type_, 0);
      const int64_t row = resolve_index(index, table_rows_);
      if (row < 0) return index_error(index, 0, table_rows_);
      in_pieces(beat, row_bytes_, 1, [&](int64_t first, int64_t last) {
        std::memcpy(dst.row<std::byte>(r) + first, table.data + row * row_bytes_ + first,
                    static_cast<size_t>(last - first));
      });
    }
    return beat.status();
  }

 private:
  int64_t table_rows_;
  int64_t row_bytes_;
  DType index_type_;
};

}  // namespace

Support accept_gather_rows(const KernelRequest& request) { return require_rows(request); }

Result<Kernel> make_gather_rows(const KernelRequest& request) {
  const Shape table = *to_constant(request.inputs[0]->shape);  // what makes it row-local
  const auto row_bytes = table[1] * static_cast<int64_t>(dtype_size(request.inputs[0]->dtype));
  return Kernel(std::make_unique<GatherRows>(table[0], row_bytes, request.inputs[1]->dtype));
}

}  // namespace octet::cpu
