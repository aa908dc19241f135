// Reference of MaxUnpool.
#include "runtime/ops/max_unpool.h"

#include <algorithm>

#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// The picture that indices count the elements of.
Shape indexed_shape(const MaxUnpoolAttrs& attrs, const Shape& src, const Shape& dst) {
  Shape shape = dst;
  for (int axis = 2; axis < src.rank(); ++axis) {
    const auto i = static_cast<size_t>(axis) - 2;
    // In double: hostile extents overflow integers.
    const double covered =
        (static_cast<double>(src[axis]) - 1) * static_cast<double>(attrs.window.strides[i]) +
        static_cast<double>(attrs.window.kernel[i] - attrs.window.begins[i] - attrs.window.ends[i]);
    if (covered < static_cast<double>(dst[axis]))
      shape[axis] = std::max<int64_t>(static_cast<int64_t>(covered), 0);
  }
  return shape;
}

}  // namespace

// One task does all: any element of dst may be that of any index.
Status max_unpool(const MaxUnpoolAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  if (share.of(1).first == share.of(1).last) return Status::ok();
  const TensorView &src = args.inputs[0], &indices = args.inputs[1], &dst = args.outputs[0];
  const size_t size = dtype_size(dst.dtype);
  in_pieces(share, dst.element_count(), 1, [&](int64_t first, int64_t last) {
    std::memset(element(dst, first), 0, static_cast<size_t>(last - first) * size);
  });
  const Shape picture = indexed_shape(attrs, src.shape, dst.shape);
  const int64_t count = picture.element_count();
  Status status;
  walk_all<2>(share, src.shape, {src.strides, indices.strides},
              [&](int64_t, const auto& offsets, const auto&) {
                int64_t index = indices.as<const int64_t>()[offsets[1]];
                if (index < 0 || index >= count) {
                  status = invalid_argument(
                      "index " + std::to_string(index) + " is out of range for a picture of [" +
                      to_string(picture) + "]; expected 0 to " + std::to_string(count - 1));
                  share.end();
                  return;
                }
                int64_t to = 0;
                for (int axis = picture.rank() - 1; axis >= 0; --axis) {
                  to += index % picture[axis] * dst.strides[axis];
                  index /= picture[axis];
                }
                std::memcpy(element(dst, to), element(src, offsets[0]), size);
              });
  return status;
}

}  // namespace octet::reference
