// Reference of Unique.
#include "runtime/ops/unique.h"

#include <algorithm>

#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// Compares slices of a tensor along an axis.
class Slices {
 public:
  Slices(const TensorView& src, int axis) : src_(src), step_(src.strides[axis]) {
    for (int i = 0; i < src.shape.rank(); ++i) {
      if (i == axis) continue;
      shape_.push_back(src.shape[i]);
      strides_.push_back(src.strides[i]);
    }
  }

  // Negative: a comes before b; 0: they are equal.
  int compare(Heartbeat& beat, int64_t a, int64_t b) const {
    int order = 0;
    walk_all<1>(beat, shape_, {strides_}, [&](int64_t, const auto& offsets, const auto&) {
      if (order == 0) order = compare_elements(a * step_ + offsets[0], b * step_ + offsets[0]);
    });
    return order;
  }

 private:
  template <class T>
  static int sign(T a, T b) {
    return a < b ? -1 : b < a ? 1 : 0;
  }
  int compare_elements(int64_t a, int64_t b) const {
    if (is_floating(src_.dtype)) {
      const double x = load_number(src_, a), y = load_number(src_, b);
      const bool x_is_nan = x != x, y_is_nan = y != y;
      return x_is_nan || y_is_nan ? sign(int{x_is_nan}, int{y_is_nan}) : sign(x, y);
    }
    const int64_t x = load_integer(src_, a), y = load_integer(src_, b);
    if (src_.dtype == DType::kU64) return sign(static_cast<uint64_t>(x), static_cast<uint64_t>(y));
    return sign(x, y);
  }

  const TensorView& src_;
  int64_t step_;
  Shape shape_;
  Strides strides_;
};

// Sorts `items` so that equal ones stay in their order. `room` has as many.
template <class IsBefore>
void merge_sort(Heartbeat& beat, int64_t* items, int64_t* room, int64_t count,
                const IsBefore& is_before) {
  int64_t *from = items, *to = room;
  for (int64_t width = 1; width < count && !beat.stop(); width *= 2) {
    for (int64_t begin = 0; begin < count && !beat.stop(); begin += 2 * width) {
      const int64_t middle = std::min(begin + width, count);
      const int64_t end = std::min(begin + 2 * width, count);
      int64_t a = begin, b = middle;
      for (int64_t i = begin; i < end && !beat.stop(); ++i) {
        const bool takes_b = a == middle || (b < end && is_before(from[b], from[a]));
        to[i] = from[takes_b ? b++ : a++];
      }
    }
    std::swap(from, to);
  }
  for (int64_t i = 0; from != items && i < count && !beat.stop(); ++i) items[i] = from[i];
}

}  // namespace

// One task does all: a slice's place depends on all others.
Status unique(const UniqueAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch) {
  if (share.of(1).first == share.of(1).last) return Status::ok();
  const Slices slices(args.inputs[0], attrs.axis);
  const int64_t n = args.inputs[0].shape[attrs.axis];
  int64_t* first = args.outputs[0].as<int64_t>();
  int64_t* inverse = args.outputs[1].as<int64_t>();
  int64_t* counts = args.outputs[2].as<int64_t>();
  int64_t* sorted = reinterpret_cast<int64_t*>(scratch);
  int64_t* room = sorted + n;
  for (int64_t i = 0; i < n && !share.stop(); ++i) sorted[i] = i;
  merge_sort(share, sorted, room, n,
             [&](int64_t a, int64_t b) { return slices.compare(share, a, b) < 0; });
  // Equal slices lie beside each other, the first one first.
  int64_t count = 0;
  for (int64_t i = 0; i < n && !share.stop(); ++i) {
    if (i == 0 || slices.compare(share, sorted[i - 1], sorted[i]) != 0) {
      first[count] = sorted[i];
      counts[count++] = 0;
    }
    ++counts[count - 1];
    inverse[sorted[i]] = count - 1;
  }
  if (!attrs.sorted && !share.stop()) {
    // room[k]: the group that is seen k-th; sorted[g]: when group g is seen.
    for (int64_t group = 0; group < count && !share.stop(); ++group) room[group] = group;
    merge_sort(share, room, sorted, count,
               [&](int64_t a, int64_t b) { return first[a] < first[b]; });
    for (int64_t k = 0; k < count && !share.stop(); ++k) sorted[room[k]] = k;
    for (int64_t i = 0; i < n && !share.stop(); ++i) inverse[i] = sorted[inverse[i]];
    for (int64_t k = 0; k < count && !share.stop(); ++k) counts[k] = 0;
    for (int64_t i = n; i-- > 0 && !share.stop();) {
      ++counts[inverse[i]];
      first[inverse[i]] = i;
    }
  }
  for (int64_t i = count; i < n && !share.stop(); ++i) first[i] = counts[i] = 0;
  *args.outputs[3].as<int64_t>() = count;
  return Status::ok();
}

size_t unique_scratch(const UniqueAttrs& attrs, const TaskShapes& shapes) {
  return 2 * sizeof(int64_t) * static_cast<size_t>(shapes.inputs[0].shape[attrs.axis]);
}

}  // namespace octet::reference
