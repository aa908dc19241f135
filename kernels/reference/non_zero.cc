// Reference of CountNonZero and NonZero.
#include "runtime/ops/non_zero.h"

#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

bool is_non_zero(const TensorView& view, int64_t offset) {
  if (is_floating(view.dtype)) return load_number(view, offset) != 0;
  return load_integer(view, offset) != 0;
}

}  // namespace

Status count_non_zero(const CountNonZeroAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& src = args.inputs[0];
  int64_t count = 0;
  walk_all<1>(share, src.shape, {src.strides}, [&](int64_t, const auto& offsets, const auto&) {
    count += is_non_zero(src, offsets[0]) ? 1 : 0;
  });
  *args.outputs[0].as<int64_t>() = count;
  return Status::ok();
}

// One task does all: where an element goes depends on all before it.
Status non_zero(const NonZeroAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  if (share.of(1).first == share.of(1).last) return Status::ok();
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const int64_t count = dst.shape[1];
  int64_t* indices = dst.as<int64_t>();
  int64_t found = 0;
  walk_all<1>(share, src.shape, {src.strides},
              [&](int64_t, const auto& offsets, const Position& position) {
                if (!is_non_zero(src, offsets[0])) return;
                for (int axis = 0; axis < src.shape.rank() && found < count; ++axis)
                  indices[axis * count + found] = position[static_cast<size_t>(axis)];
                ++found;
              });
  if (found == count || share.stop()) return Status::ok();
  return internal_error("found " + std::to_string(found) +
                        " elements that are not zero, expected " + std::to_string(count));
}

}  // namespace octet::reference
