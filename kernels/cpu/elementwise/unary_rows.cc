// Unary functions of f32 as a row kernel.
#include "kernels/cpu/elementwise/unary_f32.h"
#include "kernels/cpu/kernels.h"

namespace octet::cpu {
namespace {

class UnaryRows final : public RowKernel {
 public:
  explicit UnaryRows(UnaryF32 function) : function_(function) {}

  Status run(const RowArgs& args) const override {
    const RowOperand &src = args.inputs[0], &dst = args.outputs[0];
    Heartbeat beat(args.control);
    for (int64_t r = 0; r < args.rows; ++r)
      in_pieces(beat, src.columns, kElementUnits, [&](int64_t first, int64_t last) {
        function_(src.row<float>(r) + first, dst.row<float>(r) + first, last - first);
      });
    return beat.status();
  }

 private:
  UnaryF32 function_;
};

}  // namespace

Support accept_unary_rows(const KernelRequest& request) {
  const UnaryFunction function = attributes_of<UnaryAttrs>(request).function;
  if (unary_f32(function) == nullptr)
    return Support::no(std::string("there is no row form of ") + unary_name(function));
  return both(require_rows(request), require_type(request, DType::kF32));
}

Result<Kernel> make_unary_rows(const KernelRequest& request) {
  return Kernel(
      std::make_unique<UnaryRows>(unary_f32(attributes_of<UnaryAttrs>(request).function)));
}

}  // namespace octet::cpu
