// Reference of BitCast.
#include "runtime/ops/bit_cast.h"

#include "kernels/reference/strided.h"

namespace octet::reference {

Status bit_cast(const BitCastAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  TensorView src = args.inputs[0];
  src.dtype = attrs.to;
  copy(share, src, args.outputs[0]);
  return Status::ok();
}

}  // namespace octet::reference
