// Canonical arithmetic of Dim: polynomials over atoms.
#include "runtime/ops/dim.h"

#include <algorithm>
#include <set>

namespace octet {
namespace {

std::string key_of(const Dim::Monomial& atoms) {
  std::string key;
  for (const auto& atom : atoms) {
    if (!key.empty()) key += '*';
    key += atom->key;
  }
  return key;
}

int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
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

  void add(Dim::Monomial atoms, int64_t coefficient) {
    std::sort(atoms.begin(), atoms.end(), [](const auto& a, const auto& b) { return a->key < b->key; });
    auto [place, inserted] = terms.try_emplace(key_of(atoms), Dim::Term{atoms, coefficient});
    if (!inserted) place->second.coefficient += coefficient;
  }
  Dim finish() const {
    Dim dim;
    dim.terms_.clear();
    for (const auto& [key, term] : terms)
      if (term.coefficient != 0) dim.terms_.push_back(term);
    return dim;
  }
  static Dim atom(DimAtom::Kind kind, std::string key, std::vector<Dim> operands) {
    DimBuilder builder;
    builder.add({std::make_shared<const DimAtom>(DimAtom{kind, std::move(key), std::move(operands)})}, 1);
    return builder.finish();
  }
  // a / b when every term of `a` is a multiple of the single term of `b`.
  static std::optional<Dim> divide_exactly(const Dim& a, const Dim& b) {
    if (b.terms().size() != 1) return std::nullopt;
    const Dim::Term& divisor = b.terms()[0];
    DimBuilder builder;
    for (const Dim::Term& term : a.terms()) {
      auto rest = remove_atoms(term.atoms, divisor.atoms);
      if (!rest || term.coefficient % divisor.coefficient != 0) return std::nullopt;
      builder.add(*rest, term.coefficient / divisor.coefficient);
    }
    return builder.finish();
  }
};

Dim::Dim(int64_t value) {
  if (value != 0) terms_.push_back({{}, value});
}

Dim Dim::symbol(const std::string& name) {
  return DimBuilder::atom(DimAtom::Kind::kSymbol, name, {});
}

Dim Dim::floor_div(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant() && b.value() != 0) return floor_divide(a.value(), b.value());
  if (auto quotient = DimBuilder::divide_exactly(a, b)) return *quotient;
  if (!b.is_constant() && a == b) return 1;
  return DimBuilder::atom(DimAtom::Kind::kFloorDiv, "floor_div(" + a.str() + ", " + b.str() + ")", {a, b});
}

Dim Dim::mod(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant() && b.value() != 0)
    return a.value() - b.value() * floor_divide(a.value(), b.value());
  if (DimBuilder::divide_exactly(a, b)) return 0;
  return DimBuilder::atom(DimAtom::Kind::kMod, "mod(" + a.str() + ", " + b.str() + ")", {a, b});
}

Dim Dim::max(const Dim& a, const Dim& b) {
  if (a == b) return a;
  const Dim difference = a - b;
  if (auto low = difference.lower_bound(); low && *low >= 0) return a;
  if (auto low = (b - a).lower_bound(); low && *low >= 0) return b;
  return DimBuilder::atom(DimAtom::Kind::kMax, "max(" + a.str() + ", " + b.str() + ")", {a, b});
}

Dim Dim::min(const Dim& a, const Dim& b) {
  if (a == b) return a;
  if (auto low = (a - b).lower_bound(); low && *low >= 0) return b;
  if (auto low = (b - a).lower_bound(); low && *low >= 0) return a;
  return DimBuilder::atom(DimAtom::Kind::kMin, "min(" + a.str() + ", " + b.str() + ")", {a, b});
}

Dim Dim::broadcast(const Dim& a, const Dim& b) {
  if (a == b || b == Dim(1)) return a;
  if (a == Dim(1)) return b;
  // A constant other than 1 wins: the other is either 1 or the same, which evaluation checks.
  return DimBuilder::atom(DimAtom::Kind::kBroadcast, "broadcast(" + a.str() + ", " + b.str() + ")", {a, b});
}

Dim operator+(const Dim& a, const Dim& b) {
  DimBuilder builder;
  for (const Dim::Term& term : a.terms()) builder.add(term.atoms, term.coefficient);
  for (const Dim::Term& term : b.terms()) builder.add(term.atoms, term.coefficient);
  return builder.finish();
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

Dim operator*(const Dim& a, const Dim& b) {
  DimBuilder builder;
  for (const Dim::Term& left : a.terms())
    for (const Dim::Term& right : b.terms()) {
      Dim::Monomial atoms = left.atoms;
      atoms.insert(atoms.end(), right.atoms.begin(), right.atoms.end());
      builder.add(std::move(atoms), left.coefficient * right.coefficient);
    }
  return builder.finish();
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.terms_.size() != b.terms_.size()) return false;
  for (size_t i = 0; i < a.terms_.size(); ++i) {
    const Dim::Term& left = a.terms_[i];
    const Dim::Term& right = b.terms_[i];
    if (left.coefficient != right.coefficient || left.atoms.size() != right.atoms.size()) return false;
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

std::optional<int64_t> Dim::lower_bound() const {
  int64_t bound = 0;
  for (const Term& term : terms_) {
    for (const auto& atom : term.atoms)
      if (atom->kind != DimAtom::Kind::kSymbol) return std::nullopt;
    if (!term.atoms.empty() && term.coefficient < 0) return std::nullopt;
    bound += term.coefficient;
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
      if (atom->kind == DimAtom::Kind::kSymbol) names.insert(atom->key);
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
