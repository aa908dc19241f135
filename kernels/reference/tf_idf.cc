// Reference of TfIdf.
#include "runtime/ops/tf_idf.h"

#include <algorithm>

#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// The n-grams, sorted; those with a common beginning lie together, the shortest first.
class Pool {
 public:
  explicit Pool(const TaskArgs& args)
      : items_(args.inputs[1]), starts_(args.inputs[2]), columns_(args.inputs[3]) {}

  // Those that have a certain beginning of `length` elements.
  struct Range {
    int64_t first, last, length;
    bool empty() const { return first == last; }
  };
  Range all() const { return {0, columns_.shape[0], 0}; }
  // Those of a range whose next element is `item`.
  Range with_next(Range range, int64_t item) const {
    if (is_whole(range)) ++range.first;
    const int64_t at = range.length;
    const auto bound = [&](int64_t first, bool after_equal) {
      int64_t last = range.last;
      while (first < last) {
        const int64_t middle = first + (last - first) / 2;
        const int64_t found = at_place(items_, at_place(starts_, middle) + at);
        if (found < item || (after_equal && found == item))
          first = middle + 1;
        else
          last = middle;
      }
      return first;
    };
    const int64_t first = bound(range.first, false);
    return {first, bound(first, true), at + 1};
  }
  // Whether its first n-gram is the beginning itself.
  bool is_whole(const Range& range) const {
    return !range.empty() &&
           at_place(starts_, range.first + 1) - at_place(starts_, range.first) == range.length;
  }
  int64_t column(const Range& range) const { return at_place(columns_, range.first); }

 private:
  static int64_t at_place(const TensorView& vector, int64_t index) {
    return vector.as<const int64_t>()[index * vector.strides[0]];
  }
  const TensorView &items_, &starts_, &columns_;
};

// Adds what a row of `count` elements has to counts.
template <class Load>
void count_row(Share& share, const Pool& pool, int64_t skips, int64_t count, Load load,
               int64_t* counts) {
  for (int64_t distance = 1; distance <= std::min(skips, count) + 1; ++distance)
    for (int64_t place = 0; place < count && !share.stop(); ++place) {
      Pool::Range range = pool.all();
      for (int64_t i = place; i < count && !range.empty() && !share.stop(8); i += distance) {
        range = pool.with_next(range, load(i));
        const bool counts_here = distance == 1 || range.length > 1;
        if (counts_here && pool.is_whole(range)) ++counts[pool.column(range)];
      }
    }
}

double weighed(TfIdfMode mode, int64_t count, double weight) {
  switch (mode) {
    case TfIdfMode::kCount:
      return static_cast<double>(count);
    case TfIdfMode::kPresence:
      return count > 0 ? weight : 0;
    case TfIdfMode::kWeightedCount:
      return static_cast<double>(count) * weight;
  }
  return 0;
}

}  // namespace

Status tf_idf(const TfIdfAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const TensorView* weights = optional_view(args.inputs, 4);
  const Pool pool(args);
  auto* counts = reinterpret_cast<int64_t*>(scratch);
  const int64_t step = src.strides[src.shape.rank() - 1];
  const Share::Range rows = share.of(src.shape.rank() == 1 ? 1 : src.shape[0]);
  for (int64_t row = rows.first; row < rows.last && !share.stop(); ++row) {
    const int64_t base = src.shape.rank() == 1 ? 0 : row * src.strides[0];
    for (int64_t i = 0; i < attrs.columns && !share.stop(); ++i) counts[i] = 0;
    count_row(
        share, pool, attrs.skips, src.shape.back(),
        [&](int64_t i) { return load_integer(src, base + i * step); }, counts);
    for (int64_t i = 0; i < attrs.columns && !share.stop(); ++i) {
      const double weight = weights == nullptr ? 1 : load_number(*weights, i * weights->strides[0]);
      store_number(dst, row * attrs.columns + i, weighed(attrs.mode, counts[i], weight));
    }
  }
  return Status::ok();
}

size_t tf_idf_scratch(const TfIdfAttrs& attrs, const TaskShapes&) {
  return sizeof(int64_t) * static_cast<size_t>(attrs.columns);
}

}  // namespace octet::reference
