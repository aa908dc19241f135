// Reference of Cast.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// int64 to float32 in one rounding: the way through double would round twice.
float to_float32(const TensorView& src, int64_t offset) {
  const int64_t bits = load_integer(src, offset);
  return src.dtype == DType::kU64 ? static_cast<float>(static_cast<uint64_t>(bits))
                                  : static_cast<float>(bits);
}

}  // namespace

Status cast(const CastAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const bool from_float = is_floating(src.dtype), to_floating = is_floating(dst.dtype);
  walk<1>(share, src.shape, {src.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    if (!from_float && !to_floating)
      store_integer(dst, index, load_integer(src, offsets[0]));
    else if (!from_float && dst.dtype != DType::kF64)
      store_number(dst, index, static_cast<double>(to_float32(src, offsets[0])));
    else
      store_number(dst, index, load_number(src, offsets[0]));
  });
  return Status::ok();
}

}  // namespace octet::reference
