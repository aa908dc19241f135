// Reference of Pad.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// The element of an axis of `extent` that stands at `index`, which may be before or behind it; -1
// for a constant.
int64_t source_index(PadMode mode, int64_t index, int64_t extent) {
  if (index >= 0 && index < extent) return index;
  switch (mode) {
    case PadMode::kConstant:
      return -1;
    case PadMode::kEdge:
      return index < 0 ? 0 : extent - 1;
    case PadMode::kWrap:
      return (index % extent + extent) % extent;
    case PadMode::kReflect:
      break;
  }
  // Back and forth: a period of 2 (extent - 1).
  const int64_t period = 2 * (extent - 1);
  if (period == 0) return 0;
  const int64_t rest = (index % period + period) % period;
  return rest < extent ? rest : period - rest;
}

}  // namespace

Status pad(const PadAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const TensorView* value = optional_view(args.inputs, 1);
  const size_t size = dtype_size(src.dtype);
  for (int axis = 0; axis < src.shape.rank(); ++axis)
    if (attrs.mode != PadMode::kConstant && src.shape[axis] == 0 && dst.shape[axis] != 0)
      return invalid_argument("axis " + std::to_string(axis) +
                              " has no element to repeat; pad it with constants");
  walk<0>(share, dst.shape, {}, [&](int64_t index, const auto&, const Position& position) {
    int64_t offset = 0;
    bool outside = false;
    for (int axis = 0; axis < dst.shape.rank(); ++axis) {
      const auto i = static_cast<size_t>(axis);
      const int64_t from = source_index(attrs.mode, position[i] - attrs.begins[i], src.shape[axis]);
      outside |= from < 0;
      offset += from * src.strides[axis];
    }
    std::byte* to = element(dst, index);
    if (!outside)
      std::memcpy(to, element(src, offset), size);
    else if (value != nullptr)
      std::memcpy(to, value->data, size);
    else
      std::memset(to, 0, size);
  });
  return Status::ok();
}

}  // namespace octet::reference
