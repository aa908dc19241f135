// Binary functions of f32 as a row kernel: residual additions, biases, masks, scalings.
#include "kernels/cpu/elementwise/binary_f32.h"
#include "kernels/cpu/kernels.h"

namespace octet::cpu {
namespace {

class BinaryRows final : public RowKernel {
 public:
  explicit BinaryRows(BinaryF32 function) : function_(function) {}

  Status run(const RowArgs& args) const override {
    const RowOperand &lhs = args.inputs[0], &rhs = args.inputs[1], &dst = args.outputs[0];
    // A whole operand is one row for all, or one element.
    const bool lhs_repeated = lhs.columns < dst.columns, rhs_repeated = rhs.columns < dst.columns;
    Heartbeat beat(args.control);
    for (int64_t r = 0; r < args.rows; ++r)
      in_pieces(beat, dst.columns, kElementUnits, [&](int64_t first, int64_t last) {
        function_(lhs.row<float>(r) + (lhs_repeated ? 0 : first), lhs_repeated,
                  rhs.row<float>(r) + (rhs_repeated ? 0 : first), rhs_repeated,
                  dst.row<float>(r) + first, last - first);
      });
    return beat.status();
  }

 private:
  BinaryF32 function_;
};

}  // namespace

Support accept_binary_rows(const KernelRequest& request) {
  const BinaryFunction function = attributes_of<BinaryAttrs>(request).function;
  if (binary_f32(function) == nullptr)
    return Support::no(std::string("there is no row form of ") + binary_name(function));
  return both(require_rows(request), require_type(request, DType::kF32));
}

Result<Kernel> make_binary_rows(const KernelRequest& request) {
  return Kernel(
      std::make_unique<BinaryRows>(binary_f32(attributes_of<BinaryAttrs>(request).function)));
}

}  // namespace octet::cpu
