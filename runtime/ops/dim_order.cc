// Bounds of Dims, and what follows from an order: minima, maxima, comparisons, broadcasting.
#include <algorithm>
#include <numeric>

#include "runtime/ops/contents.h"
#include "runtime/ops/dim_builder.h"
#include "runtime/ops/floor_divide.h"

namespace octet {
namespace {

using Bound = std::optional<int64_t>;

// The least of coefficient * atoms, from the bounds of each atom.
Bound least_of(const Dim::Term& term) {
  int64_t product = term.coefficient;
  const bool alone = term.atoms.size() == 1;
  for (const auto& atom : term.atoms) {
    if (!alone && (!atom->least || *atom->least < 0)) return std::nullopt;
    const Bound& bound = term.coefficient > 0 ? atom->least : atom->most;
    if (!bound || __builtin_mul_overflow(product, *bound, &product)) return std::nullopt;
  }
  return product;
}

Bound sum_of_leasts(const Dim& dim) {
  int64_t sum = 0;
  for (const Dim::Term& term : dim.terms()) {
    const Bound least = least_of(term);
    if (!least || __builtin_add_overflow(sum, *least, &sum)) return std::nullopt;
  }
  return sum;
}

Dim product_of(const Dim::Monomial& atoms, int64_t coefficient) {
  DimBuilder builder;
  builder.add(atoms, coefficient);
  return builder.finish();
}

// A dim without `atom` that coefficient * atom is never less than:
//   d <= positive(d) <= d + max(0, -least of d)        x - c + 1 <= c * floor_div(x, c) <= x
std::optional<Dim> floor_of(const DimAtom& atom, int64_t coefficient) {
  if (atom.kind == DimAtom::Kind::kPositive) {
    const Dim& d = atom.operands[0];
    if (coefficient > 0) return Dim(coefficient - coefficient / 2) * d;  // the others: >= 0
    const Bound& least = atom.least_operand;
    if (!least || *least == INT64_MIN) return std::nullopt;
    return Dim(coefficient) * (d + Dim(std::max<int64_t>(0, -*least)));
  }
  if (atom.kind == DimAtom::Kind::kFloorDiv && atom.operands[1].is_constant()) {
    const int64_t divisor = atom.operands[1].value();
    if (divisor <= 0 || coefficient % divisor != 0) return std::nullopt;
    const Dim x = coefficient > 0 ? atom.operands[0] - Dim(divisor - 1) : atom.operands[0];
    return Dim(coefficient / divisor) * x;
  }
  return std::nullopt;
}

// The same from another term of `dim`: positive(y) <= positive(x) + max(0, y - x).
std::optional<Dim> floor_beside(const DimAtom& atom, int64_t coefficient, const Dim& dim) {
  if (atom.kind != DimAtom::Kind::kPositive || coefficient >= 0) return std::nullopt;
  for (const Dim::Term& term : dim.terms()) {
    if (term.coefficient <= 0 || term.atoms.size() != 1) continue;
    const DimAtom& other = *term.atoms[0];
    if (other.kind != DimAtom::Kind::kPositive || other.key == atom.key) continue;
    const Dim above = atom.operands[0] - other.operands[0];
    if (above.is_constant())
      return Dim(coefficient) *
             (product_of(term.atoms, 1) + Dim(std::max<int64_t>(0, above.value())));
  }
  return std::nullopt;
}

// The best of the sums of leasts over `dim` and what is left when atoms are replaced by what they
// are not less than. `tries` bounds the work, which ends where `enough` is reached.
Bound least_value(const Dim& dim, int64_t enough, int& tries) {
  constexpr size_t kMostTerms = 8, kMostText = 300;  // longer ones come from hostile models
  Bound best = sum_of_leasts(dim);
  const auto terms = dim.terms();
  // The bounds of one atom are those of what it is made of already.
  if (terms.size() == 1 && terms[0].atoms.size() <= 1) return best;
  if (terms.size() > kMostTerms || dim.text_size() > kMostText) return best;
  for (const Dim::Term& term : terms) {
    for (size_t i = 0; i < term.atoms.size(); ++i) {
      if (best && *best >= enough) return best;
      if (i > 0 && term.atoms[i] == term.atoms[i - 1]) continue;
      const DimAtom::Kind kind = term.atoms[i]->kind;
      if (kind != DimAtom::Kind::kPositive && kind != DimAtom::Kind::kFloorDiv) continue;
      Dim::Monomial others = term.atoms;
      others.erase(others.begin() + static_cast<ptrdiff_t>(i));
      if (std::any_of(others.begin(), others.end(),
                      [](const auto& atom) { return !atom->least || *atom->least < 0; }))
        continue;
      const Dim rest = dim - product_of(term.atoms, term.coefficient);
      for (const auto& less : {floor_beside(*term.atoms[i], term.coefficient, dim),
                               floor_of(*term.atoms[i], term.coefficient)}) {
        if (!less || tries-- <= 0) continue;
        const Bound found = least_value(rest + product_of(others, 1) * *less, enough, tries);
        if (found && (!best || *found > *best)) best = found;
      }
    }
  }
  return best;
}

Bound least_value(const Dim& dim, int64_t enough) {
  if (dim.is_constant()) return dim.value();
  int tries = 6;
  return least_value(dim, enough, tries);
}

// The product of what all terms have in common, as far as it is known to be >= 0; 1: nothing.
Dim common_factor(const Dim& dim) {
  Dim::Monomial common;
  for (const auto& atom : dim.terms()[0].atoms)
    if (atom->least && *atom->least >= 0) common.push_back(atom);
  uint64_t divisor = 0;
  for (const Dim::Term& term : dim.terms()) {
    Dim::Monomial left = term.atoms, shared;
    for (const auto& atom : common) {
      const auto found = std::find_if(left.begin(), left.end(),
                                      [&](const auto& other) { return other->key == atom->key; });
      if (found == left.end()) continue;
      shared.push_back(atom);
      left.erase(found);
    }
    common = std::move(shared);
    const auto size = static_cast<uint64_t>(term.coefficient);
    divisor = std::gcd(divisor, term.coefficient < 0 ? 0 - size : size);
  }
  return product_of(common, divisor > INT64_MAX ? 1 : static_cast<int64_t>(divisor));
}

// Of the first term that is not the constant.
int64_t first_coefficient(const Dim& dim) {
  for (const Dim::Term& term : dim.terms())
    if (!term.atoms.empty()) return term.coefficient;
  return 0;
}

// d where `dim` is positive(d) - c, c >= 0: with the constant inside.
std::optional<Dim> inside_of_positive(const Dim& dim) {
  int64_t constant = 0;
  const DimAtom* found = nullptr;
  for (const Dim::Term& term : dim.terms()) {
    if (term.atoms.empty()) {
      constant = term.coefficient;
    } else if (found != nullptr || term.coefficient != 1 || term.atoms.size() != 1 ||
               term.atoms[0]->kind != DimAtom::Kind::kPositive) {
      return std::nullopt;
    } else {
      found = term.atoms[0].get();
    }
  }
  if (found == nullptr || constant > 0) return std::nullopt;
  return found->operands[0] + Dim(constant);
}

// Whether `dim` is a broadcast with `operand` in it.
bool is_broadcast_of(const Dim& dim, const Dim& operand) {
  const DimAtom* atom = DimBuilder::as_atom(dim);
  return atom != nullptr && atom->kind == DimAtom::Kind::kBroadcast &&
         std::find(atom->operands.begin(), atom->operands.end(), operand) != atom->operands.end();
}

// Whether `part` is min(whole, c) with a constant c >= 1: where the two broadcast, `whole` is what
// they give.
bool is_cut_of(const Dim& part, const Dim& whole) {
  const Bound most = part.upper_bound();
  return most && *most >= 1 && part == Dim::min(whole, *most);
}

}  // namespace

std::optional<int64_t> Dim::lower_bound() const { return least_value(*this, INT64_MAX); }

std::optional<int64_t> Dim::upper_bound() const {
  const Bound negated = (Dim(0) - *this).lower_bound();
  if (!negated || *negated == INT64_MIN) return std::nullopt;
  return -*negated;
}

bool Dim::is_at_least(int64_t value) const {
  const Bound bound = least_value(*this, value);
  return bound && *bound >= value;
}

bool Dim::is_at_most(int64_t value) const {
  if (is_constant()) return this->value() <= value;
  if (value == INT64_MIN) return false;
  return (Dim(0) - *this).is_at_least(-value);
}

Dim Dim::positive(const Dim& a) {
  if (a.is_constant()) return std::max<int64_t>(a.value(), 0);
  if (a.is_too_complex() || a.is_at_least(0)) return a;
  if (a.is_at_most(0)) return 0;
  if (const Dim factor = common_factor(a); !(factor == Dim(1)))
    return factor * positive(floor_div(a, factor));
  if (first_coefficient(a) < 0) return positive(Dim(0) - a) + a;
  if (const auto inside = inside_of_positive(a)) return positive(*inside);
  return DimBuilder::operation(DimAtom::Kind::kPositive, "positive", {a});
}

Dim Dim::max(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return std::max(a.value(), b.value());
  return b + positive(a - b);
}

Dim Dim::min(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return std::min(a.value(), b.value());
  return a - positive(a - b);
}

Dim Dim::greater(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return a.value() > b.value() ? 1 : 0;
  const Dim difference = a - b;
  if (difference.is_at_least(1)) return 1;
  if (difference.is_at_most(0)) return 0;
  return positive(difference) - positive(difference - Dim(1));
}

Dim Dim::equal(const Dim& a, const Dim& b) {
  if (a == b) return 1;
  return Dim(1) - greater(a, b) - greater(b, a);
}

Dim Dim::select(const Dim& condition, const Dim& a, const Dim& b) {
  if (condition.is_constant()) return condition.value() != 0 ? a : b;
  const Dim difference = a - b;
  // Where the polynomial would be long it shows nothing any more, and products of it explode; where
  // data decides, its numbers may be so large that products with them overflow.
  constexpr size_t kMostTerms = 8;
  if (depends_on_data(condition) ||
      condition.terms().size() * difference.terms().size() + b.terms().size() > kMostTerms)
    return DimBuilder::operation(DimAtom::Kind::kSelect, "select", {condition, a, b});
  return b + condition * difference;
}

Dim Dim::broadcast(const Dim& a, const Dim& b) {
  if (a == b || b == Dim(1) || is_broadcast_of(a, b) || is_cut_of(b, a)) return a;
  if (a == Dim(1) || is_broadcast_of(b, a) || is_cut_of(a, b)) return b;
  return DimBuilder::commutative(DimAtom::Kind::kBroadcast, "broadcast", a, b);
}

}  // namespace octet
