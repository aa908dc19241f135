// Reference of the reductions.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// src taken apart: the axes that stay and those that are reduced.
struct Split {
  TensorView kept;
  TensorView reduced;
};

Split split(const TensorView& src, const std::vector<int>& axes) {
  Split parts{{src.data, src.dtype, {}, {}}, {src.data, src.dtype, {}, {}}};
  for (int axis = 0; axis < src.shape.rank(); ++axis) {
    TensorView& part =
        std::binary_search(axes.begin(), axes.end(), axis) ? parts.reduced : parts.kept;
    part.shape.push_back(src.shape[axis]);
    part.strides.push_back(src.strides[axis]);
  }
  return parts;
}

// Calls visit(value) for each element under the kept offset.
template <class Visit>
void visit_numbers(Share& share, const TensorView& reduced, int64_t base, Visit visit) {
  walk_all<1>(share, reduced.shape, {reduced.strides},
              [&](int64_t, const auto& offsets, const auto&) {
                visit(load_number(reduced, base + offsets[0]));
              });
}

double reduce_numbers(ReduceFunction function, Share& share, const TensorView& reduced,
                      int64_t base) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double sum = 0, product = 1, magnitudes = 0, squares = 0, largest = -kInfinity,
         smallest = kInfinity;
  visit_numbers(share, reduced, base, [&](double x) {
    sum += x;
    product *= x;
    magnitudes += std::abs(x);
    squares += x * x;
    largest = std::isnan(x) || x > largest ? x : largest;
    smallest = std::isnan(x) || x < smallest ? x : smallest;
  });
  switch (function) {
    case ReduceFunction::kSum:
      return sum;
    case ReduceFunction::kMean:
      return sum / static_cast<double>(reduced.element_count());
    case ReduceFunction::kMax:
      return largest;
    case ReduceFunction::kMin:
      return smallest;
    case ReduceFunction::kProd:
      return product;
    case ReduceFunction::kL1:
      return magnitudes;
    case ReduceFunction::kL2:
      return std::sqrt(squares);
    case ReduceFunction::kSumSquare:
      return squares;
    case ReduceFunction::kLogSum:
      return std::log(sum);
    case ReduceFunction::kLogSumExp:
      break;
  }
  if (!std::isfinite(largest)) return largest;
  double exponentials = 0;
  visit_numbers(share, reduced, base, [&](double x) { exponentials += std::exp(x - largest); });
  return largest + std::log(exponentials);
}

// The lowest and highest value of an integer type, as load_integer() would give them.
template <class T>
std::pair<int64_t, int64_t> limits_of() {
  return {static_cast<int64_t>(std::numeric_limits<T>::min()),
          static_cast<int64_t>(std::numeric_limits<T>::max())};
}

std::pair<int64_t, int64_t> limits_of(DType dtype) {
  switch (dtype) {
    case DType::kI8:
      return limits_of<int8_t>();
    case DType::kU8:
      return limits_of<uint8_t>();
    case DType::kI16:
      return limits_of<int16_t>();
    case DType::kU16:
      return limits_of<uint16_t>();
    case DType::kI32:
      return limits_of<int32_t>();
    case DType::kU32:
      return limits_of<uint32_t>();
    case DType::kU64:
      return limits_of<uint64_t>();
    case DType::kBool:
      return {0, 1};
    default:
      return limits_of<int64_t>();
  }
}

// Sums and products wrap; what is not an integer truncates.
int64_t reduce_integers(ReduceFunction function, Share& share, const TensorView& reduced,
                        int64_t base) {
  const bool wide_unsigned = reduced.dtype == DType::kU64;
  const auto less = [&](int64_t lhs, int64_t rhs) {
    return wide_unsigned ? static_cast<uint64_t>(lhs) < static_cast<uint64_t>(rhs) : lhs < rhs;
  };
  uint64_t sum = 0, product = 1, magnitudes = 0, squares = 0;
  auto [largest, smallest] = limits_of(reduced.dtype);
  walk_all<1>(share, reduced.shape, {reduced.strides},
              [&](int64_t, const auto& offsets, const auto&) {
                const int64_t x = load_integer(reduced, base + offsets[0]);
                const auto bits = static_cast<uint64_t>(x);
                sum += bits;
                product *= bits;
                magnitudes += x < 0 && !wide_unsigned ? 0 - bits : bits;
                squares += bits * bits;
                if (less(largest, x)) largest = x;
                if (less(x, smallest)) smallest = x;
              });
  const int64_t count = reduced.element_count();
  switch (function) {
    case ReduceFunction::kSum:
      return static_cast<int64_t>(sum);
    case ReduceFunction::kMean:
      if (count == 0) return 0;
      return wide_unsigned ? static_cast<int64_t>(sum / static_cast<uint64_t>(count))
                           : static_cast<int64_t>(sum) / count;
    case ReduceFunction::kMax:
      return largest;
    case ReduceFunction::kMin:
      return smallest;
    case ReduceFunction::kProd:
      return static_cast<int64_t>(product);
    case ReduceFunction::kL1:
      return static_cast<int64_t>(magnitudes);
    case ReduceFunction::kSumSquare:
      return static_cast<int64_t>(squares);
    default:
      break;
  }
  assert(false && "computed in double");
  return 0;
}

bool computes_in_double(ReduceFunction function, DType dtype) {
  return is_floating(dtype) || function == ReduceFunction::kL2 ||
         function == ReduceFunction::kLogSum || function == ReduceFunction::kLogSumExp;
}

}  // namespace

Status reduce(const ReduceAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& dst = args.outputs[0];
  OCTET_RETURN_IF_ERROR(check_not_empty(attrs, args.inputs[0].shape, dst.element_count()));
  const Split parts = split(args.inputs[0], attrs.axes);
  const bool numbers = computes_in_double(attrs.function, dst.dtype);
  walk<1>(share, parts.kept.shape, {parts.kept.strides},
          [&](int64_t index, const auto& offsets, const auto&) {
            if (numbers)
              store_number(dst, index,
                           reduce_numbers(attrs.function, share, parts.reduced, offsets[0]));
            else
              store_integer(dst, index,
                            reduce_integers(attrs.function, share, parts.reduced, offsets[0]));
          });
  return Status::ok();
}

}  // namespace octet::reference
