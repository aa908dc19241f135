// Reference of TopK.
#include "runtime/ops/top_k.h"

#include <bit>
#include <utility>

#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// Whether an element comes before another one that has a higher index.
template <class Number>
bool comes_first(const TopKAttrs& attrs, Number lower, Number higher) {
  // A NaN, and only that, differs from itself.
  const bool lower_is_nan = lower != lower, higher_is_nan = higher != higher;
  if (lower_is_nan || higher_is_nan) return attrs.largest ? lower_is_nan : higher_is_nan;
  return attrs.largest ? lower >= higher : lower <= higher;
}

// The best elements of a line, as a heap of their indices in dst: each comes after its children, so
// that the one at the root is the next to go.
template <class Load>
class Best {
 public:
  Best(const TopKAttrs& attrs, int64_t* indices, int64_t step, Load load)
      : attrs_(attrs), indices_(indices), step_(step), load_(load) {}

  // Finds the first `k` of `count` elements, in their order. Precondition: 1 <= k <= count. Where
  // the share says stop, some indices are not even written.
  void find(Share& share, int64_t count, int64_t k) {
    const int64_t sink_work = 4 * static_cast<int64_t>(std::bit_width(static_cast<uint64_t>(k)));
    for (int64_t i = 0; i < k && !share.stop(); ++i) at(i) = i;
    for (int64_t i = k / 2; i-- > 0 && !share.stop(sink_work);) sink(i, k);
    for (int64_t i = k; i < count && !share.stop(); ++i) {
      if (!is_before(i, at(0))) continue;
      at(0) = i;
      sink(0, k);
      share.stop(sink_work);
    }
    for (int64_t last = k - 1; last > 0 && !share.stop(sink_work); --last) {
      std::swap(at(0), at(last));
      sink(0, last);
    }
  }

 private:
  int64_t& at(int64_t place) const { return indices_[place * step_]; }

  bool is_before(int64_t i, int64_t j) const {
    return i < j ? comes_first(attrs_, load_(i), load_(j))
                 : !comes_first(attrs_, load_(j), load_(i));
  }

  // Moves the element at `place` down to where all below it come before it.
  void sink(int64_t place, int64_t size) const {
    for (int64_t child = 2 * place + 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && is_before(at(child), at(child + 1))) ++child;
      if (!is_before(at(place), at(child))) return;
      std::swap(at(place), at(child));
      place = child;
    }
  }

  const TopKAttrs& attrs_;
  int64_t* indices_;
  int64_t step_;
  Load load_;
};

}  // namespace

Status top_k(const TopKAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &values = args.outputs[0], &indices = args.outputs[1];
  const int64_t count = src.shape[attrs.axis], k = values.shape[attrs.axis];
  const int64_t src_step = src.strides[attrs.axis], dst_step = values.strides[attrs.axis];
  Shape lines = src.shape;
  lines[attrs.axis] = k == 0 ? 0 : 1;
  walk<2>(
      share, lines, {src.strides, values.strides}, [&](int64_t, const auto& offsets, const auto&) {
        const int64_t from = offsets[0], to = offsets[1];
        int64_t* found = indices.as<int64_t>() + to;
        const auto find = [&](auto load) {
          Best(attrs, found, dst_step, load).find(share, count, k);
        };
        if (is_floating(src.dtype))
          find([&](int64_t i) { return load_number(src, from + i * src_step); });
        else if (src.dtype == DType::kU64)
          find([&](int64_t i) {
            return static_cast<uint64_t>(load_integer(src, from + i * src_step));
          });
        else
          find([&](int64_t i) { return load_integer(src, from + i * src_step); });
        for (int64_t i = 0; i < k && !share.stop(); ++i)
          std::memcpy(element(values, to + i * dst_step),
                      element(src, from + found[i * dst_step] * src_step), dtype_size(src.dtype));
      });
  return Status::ok();
}

}  // namespace octet::reference
