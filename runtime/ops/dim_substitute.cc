// Dims under an assumption: an atom replaced by what it is then known to be.
#include <set>

#include "runtime/ops/dim_builder.h"

namespace octet {
namespace {

Dim substitute(const Dim& dim, const DimAtom& atom, const Dim& by);

Dim substitute(const DimAtom& inside, const DimAtom& atom, const Dim& by) {
  if (inside.key == atom.key) return by;
  std::vector<Dim> operands;
  bool changed = false;
  for (const Dim& operand : inside.operands) {
    operands.push_back(substitute(operand, atom, by));
    changed |= !(operands.back() == operand);
  }
  if (!changed) return DimBuilder::alone(std::make_shared<const DimAtom>(inside));
  switch (inside.kind) {
    case DimAtom::Kind::kFloorDiv:
      return Dim::floor_div(operands[0], operands[1]);
    case DimAtom::Kind::kMod:
      return Dim::mod(operands[0], operands[1]);
    case DimAtom::Kind::kPositive:
      return Dim::positive(operands[0]);
    case DimAtom::Kind::kSelect:
      return Dim::select(operands[0], operands[1], operands[2]);
    case DimAtom::Kind::kBroadcast:
      return Dim::broadcast(operands[0], operands[1]);
    default:
      return DimBuilder::alone(std::make_shared<const DimAtom>(inside));
  }
}

Dim substitute(const Dim& dim, const DimAtom& atom, const Dim& by) {
  Dim sum = 0;
  for (const Dim::Term& term : dim.terms()) {
    Dim product = term.coefficient;
    for (const auto& factor : term.atoms) product = product * substitute(*factor, atom, by);
    sum = sum + product;
  }
  return sum;
}

// All atoms of `dim`, those inside of others included.
void list_atoms(const Dim& dim, std::vector<std::shared_ptr<const DimAtom>>& atoms) {
  for (const Dim::Term& term : dim.terms())
    for (const auto& atom : term.atoms) {
      atoms.push_back(atom);
      for (const Dim& operand : atom->operands) list_atoms(operand, atoms);
    }
}

}  // namespace

Dim Dim::where_positive(const Dim& count) const {
  std::vector<std::shared_ptr<const DimAtom>> atoms;
  list_atoms(count, atoms);
  // Where count would be 0 without an atom, that is at least 1: positive(d) is d, and a symbol may
  // count from 1.
  Dim result = *this;
  for (const auto& atom : atoms)
    if (atom->kind == DimAtom::Kind::kPositive && substitute(count, *atom, 0).is_at_most(0))
      result = substitute(result, *atom, atom->operands[0]);
  std::set<std::string> seen;
  for (const auto& atom : atoms)
    if (atom->symbol && atom->least == 0 && seen.insert(atom->key).second &&
        substitute(count, *atom, 0).is_at_most(0))
      result = substitute(result, *atom, DimBuilder::alone(atom) + Dim(1));
  return result;
}

}  // namespace octet
