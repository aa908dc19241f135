// Evaluation of dims for concrete values of the symbols.
#include "runtime/ops/dim.h"
#include "runtime/ops/floor_divide.h"

namespace octet {

int DimTable::add(const Dim& dim) {
  const std::string text = dim.str();
  const std::string key = "=" + text;  // apart from atoms: the polynomial "seq" and the atom "seq"
  if (auto found = index_.find(key); found != index_.end()) return found->second;
  Slot slot{.kind = Slot::Kind::kPolynomial, .sum = {}, .text = text};
  for (const Dim::Term& term : dim.terms()) {
    Product product{term.coefficient, {}};
    for (const auto& atom : term.atoms) product.atoms.push_back(add_atom(*atom));
    slot.sum.push_back(std::move(product));
  }
  slots_.push_back(std::move(slot));
  return index_[key] = static_cast<int>(slots_.size()) - 1;
}

int DimTable::add_atom(const DimAtom& atom) {
  if (auto found = index_.find(atom.key); found != index_.end()) return found->second;
  Slot slot{.kind = Slot::Kind::kSymbol, .operation = atom.kind, .sum = {}, .text = atom.key};
  if (atom.kind == DimAtom::Kind::kSymbol) {
    slot.a = static_cast<int>(symbols_.size());
    symbols_.push_back(atom.symbol);
  } else if (!atom.operands.empty()) {
    slot.kind = Slot::Kind::kBinary;
    slot.a = add(atom.operands[0]);
    slot.b = add(atom.operands[1]);
  } else {  // an expression that has grown too complex: evaluation says so
    slot.kind = Slot::Kind::kBinary;
    slot.a = slot.b = add(Dim(0));
  }
  slots_.push_back(std::move(slot));
  return index_[atom.key] = static_cast<int>(slots_.size()) - 1;
}

Status DimTable::evaluate(std::span<const int64_t> symbol_values,
                          std::vector<int64_t>& values) const {
  assert(symbol_values.size() == symbols_.size());
  values.resize(slots_.size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    int64_t& value = values[i];
    if (slot.kind == Slot::Kind::kSymbol) {
      value = symbol_values[static_cast<size_t>(slot.a)];
    } else if (slot.kind == Slot::Kind::kPolynomial) {
      value = 0;
      bool overflow = false;
      for (const Product& product : slot.sum) {
        int64_t term = product.coefficient;
        for (int atom : product.atoms)
          overflow |= __builtin_mul_overflow(term, values[static_cast<size_t>(atom)], &term);
        overflow |= __builtin_add_overflow(value, term, &value);
      }
      if (overflow)
        return invalid_argument("extent " + slot.text +
                                " is too large for these input shapes; use smaller inputs");
    } else {
      const int64_t a = values[static_cast<size_t>(slot.a)],
                    b = values[static_cast<size_t>(slot.b)];
      switch (slot.operation) {
        case DimAtom::Kind::kMax:
          value = a > b ? a : b;
          break;
        case DimAtom::Kind::kMin:
          value = a < b ? a : b;
          break;
        case DimAtom::Kind::kBroadcast:
          if (a != b && a != 1 && b != 1)
            return invalid_argument("cannot broadcast extents " + std::to_string(a) + " and " +
                                    std::to_string(b) + " (" + slot.text +
                                    "); they must be equal or 1; check the input shapes");
          value = a == 1 ? b : a;
          break;
        case DimAtom::Kind::kSame:
          if (a != b)
            return invalid_argument("extents " + std::to_string(a) + " and " + std::to_string(b) +
                                    " (" + slot.text + ") must be equal; check the input shapes");
          value = a;
          break;
        case DimAtom::Kind::kOverflow:
          if (slot.text == "too_complex()")
            return invalid_argument(
                "an extent is too complex an expression of the input shapes; simplify the model");
          return invalid_argument(slot.text + " does not fit in 64 bits");
        default: {
          if (b == 0)
            return invalid_argument(slot.text + " divides by zero for these input shapes");
          const bool mod = slot.operation == DimAtom::Kind::kMod;
          if (!mod && b == -1 && a == INT64_MIN) return invalid_argument(slot.text + " overflows");
          value = mod ? floor_mod(a, b) : floor_divide(a, b);
        }
      }
    }
  }
  return Status::ok();
}

}  // namespace octet
