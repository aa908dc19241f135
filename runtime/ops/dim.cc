// Canonical arithmetic of Dim: polynomials over atoms.
#include "runtime/ops/dim.h"

#include <algorithm>
#include <set>

#include "runtime/ops/dim_builder.h"
#include "runtime/ops/floor_divide.h"

namespace octet {
namespace {

// Hostile models double expressions with every node. Real ones have a few terms and, after many
// strided windows, some hundred characters.
constexpr size_t kMaxTerms = 64;
constexpr size_t kMaxText = 4096;
constexpr size_t kMaxProductText = size_t{64} << 10;

bool is_too_complex(const DimAtom& atom) {
  return atom.kind == DimAtom::Kind::kOverflow && atom.operands.empty();
}

using Bound = std::optional<int64_t>;

// f(a, b) where both are known.
template <class F>
Bound combine(const Bound& a, const Bound& b, F f) {
  return a && b ? Bound(f(*a, *b)) : std::nullopt;
}

// Notes the bounds that an atom has from its operands.
void bound_by_operands(DimAtom& atom) {
  const Dim& a = atom.operands.front();
  const Dim& b = atom.operands.back();
  switch (atom.kind) {
    case DimAtom::Kind::kFloorDiv:
      if (b.is_constant() && b.value() > 0) {
        const auto divide = [&](const Bound& bound) {
          return bound ? Bound(floor_divide(*bound, b.value())) : std::nullopt;
        };
        atom.least = divide(a.lower_bound());
        atom.most = divide(a.upper_bound());
      } else if (a.is_at_least(0) && b.is_at_least(0)) {
        atom.least = 0;
        atom.most = a.upper_bound();
      }
      break;
    case DimAtom::Kind::kMod:
      if (b.is_at_least(0)) atom.least = 0;
      if (b.is_constant() && b.value() > 0) atom.most = b.value() - 1;
      break;
    case DimAtom::Kind::kPositive:
      atom.least_operand = a.lower_bound();
      atom.least = std::max<int64_t>(atom.least_operand.value_or(0), 0);
      if (const Bound most = a.upper_bound()) atom.most = std::max<int64_t>(*most, 0);
      break;
    case DimAtom::Kind::kNamed:
      atom.least = a.lower_bound();
      atom.most = a.upper_bound();
      break;
    case DimAtom::Kind::kSelect:
    case DimAtom::Kind::kBroadcast: {  // one of the last two operands
      const Dim& other = atom.operands[atom.operands.size() - 2];
      atom.least = combine(other.lower_bound(), b.lower_bound(),
                           [](int64_t x, int64_t y) { return std::min(x, y); });
      atom.most = combine(other.upper_bound(), b.upper_bound(),
                          [](int64_t x, int64_t y) { return std::max(x, y); });
      break;
    }
    default:
      break;
  }
}

}  // namespace

std::string DimBuilder::key_of(const Dim::Monomial& atoms) {
  std::string key;
  for (const auto& atom : atoms) {
    if (!key.empty()) key += '*';
    key += atom->key;
  }
  return key;
}

std::optional<Dim::Monomial> DimBuilder::remove_atoms(Dim::Monomial atoms,
                                                      const Dim::Monomial& divisor) {
  for (const auto& factor : divisor) {
    auto found = std::find_if(atoms.begin(), atoms.end(),
                              [&](const auto& atom) { return atom->key == factor->key; });
    if (found == atoms.end()) return std::nullopt;
    atoms.erase(found);
  }
  return atoms;
}

void DimBuilder::add(Dim::Monomial atoms, int64_t coefficient) {
  std::sort(atoms.begin(), atoms.end(),
            [](const auto& a, const auto& b) { return a->key < b->key; });
  auto [place, inserted] = terms.try_emplace(key_of(atoms), Dim::Term{atoms, coefficient});
  int64_t& sum = place->second.coefficient;
  if (!inserted) overflow |= __builtin_add_overflow(sum, coefficient, &sum);
}

Dim DimBuilder::finish() const {
  std::vector<Dim::Term> sorted;
  for (const auto& [key, term] : terms)
    if (term.coefficient != 0) sorted.push_back(term);
  return of_sorted(std::move(sorted));
}

Dim DimBuilder::of_sorted(std::vector<Dim::Term> terms) {
  if (terms.empty()) return 0;
  if (terms.size() == 1 && terms[0].atoms.empty()) return terms[0].coefficient;
  size_t text = 0;
  for (const Dim::Term& term : terms)
    for (const auto& atom : term.atoms) {
      if (is_too_complex(*atom)) return alone(atom);
      text += atom->key.size() + 1;
    }
  if (terms.size() > kMaxTerms || text > kMaxText) return too_complex();
  return of_canonical(std::move(terms));
}

int DimBuilder::compare(const Dim::Monomial& a, const Dim::Monomial& b) {
  if (a.size() > 1 || b.size() > 1) return key_of(a).compare(key_of(b));
  if (a.empty() || b.empty()) return static_cast<int>(a.size()) - static_cast<int>(b.size());
  return a[0]->key.compare(b[0]->key);
}

Dim DimBuilder::of_canonical(std::vector<Dim::Term> terms) {
  Dim dim;
  dim.terms_ = std::make_shared<const std::vector<Dim::Term>>(std::move(terms));
  return dim;
}

Dim DimBuilder::alone(std::shared_ptr<const DimAtom> atom) {
  return of_canonical({{{std::move(atom)}, 1}});
}

Dim DimBuilder::too_complex() {
  return alone(std::make_shared<const DimAtom>(
      DimAtom{DimAtom::Kind::kOverflow, "too_complex()", {}, {}, {}, {}, {}}));
}

Dim DimBuilder::operation(DimAtom::Kind kind, const char* name, std::vector<Dim> operands) {
  std::string key = name;
  for (size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].is_too_complex()) return operands[i];
    key += (i == 0 ? "(" : ", ") + operands[i].str();
  }
  key += ")";
  if (key.size() > kMaxText) return too_complex();
  DimAtom atom{kind, std::move(key), std::move(operands), {}, {}, {}, {}};
  bound_by_operands(atom);
  return alone(std::make_shared<const DimAtom>(std::move(atom)));
}

