// Reference of Where.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {

Status where(const WhereAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &condition = args.inputs[0], &on_true = args.inputs[1],
                   &on_false = args.inputs[2];
  const TensorView& dst = args.outputs[0];
  const size_t size = dtype_size(dst.dtype);
  walk<3>(share, dst.shape,
          {broadcast_strides(condition, dst.shape), broadcast_strides(on_true, dst.shape),
           broadcast_strides(on_false, dst.shape)},
          [&](int64_t index, const auto& offsets, const auto&) {
            const bool chosen = load_integer(condition, offsets[0]) != 0;
            const std::byte* src =
                chosen ? element(on_true, offsets[1]) : element(on_false, offsets[2]);
            std::memcpy(element(dst, index), src, size);
          });
  return Status::ok();
}

}  // namespace octet::reference
