// Dims as people write them.
#include "runtime/ops/dim_builder.h"

namespace octet {

// r - positive(r - s) is min(r, s), and r + positive(s - r) is max(r, s).
std::string Dim::text() const {
  for (const Term& term : terms()) {
    if (term.atoms.size() != 1 || term.atoms[0]->kind != DimAtom::Kind::kPositive ||
        (term.coefficient != 1 && term.coefficient != -1))
      continue;
    const Dim sign = term.coefficient, inside = term.atoms[0]->operands[0];
    const Dim one = *this - sign * DimBuilder::alone(term.atoms[0]), other = one + sign * inside;
    // Where that made it longer, it was no minimum.
    if (one.terms().size() + other.terms().size() > terms().size() + 1) continue;
    const std::string name = term.coefficient == 1 ? "max(" : "min(";
    return one.is_constant() ? name + one.text() + ", " + other.text() + ")"
                             : name + other.text() + ", " + one.text() + ")";
  }
  return str();
}

std::string to_string(const SymbolicShape& shape) {
  std::string text = "[";
  for (const Dim& dim : shape) {
    if (text.size() > 1) text += ", ";
    text += dim.text();
  }
  return text + "]";
}

}  // namespace octet
