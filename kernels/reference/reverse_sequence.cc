// Reference of ReverseSequence.
#include "runtime/ops/reverse_sequence.h"

#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

Status check_lengths(const TensorView& lengths, int64_t extent, Share& share) {
  for (int64_t b = 0; b < lengths.shape[0] && !share.stop(); ++b) {
    const int64_t length = lengths.as<const int64_t>()[b * lengths.strides[0]];
    if (length < 0 || length > extent)
      return invalid_argument("sequence length " + std::to_string(b) + " is " +
                              std::to_string(length) + ", expected 0 to " + std::to_string(extent));
  }
  return Status::ok();
}

}  // namespace

Status reverse_sequence(const ReverseSequenceAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte*) {
  const TensorView &src = args.inputs[0], &lengths = args.inputs[1], &dst = args.outputs[0];
  const auto batch = static_cast<size_t>(attrs.batch_axis),
             time = static_cast<size_t>(attrs.time_axis);
  OCTET_RETURN_IF_ERROR(check_lengths(lengths, src.shape[attrs.time_axis], share));
  const size_t size = dtype_size(src.dtype);
  walk<1>(share, dst.shape, {src.strides}, [&](int64_t index, const auto& offsets, const auto& at) {
    const int64_t length = lengths.as<const int64_t>()[at[batch] * lengths.strides[0]];
    const int64_t moved = at[time] < length ? length - 1 - 2 * at[time] : 0;
    std::memcpy(element(dst, index),
                element(src, offsets[0] + moved * src.strides[attrs.time_axis]), size);
  });
  return Status::ok();
}

}  // namespace octet::reference