Dim DimBuilder::commutative(DimAtom::Kind kind, const char* name, const Dim& a, const Dim& b) {
  return a.str() <= b.str() ? operation(kind, name, {a, b}) : operation(kind, name, {b, a});
}

Dim DimBuilder::symbol(const Symbol& symbol) {
  if (symbol.id.size() > kMaxText) return too_complex();
  return alone(std::make_shared<const DimAtom>(
      DimAtom{DimAtom::Kind::kSymbol, symbol.id, {}, symbol, symbol.least, {}, {}}));
}

const DimAtom* DimBuilder::as_atom(const Dim& dim) {
  if (dim.terms().size() != 1 || dim.terms()[0].coefficient != 1 ||
      dim.terms()[0].atoms.size() != 1)
    return nullptr;
  return dim.terms()[0].atoms[0].get();
}

Dim Dim::symbol(const Symbol& symbol) { return DimBuilder::symbol(symbol); }

Dim Dim::symbol(const std::string& name) { return symbol(extent_symbol(name)); }

Dim Dim::named(const std::string& name, const Dim& definition, size_t short_text) {
  if (definition.is_too_complex() || definition.text_size() <= short_text) return definition;
  DimAtom atom{DimAtom::Kind::kNamed, extent_symbol(name).id + "()", {definition}, {}, {}, {}, {}};
  bound_by_operands(atom);
  return DimBuilder::alone(std::make_shared<const DimAtom>(std::move(atom)));
}

