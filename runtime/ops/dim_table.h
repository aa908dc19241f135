// DimTable: evaluates many dims at once, each shared subexpression once.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/ops/dim.h"

namespace octet {

//   DimTable table; int i = table.add(dim); ... std::vector<int64_t> values;
//   table.evaluate(symbols, values); values[i]
class DimTable {
 public:
  // The index of `dim` among the values that evaluate() gives.
  int add(const Dim& dim);
  // Symbols that evaluate() wants, in its order.
  const std::vector<Symbol>& symbols() const { return symbols_; }
  // Names what the dims added from now on belong to, for the error of evaluate():
  // "node "x" (Mul)".
  void set_owner(std::string owner);
  // `values` gets one number per added dim. Error (kInvalidArgument): a result that no int64 holds,
  // with the owner in front. Threading: const, any thread; allocates only when `values` grows.
  Status evaluate(std::span<const int64_t> symbol_values, std::vector<int64_t>& values) const;

 private:
  struct Product {
    int64_t coefficient;
    std::vector<int> atoms;
  };
  struct Slot {  // either an atom or a polynomial over earlier slots
    enum class Kind { kPolynomial, kAtom } kind = Kind::kPolynomial;
    DimAtom::Kind operation = DimAtom::Kind::kSymbol;
    int a = 0, b = 0, c = 0;  // symbol index, or operand slots
    std::vector<Product> sum;
    int owner = -1;
    bool too_complex = false;
  };
  int add_atom(const DimAtom& atom);
  int append(Slot slot);
  Status overflow(const Slot& slot) const;

  std::vector<Slot> slots_;
  std::unordered_map<std::string, int> index_;
  std::vector<Symbol> symbols_;
  std::vector<std::string> owners_;
};

}  // namespace octet
