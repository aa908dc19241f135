// Canonical arithmetic of Dim: polynomials over atoms.
#include "runtime/ops/dim.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "runtime/ops/floor_divide.h"

namespace octet {
namespace {

// Hostile models double expressions with every node. Real ones have a few terms and, after many
// strided windows, some hundred characters.
constexpr size_t kMaxTerms = 64;
constexpr size_t kMaxText = 4096;
constexpr size_t kMaxProductText = size_t{64} << 10;

std::string key_of(const Dim::Monomial& atoms) {
  std::string key;
  for (const auto& atom : atoms) {
    if (!key.empty()) key += '*';
    key += atom->key;
  }
  return key;
}

// `atoms` without those of `divisor`; nullopt when one is missing.
std::optional<Dim::Monomial> remove_atoms(Dim::Monomial atoms, const Dim::Monomial& divisor) {
  for (const auto& factor : divisor) {
    auto found = std::find_if(atoms.begin(), atoms.end(),
                              [&](const auto& atom) { return atom->key == factor->key; });
    if (found == atoms.end()) return std::nullopt;
    atoms.erase(found);
  }
  return atoms;
}

}  // namespace

struct DimBuilder {
  std::map<std::string, Dim::Term> terms;
  bool overflow = false;

  void add(Dim::Monomial atoms, int64_t coefficient) {
    std::sort(atoms.begin(), atoms.end(),
              [](const auto& a, const auto& b) { return a->key < b->key; });
    auto [place, inserted] = terms.try_emplace(key_of(atoms), Dim::Term{atoms, coefficient});
    int64_t& sum = place->second.coefficient;
    if (!inserted) overflow |= __builtin_add_overflow(sum, coefficient, &sum);
  }
  Dim finish() const {
    Dim dim;
    dim.terms_.clear();
    size_t text = 0;
    for (const auto& [key, term] : terms) {
      if (term.coefficient == 0) continue;
      for (const auto& atom : term.atoms)
        if (is_too_complex(*atom)) return alone(atom);
      dim.terms_.push_back(term);
      text += key.size();
    }
    return dim.terms_.size() > kMaxTerms || text > kMaxText ? too_complex() : dim;
  }
  static Dim alone(std::shared_ptr<const DimAtom> atom) {
    Dim dim;
    dim.terms_.push_back({{std::move(atom)}, 1});
    return dim;
  }
  // What has grown beyond the limits: any arithmetic with it gives it again, evaluation an error.
  static Dim too_complex() {
    return alone(std::make_shared<const DimAtom>(
        DimAtom{DimAtom::Kind::kOverflow, "too_complex()", {}, {}}));
  }
  static bool is_too_complex(const DimAtom& atom) {
    return atom.kind == DimAtom::Kind::kOverflow && atom.operands.empty();
  }
  static size_t text_size(const Dim& dim) {
    size_t size = 0;
    for (const Dim::Term& term : dim.terms())
      for (const auto& atom : term.atoms) size += atom->key.size() + 1;
    return size;
  }
  static Dim atom(DimAtom::Kind kind, std::string key, std::vector<Dim> operands,
                  std::string symbol = {}) {
    if (key.size() > kMaxText) return too_complex();
    return alone(std::make_shared<const DimAtom>(
        DimAtom{kind, std::move(key), std::move(operands), std::move(symbol)}));
  }
  static Dim binary(DimAtom::Kind kind, const char* name, const Dim& a, const Dim& b) {
    for (const Dim* operand : {&a, &b})
      for (const Dim::Term& term : operand->terms())
        for (const auto& atom : term.atoms)
          if (is_too_complex(*atom)) return alone(atom);
    return atom(kind, std::string(name) + "(" + a.str() + ", " + b.str() + ")", {a, b});
  }
  // The operands in one order, so that f(a, b) and f(b, a) are the same atom.
  static Dim commutative(DimAtom::Kind kind, const char* name, const Dim& a, const Dim& b) {
    return a.str() <= b.str() ? binary(kind, name, a, b) : binary(kind, name, b, a);
  }
  // Whether `dim` is a single atom of `kind` with `operand` among its operands.
  static bool has_operand(const Dim& dim, DimAtom::Kind kind, const Dim& operand) {
    if (dim.terms().size() != 1 || dim.terms()[0].coefficient != 1 ||
        dim.terms()[0].atoms.size() != 1)
      return false;
    const DimAtom& atom = *dim.terms()[0].atoms[0];
    return atom.kind == kind &&
           std::find(atom.operands.begin(), atom.operands.end(), operand) != atom.operands.end();
  }
  // a / b when every term of `a` is a multiple of the single term of `b`.
  static std::optional<Dim> divide_exactly(const Dim& a, const Dim& b) {
    if (b.terms().size() != 1) return std::nullopt;
    const Dim::Term& divisor = b.terms()[0];
    DimBuilder builder;
    for (const Dim::Term& term : a.terms()) {
      auto rest = remove_atoms(term.atoms, divisor.atoms);
      if (!rest || (divisor.coefficient == -1 && term.coefficient == INT64_MIN))
        return std::nullopt;
      if (term.coefficient % divisor.coefficient != 0) return std::nullopt;
      builder.add(*rest, term.coefficient / divisor.coefficient);
    }
    return builder.finish();
  }
  // a == b * quotient + rest, every coefficient of `rest` in [0, b). Precondition: b > 0.
  static std::pair<Dim, Dim> divide_terms(const Dim& a, int64_t b) {
    DimBuilder quotient, rest;
    for (const Dim::Term& term : a.terms()) {
      quotient.add(term.atoms, floor_divide(term.coefficient, b));
      rest.add(term.atoms, floor_mod(term.coefficient, b));
    }
    return {quotient.finish(), rest.finish()};
  }
  // x and its divisor where a == floor_div(x, divisor) + constant, the constant inside of x.
  static std::optional<std::pair<Dim, int64_t>> as_quotient(const Dim& a) {
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
};

Dim::Dim(int64_t value) {
  if (value != 0) terms_.push_back({{}, value});
}

Dim Dim::symbol(const std::string& name) {
  // Exporters name extents "past + 1": quoted, such a name can't be taken for the sum.
  const bool plain = !name.empty() &&
                     (std::isalpha(static_cast<unsigned char>(name[0])) || name[0] == '_') &&
                     name.find_first_of(" *+(),'") == std::string::npos;
  if (plain) return DimBuilder::atom(DimAtom::Kind::kSymbol, name, {}, name);
  // Quotes within are doubled: no name reads as the product of two.
  std::string key = "'";
  for (const char c : name) key += c == '\'' ? std::string("''") : std::string(1, c);
  return DimBuilder::atom(DimAtom::Kind::kSymbol, key + "'", {}, name);
}

Dim Dim::floor_div(const Dim& a, const Dim& b) {
  const bool overflows = a == Dim(INT64_MIN) && b == Dim(-1);
  if (a.is_constant() && b.is_constant() && b.value() != 0 && !overflows)
    return floor_divide(a.value(), b.value());
  if (auto quotient = DimBuilder::divide_exactly(a, b)) return *quotient;
  if (!b.is_constant() && a == b) return 1;
  if (!b.is_constant() || b.value() <= 0)
    return DimBuilder::binary(DimAtom::Kind::kFloorDiv, "floor_div", a, b);
  // Whole multiples come out, and a quotient of a quotient is one: extents of a chain of strided
  // windows get one form, whatever order they were computed in.
  const auto [quotient, rest] = DimBuilder::divide_terms(a, b.value());
  if (rest.is_constant()) return quotient;
  int64_t divisor;
  if (const auto inner = DimBuilder::as_quotient(rest);
      inner && !__builtin_mul_overflow(inner->second, b.value(), &divisor))
    return quotient + floor_div(inner->first, divisor);
  return quotient + DimBuilder::binary(DimAtom::Kind::kFloorDiv, "floor_div", rest, b);
}

Dim Dim::mod(const Dim& a, const Dim& b) {
  if (b == Dim(1) || b == Dim(-1)) return 0;
  if (a.is_constant() && b.is_constant() && b.value() != 0) return floor_mod(a.value(), b.value());
  if (DimBuilder::divide_exactly(a, b)) return 0;
  if (b.is_constant() && b.value() > 0) {
    const Dim rest = DimBuilder::divide_terms(a, b.value()).second;
    if (rest.is_constant()) return rest;
    return DimBuilder::binary(DimAtom::Kind::kMod, "mod", rest, b);
  }
  return DimBuilder::binary(DimAtom::Kind::kMod, "mod", a, b);
}

Dim Dim::max(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return a.value() > b.value() ? a : b;
  if (a == b || DimBuilder::has_operand(a, DimAtom::Kind::kMax, b)) return a;
  if (DimBuilder::has_operand(b, DimAtom::Kind::kMax, a)) return b;
  if (auto low = (a - b).lower_bound(); low && *low >= 0) return a;
  if (auto low = (b - a).lower_bound(); low && *low >= 0) return b;
  return DimBuilder::commutative(DimAtom::Kind::kMax, "max", a, b);
}

Dim Dim::min(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return a.value() < b.value() ? a : b;
  if (a == b || DimBuilder::has_operand(a, DimAtom::Kind::kMin, b)) return a;
  if (DimBuilder::has_operand(b, DimAtom::Kind::kMin, a)) return b;
  if (auto low = (a - b).lower_bound(); low && *low >= 0) return b;
  if (auto low = (b - a).lower_bound(); low && *low >= 0) return a;
  return DimBuilder::commutative(DimAtom::Kind::kMin, "min", a, b);
}

Dim Dim::broadcast(const Dim& a, const Dim& b) {
  if (a == b || b == Dim(1) || DimBuilder::has_operand(a, DimAtom::Kind::kBroadcast, b)) return a;
  if (a == Dim(1) || DimBuilder::has_operand(b, DimAtom::Kind::kBroadcast, a)) return b;
  return DimBuilder::commutative(DimAtom::Kind::kBroadcast, "broadcast", a, b);
}

Dim Dim::same(const Dim& a, const Dim& b) {
  if (a == b) return a;
  return DimBuilder::commutative(DimAtom::Kind::kSame, "same", a, b);
}

Dim operator+(const Dim& a, const Dim& b) {
  DimBuilder builder;
  for (const Dim::Term& term : a.terms()) builder.add(term.atoms, term.coefficient);
  for (const Dim::Term& term : b.terms()) builder.add(term.atoms, term.coefficient);
  if (builder.overflow) return DimBuilder::commutative(DimAtom::Kind::kOverflow, "sum", a, b);
  return builder.finish();
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

Dim operator*(const Dim& a, const Dim& b) {
  if (b.terms().size() * DimBuilder::text_size(a) + a.terms().size() * DimBuilder::text_size(b) >
      kMaxProductText)
    return DimBuilder::too_complex();
  DimBuilder builder;
  for (const Dim::Term& left : a.terms())
    for (const Dim::Term& right : b.terms()) {
      Dim::Monomial atoms = left.atoms;
      atoms.insert(atoms.end(), right.atoms.begin(), right.atoms.end());
      int64_t coefficient;
      builder.overflow |= __builtin_mul_overflow(left.coefficient, right.coefficient, &coefficient);
      builder.add(std::move(atoms), coefficient);
    }
  if (builder.overflow) return DimBuilder::commutative(DimAtom::Kind::kOverflow, "product", a, b);
  return builder.finish();
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.terms_.size() != b.terms_.size()) return false;
  for (size_t i = 0; i < a.terms_.size(); ++i) {
    const Dim::Term& left = a.terms_[i];
    const Dim::Term& right = b.terms_[i];
    if (left.coefficient != right.coefficient || left.atoms.size() != right.atoms.size())
      return false;
    for (size_t j = 0; j < left.atoms.size(); ++j)
      if (left.atoms[j]->key != right.atoms[j]->key) return false;
  }
  return true;
}

bool Dim::is_constant() const {
  return terms_.empty() || (terms_.size() == 1 && terms_[0].atoms.empty());
}

int64_t Dim::value() const {
  assert(is_constant());
  return terms_.empty() ? 0 : terms_[0].coefficient;
}

namespace {

// What an atom never is less than, where that is known and >= 0: products of such bounds are
// bounds.
std::optional<int64_t> lower_bound_of(const DimAtom& atom) {
  if (atom.kind == DimAtom::Kind::kSymbol)
    return atom.symbol.ends_with(']') ? std::nullopt : std::optional<int64_t>(1);
  const bool divides = atom.kind == DimAtom::Kind::kFloorDiv || atom.kind == DimAtom::Kind::kMod;
  if (!divides || !atom.operands[1].is_constant() || atom.operands[1].value() <= 0)
    return std::nullopt;
  if (atom.kind == DimAtom::Kind::kMod) return 0;
  const std::optional<int64_t> low = atom.operands[0].lower_bound();
  if (!low || *low < 0) return std::nullopt;
  return *low / atom.operands[1].value();
}

}  // namespace

std::optional<int64_t> Dim::lower_bound() const {
  int64_t bound = 0;
  for (const Term& term : terms_) {
    if (!term.atoms.empty() && term.coefficient < 0) return std::nullopt;
    int64_t least = term.coefficient;
    for (const auto& atom : term.atoms) {
      const std::optional<int64_t> low = lower_bound_of(*atom);
      if (!low || __builtin_mul_overflow(least, *low, &least)) return std::nullopt;
    }
    if (__builtin_add_overflow(bound, least, &bound)) return std::nullopt;
  }
  return bound;
}

std::string Dim::str() const {
  if (terms_.empty()) return "0";
  std::string text;
  for (const Term& term : terms_) {
    if (!text.empty()) text += " + ";
    const std::string product = key_of(term.atoms);
    if (product.empty())
      text += std::to_string(term.coefficient);
    else if (term.coefficient == 1)
      text += product;
    else
      text += std::to_string(term.coefficient) + "*" + product;
  }
  return text;
}

std::vector<std::string> Dim::symbols() const {
  std::set<std::string> names;
  for (const Term& term : terms_)
    for (const auto& atom : term.atoms) {
      if (atom->kind == DimAtom::Kind::kSymbol) names.insert(atom->symbol);
      for (const Dim& operand : atom->operands)
        for (auto& name : operand.symbols()) names.insert(name);
    }
  return {names.begin(), names.end()};
}

SymbolicShape to_symbolic(const Shape& shape) { return {shape.begin(), shape.end()}; }

std::optional<Shape> to_constant(const SymbolicShape& shape) {
  Shape constant;
  for (const Dim& dim : shape) {
    if (!dim.is_constant()) return std::nullopt;
    constant.push_back(dim.value());
  }
  return constant;
}

Dim element_count(const SymbolicShape& shape) {
  Dim count = 1;
  for (const Dim& dim : shape) count = count * dim;
  return count;
}

std::string to_string(const SymbolicShape& shape) {
  std::string text = "[";
  for (const Dim& dim : shape) {
    if (text.size() > 1) text += ", ";
    text += dim.str();
  }
  return text + "]";
}

}  // namespace octet
