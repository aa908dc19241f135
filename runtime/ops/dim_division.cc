// Quotients and rests of Dims in one form.
#include "runtime/ops/dim_builder.h"
#include "runtime/ops/floor_divide.h"

namespace octet {
namespace {

// a / b when every term of `a` is a multiple of the single term of `b`.
std::optional<Dim> divide_exactly(const Dim& a, const Dim& b) {
  if (b.terms().size() != 1) return std::nullopt;
  const Dim::Term& divisor = b.terms()[0];
  DimBuilder builder;
  for (const Dim::Term& term : a.terms()) {
    auto rest = DimBuilder::remove_atoms(term.atoms, divisor.atoms);
    if (!rest || (divisor.coefficient == -1 && term.coefficient == INT64_MIN)) return std::nullopt;
    if (term.coefficient % divisor.coefficient != 0) return std::nullopt;
    builder.add(*rest, term.coefficient / divisor.coefficient);
  }
  return builder.finish();
}

// a == b * quotient + rest, every coefficient of `rest` in [0, b). Precondition: b > 0.
std::pair<Dim, Dim> divide_terms(const Dim& a, int64_t b) {
  DimBuilder quotient, rest;
  for (const Dim::Term& term : a.terms()) {
    quotient.add(term.atoms, floor_divide(term.coefficient, b));
    rest.add(term.atoms, floor_mod(term.coefficient, b));
  }
  return {quotient.finish(), rest.finish()};
}

// x and its divisor where a == floor_div(x, divisor) + constant, the constant inside of x.
std::optional<std::pair<Dim, int64_t>> as_quotient(const Dim& a) {
  std::optional<std::pair<Dim, int64_t>> found;
  int64_t constant = 0;
  for (const Dim::Term& term : a.terms()) {
    if (term.atoms.empty()) {
      constant = term.coefficient;
      continue;
    }
    const DimAtom& atom = *term.atoms[0];
    if (found || term.coefficient != 1 || term.atoms.size() != 1 ||
        atom.kind != DimAtom::Kind::kFloorDiv || !atom.operands[1].is_constant() ||
        atom.operands[1].value() <= 0)
      return std::nullopt;
    found = {atom.operands[0], atom.operands[1].value()};
  }
  if (found) found->first = found->first + Dim(constant) * Dim(found->second);
  return found;
}

// Towards zero. Precondition: `b` is never negative.
Dim truncate(const Dim& a, const Dim& b) {
  if (a.is_at_least(0)) return Dim::floor_div(a, b);
  return Dim::floor_div(Dim::positive(a), b) - Dim::floor_div(Dim::positive(Dim(0) - a), b);
}

}  // namespace

Dim Dim::floor_div(const Dim& a, const Dim& b) {
  if (b == Dim(0)) return 0;
  const bool overflows = a == Dim(INT64_MIN) && b == Dim(-1);
  if (a.is_constant() && b.is_constant() && !overflows) return floor_divide(a.value(), b.value());
  if (auto quotient = divide_exactly(a, b)) return *quotient;
  if (!b.is_constant() && a == b) return 1;
  if (!b.is_constant() || b.value() <= 0)
    return DimBuilder::operation(DimAtom::Kind::kFloorDiv, "floor_div", {a, b});
  // Whole multiples come out, and a quotient of a quotient is one: extents of a chain of strided
  // windows get one form, whatever order they were computed in.
  const auto [quotient, rest] = divide_terms(a, b.value());
  if (rest.is_constant()) return quotient;
  int64_t divisor;
  if (const auto inner = as_quotient(rest);
      inner && !__builtin_mul_overflow(inner->second, b.value(), &divisor))
    return quotient + floor_div(inner->first, divisor);
  if (rest.is_at_least(0) && rest.is_at_most(b.value() - 1)) return quotient;
  return quotient + DimBuilder::operation(DimAtom::Kind::kFloorDiv, "floor_div", {rest, b});
}

Dim Dim::mod(const Dim& a, const Dim& b) {
  if (b == Dim(0) || b == Dim(1) || b == Dim(-1)) return 0;
  if (a.is_constant() && b.is_constant()) return floor_mod(a.value(), b.value());
  if (divide_exactly(a, b)) return 0;
  if (!b.is_constant() || b.value() <= 0)
    return DimBuilder::operation(DimAtom::Kind::kMod, "mod", {a, b});
  const Dim rest = divide_terms(a, b.value()).second;
  if (rest.is_constant()) return rest;
  if (rest.is_at_least(0) && rest.is_at_most(b.value() - 1)) return rest;
  return DimBuilder::operation(DimAtom::Kind::kMod, "mod", {rest, b});
}

Dim Dim::truncated_div(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant() && b.value() != 0 && b.value() != -1)
    return a.value() / b.value();
  if (b == Dim(-1)) return Dim(0) - a;
  if (b.is_at_least(0)) return truncate(a, b);
  const Dim negated = Dim(0) - b;
  if (b.is_at_most(0)) return truncate(Dim(0) - a, negated);
  const Dim sign = greater(b, 0) - greater(0, b);
  return sign * truncate(a, positive(b) + positive(negated));
}

}  // namespace octet
