// Evaluation of dims for concrete values of the symbols.
#include "runtime/ops/dim_table.h"

#include <algorithm>
#include <limits>

#include "runtime/ops/floor_divide.h"

namespace octet {

int DimTable::append(Slot slot) {
  slot.owner = static_cast<int>(owners_.size()) - 1;
  slots_.push_back(std::move(slot));
  return static_cast<int>(slots_.size()) - 1;
}

int DimTable::add(const Dim& dim) {
  // Apart from atoms: the polynomial "seq" and the atom "seq".
  const std::string key = "=" + dim.str();
  if (auto found = index_.find(key); found != index_.end()) return found->second;
  Slot slot;
  slot.too_complex = dim.is_too_complex();
  for (const Dim::Term& term : dim.terms()) {
    Product product{term.coefficient, {}};
    for (const auto& atom : term.atoms) product.atoms.push_back(add_atom(*atom));
    slot.sum.push_back(std::move(product));
  }
  return index_[key] = append(std::move(slot));
}

int DimTable::add_atom(const DimAtom& atom) {
  if (auto found = index_.find(atom.key); found != index_.end()) return found->second;
  Slot slot{.kind = Slot::Kind::kAtom, .operation = atom.kind, .sum = {}};
  slot.too_complex = atom.kind == DimAtom::Kind::kOverflow && atom.operands.empty();
  if (atom.kind == DimAtom::Kind::kSymbol) {
    slot.a = static_cast<int>(symbols_.size());
    symbols_.push_back(*atom.symbol);
  } else {
    int* const places[] = {&slot.a, &slot.b, &slot.c};
    for (size_t i = 0; i < atom.operands.size(); ++i) *places[i] = add(atom.operands[i]);
  }
  return index_[atom.key] = append(std::move(slot));
}

void DimTable::set_owner(std::string owner) { owners_.push_back(std::move(owner)); }

Status DimTable::overflow(const Slot& slot) const {
  const Status status = invalid_argument(
      slot.too_complex
          ? "an extent is too complex an expression of the input shapes; simplify the model"
          : "an extent is too large for these input shapes; use smaller inputs");
  if (slot.owner < 0) return status;
  return status.with_prefix(owners_[static_cast<size_t>(slot.owner)]);
}

Status DimTable::evaluate(std::span<const int64_t> symbol_values,
                          std::vector<int64_t>& values) const {
  assert(symbol_values.size() == symbols_.size());
  values.resize(slots_.size());
  const auto value_of = [&](int slot) { return values[static_cast<size_t>(slot)]; };
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    int64_t& value = values[i];
    if (slot.kind == Slot::Kind::kPolynomial) {
      value = 0;
      bool overflows = false;
      for (const Product& product : slot.sum) {
        int64_t term = product.coefficient;
        for (int atom : product.atoms)
          overflows |= __builtin_mul_overflow(term, value_of(atom), &term);
        overflows |= __builtin_add_overflow(value, term, &value);
      }
      if (overflows) return overflow(slot);
      continue;
    }
    if (slot.operation == DimAtom::Kind::kSymbol) {
      value = symbol_values[static_cast<size_t>(slot.a)];
      continue;
    }
    const int64_t a = value_of(slot.a), b = value_of(slot.b);
    switch (slot.operation) {
      case DimAtom::Kind::kNamed:
        value = a;
        break;
      case DimAtom::Kind::kPositive:
        value = std::max<int64_t>(a, 0);
        break;
      case DimAtom::Kind::kSelect:
        value = a != 0 ? b : value_of(slot.c);
        break;
      case DimAtom::Kind::kBroadcast:
        value = a == 1 ? b : a;
        break;
      case DimAtom::Kind::kMod:
        value = b == 0 ? 0 : floor_mod(a, b);
        break;
      case DimAtom::Kind::kFloorDiv:
        if (b == -1 && a == std::numeric_limits<int64_t>::min()) return overflow(slot);
        value = b == 0 ? 0 : floor_divide(a, b);
        break;
      default:
        return overflow(slot);
    }
  }
  return Status::ok();
}

}  // namespace octet