Dim operator+(const Dim& a, const Dim& b) {
  // Before terms cancel: nothing is known of what is too complex, not even its difference to
  // itself.
  if (a.is_too_complex() || b == Dim(0)) return a;
  if (b.is_too_complex() || a == Dim(0)) return b;
  // Both are sorted: a merge.
  std::vector<Dim::Term> terms;
  auto left = a.terms().begin(), right = b.terms().begin();
  while (left != a.terms().end() || right != b.terms().end()) {
    const int order = left == a.terms().end()    ? 1
                      : right == b.terms().end() ? -1
                                                 : DimBuilder::compare(left->atoms, right->atoms);
    if (order != 0) {
      terms.push_back(order < 0 ? *left++ : *right++);
      continue;
    }
    int64_t sum;
    if (__builtin_add_overflow(left->coefficient, right->coefficient, &sum))
      return DimBuilder::commutative(DimAtom::Kind::kOverflow, "sum", a, b);
    if (sum != 0) terms.push_back({left->atoms, sum});
    ++left, ++right;
  }
  return DimBuilder::of_sorted(std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is_too_complex()) return a;
  if (b.is_too_complex()) return b;
  if (a == Dim(1)) return b;
  if (b == Dim(1)) return a;
  if (b.terms().size() * a.text_size() + a.terms().size() * b.text_size() > kMaxProductText)
    return DimBuilder::too_complex();
  if (a.is_constant() || b.is_constant()) {
    const Dim& factor = a.is_constant() ? a : b;
    if (factor == Dim(0)) return 0;
    const std::span<const Dim::Term> scaled = (a.is_constant() ? b : a).terms();
    std::vector<Dim::Term> terms(scaled.begin(), scaled.end());
    for (Dim::Term& term : terms)
      if (__builtin_mul_overflow(term.coefficient, factor.value(), &term.coefficient))
        return DimBuilder::commutative(DimAtom::Kind::kOverflow, "product", a, b);
    return DimBuilder::of_sorted(std::move(terms));
  }
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
  const auto same_atom = [](const auto& x, const auto& y) { return x == y || x->key == y->key; };
  const auto left = a.terms(), right = b.terms();
  if (left.data() == right.data()) return true;  // copies share
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](const Dim::Term& x, const Dim::Term& y) {
                      return x.coefficient == y.coefficient &&
                             std::equal(x.atoms.begin(), x.atoms.end(), y.atoms.begin(),
                                        y.atoms.end(), same_atom);
                    });
}

const Symbol* Dim::as_symbol() const {
  const DimAtom* atom = DimBuilder::as_atom(*this);
  return atom != nullptr && atom->symbol ? &*atom->symbol : nullptr;
}

bool Dim::is_too_complex() const {
  const DimAtom* atom = DimBuilder::as_atom(*this);
  return atom != nullptr && octet::is_too_complex(*atom);
}

size_t Dim::text_size() const {
  size_t size = 0;
  for (const Term& term : terms())
    for (const auto& atom : term.atoms) size += atom->key.size() + 1;
  return size;
}

std::string Dim::str() const {
  if (terms().empty()) return "0";
  std::string text;
  for (const Term& term : terms()) {
    if (!text.empty()) text += " + ";
    const std::string product = DimBuilder::key_of(term.atoms);
    if (product.empty())
      text += std::to_string(term.coefficient);
    else if (term.coefficient == 1)
      text += product;
    else
      text += std::to_string(term.coefficient) + "*" + product;
  }
  return text;
}

std::vector<Symbol> Dim::symbols() const {
  std::vector<Symbol> found;
  std::set<std::string> seen;
  const auto add = [&](const Symbol& symbol) {
    if (seen.insert(symbol.id).second) found.push_back(symbol);
  };
  for (const Term& term : terms())
    for (const auto& atom : term.atoms) {
      if (atom->symbol) add(*atom->symbol);
      for (const Dim& operand : atom->operands)
        for (const Symbol& symbol : operand.symbols()) add(symbol);
    }
  return found;
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

}  // namespace octet
