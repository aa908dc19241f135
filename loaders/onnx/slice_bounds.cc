// Case analysis by the sign of the step and of the bounds.
#include "loaders/onnx/slice_bounds.h"

#include <algorithm>

namespace octet {
namespace {

// Bounds beyond this mean "to the end"; exporters write INT32_MAX and INT64_MAX, and no extent is
// so large.
constexpr int64_t kUnbounded = int64_t{1} << 31;

// Whether `dim` is 0 or more for all inputs: wider than lower_bound(), which knows sums and
// products alone.
bool is_nonnegative(const Dim& dim) {
  if (auto low = dim.lower_bound()) return *low >= 0;
  for (const Dim::Term& term : dim.terms()) {
    if (term.coefficient < 0) return false;
    for (const auto& atom : term.atoms) {
      const auto holds = [](const Dim& operand) { return is_nonnegative(operand); };
      switch (atom->kind) {
        case DimAtom::Kind::kSymbol:
          if (atom->symbol.ends_with(']')) return false;
          break;
        case DimAtom::Kind::kMax:
        case DimAtom::Kind::kSame:
          if (std::none_of(atom->operands.begin(), atom->operands.end(), holds)) return false;
          break;
        case DimAtom::Kind::kOverflow:
          return false;
        default:
          if (!std::all_of(atom->operands.begin(), atom->operands.end(), holds)) return false;
      }
    }
  }
  return true;
}

Status unknown_sign(const Dim& bound) {
  return unsupported("the sign of the bound " + bound.str() + " depends on the input");
}

Dim at_least(const Dim& dim, int64_t low) { return Dim::max(dim, low); }

// `bound` clamped to [low, high], high = extent or extent - 1.
Result<Dim> clamp(const Dim& bound, const Dim& extent, int64_t low, const Dim& high) {
  if (bound.is_constant()) {
    if (bound.value() >= kUnbounded) return high;
    if (bound.value() <= -kUnbounded) return Dim(low);
    if (bound.value() < 0) return at_least(extent + bound, low);
    return Dim::min(bound, high);
  }
  if (is_nonnegative(bound)) return Dim::min(bound, high);
  if (is_nonnegative(Dim(-1) - bound)) return at_least(extent + bound, low);
  return unknown_sign(bound);
}

Result<SliceRange> forward(const Dim& start, const Dim& end, int64_t step, const Dim& extent) {
  OCTET_ASSIGN_OR_RETURN(Dim first, clamp(start, extent, 0, extent));
  OCTET_ASSIGN_OR_RETURN(Dim last, clamp(end, extent, 0, extent));
  // An axis of 1 may be meant to be broadcast, so it is clamped.
  const bool is_table = extent.is_constant() && extent.value() > 1;
  if (is_table && !end.is_constant() && is_nonnegative(end)) {
    last = end;
    if (!start.is_constant() && is_nonnegative(start) && is_nonnegative(end - start)) first = start;
  }
  const Dim span = last - first;
  const Dim length = is_nonnegative(span) ? span : at_least(span, 0);
  // The sum below must not overflow, and a step beyond any extent picks one element all the same.
  step = std::min(step, kUnbounded);
  return SliceRange{first, Dim::floor_div(length + Dim(step - 1), step), step};
}

Result<SliceRange> backward(const Dim& start, const Dim& end, int64_t step, const Dim& extent) {
  const Dim last_index = extent - Dim(1);
  OCTET_ASSIGN_OR_RETURN(const Dim first, clamp(start, extent, 0, last_index));
  OCTET_ASSIGN_OR_RETURN(const Dim last, clamp(end, extent, -1, last_index));
  const Dim span = first - last;
  const Dim length = is_nonnegative(span) ? span : at_least(span, 0);
  step = std::max(step, -kUnbounded);
  return SliceRange{first, Dim::floor_div(length + Dim(-step - 1), -step), step};
}

}  // namespace

Result<SliceRange> slice_range(const Dim& start, const Dim& end, int64_t step, const Dim& extent) {
  if (step == 0) return invalid_model("a slice has step 0");
  OCTET_ASSIGN_OR_RETURN(SliceRange range, step > 0 ? forward(start, end, step, extent)
                                                    : backward(start, end, step, extent));
  if (range.count == Dim(0)) return SliceRange{0, 0, 1};
  if (range.count == Dim(1)) range.step = 1;
  return range;
}

}  // namespace octet
