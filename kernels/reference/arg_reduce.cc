// Reference of ArgMax and ArgMin.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// The index along an axis of the element that none of the others beats. `load(i)` gives element i.
template <class Load>
int64_t best_index(const ArgReduceAttrs& attrs, Share& share, int64_t count, Load load) {
  int64_t best = 0;
  for (int64_t i = 1; i < count && !share.stop(); ++i) {
    const auto challenger = load(i), holder = load(best);
    // A NaN, and only that, differs from itself.
    const bool is_nan = challenger != challenger, held_by_nan = holder != holder;
    const bool beats =
        !held_by_nan && (is_nan || (attrs.largest ? challenger > holder : challenger < holder));
    const bool equals = (is_nan && held_by_nan) || challenger == holder;
    if (beats || (equals && attrs.last_index)) best = i;
  }
  return best;
}

}  // namespace

Status arg_reduce(const ArgReduceAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& src = args.inputs[0];
  Shape kept = src.shape;
  kept[attrs.axis] = 1;
  const int64_t count = src.shape[attrs.axis], step = src.strides[attrs.axis];
  auto* dst = args.outputs[0].as<int64_t>();
  if (count == 0 && !attrs.empty_gives_0 && args.outputs[0].element_count() > 0)
    return invalid_argument("axis " + std::to_string(attrs.axis) + " of the input is empty, [" +
                            to_string(src.shape) + "]; expected an element to find");
  walk<1>(share, kept, {src.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    const int64_t first = offsets[0];
    if (is_floating(src.dtype))
      dst[index] = best_index(attrs, share, count,
                              [&](int64_t i) { return load_number(src, first + i * step); });
    else if (src.dtype == DType::kU64)
      dst[index] = best_index(attrs, share, count, [&](int64_t i) {
        return static_cast<uint64_t>(load_integer(src, first + i * step));
      });
    else
      dst[index] = best_index(attrs, share, count,
                              [&](int64_t i) { return load_integer(src, first + i * step); });
  });
  return Status::ok();
}

}  // namespace octet::reference
