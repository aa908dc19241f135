// Dim: an extent of a tensor as an integer expression over the symbols of a model's inputs.
//
// A Program is made once for all shapes; a Binding evaluates the expressions. Dims are kept in a
// canonical form (a polynomial with integer coefficients over atoms), so that equal extents compare
// equal however they were computed: (batch * seq * 384) / 384 == batch * seq.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/shape.h"
#include "runtime/core/status.h"

namespace octet {

struct DimAtom;

// A value type; copies share. Threading: immutable, any thread.
class Dim {
 public:
  Dim(int64_t value = 0);
  // A named unknown, for example "batch". Symbols of one name are one symbol. Assumed to be >= 0,
  // unless the name ends in
  // ']': "x[0]" is an element of input x and may be anything.
  static Dim symbol(const std::string& name);
  // Floor division and the rest that goes with it (the sign of `b`); errors at evaluation when b is
  // 0.
  static Dim floor_div(const Dim& a, const Dim& b);
  static Dim mod(const Dim& a, const Dim& b);
  static Dim max(const Dim& a, const Dim& b);
  static Dim min(const Dim& a, const Dim& b);
  // The extent of two dims under broadcasting: equal, or one of them 1. Errors at evaluation
  // otherwise.
  static Dim broadcast(const Dim& a, const Dim& b);
  // `a`, which must equal `b`; errors at evaluation otherwise.
  static Dim same(const Dim& a, const Dim& b);

  // A result that no int64 can hold becomes an expression that errors at evaluation.
  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  // Equal for every value of the symbols, as far as the canonical form shows it.
  friend bool operator==(const Dim& a, const Dim& b);

  bool is_constant() const;
  // Precondition: is_constant().
  int64_t value() const;
  // The smallest value when every symbol may be anything >= 1; nullopt when it can't be told.
  std::optional<int64_t> lower_bound() const;

  // "2*batch*seq + 1"; also the identity of the expression.
  std::string str() const;
  // The names of all symbols in it, each once.
  std::vector<std::string> symbols() const;

  // A product of atoms; the empty one is the constant term.
  using Monomial = std::vector<std::shared_ptr<const DimAtom>>;
  struct Term {
    Monomial atoms;  // sorted by key, with repetition
    int64_t coefficient;
  };
  const std::vector<Term>& terms() const { return terms_; }

 private:
  std::vector<Term> terms_;  // sorted by the monomials' keys, no zero coefficients
  friend struct DimBuilder;
};

// What a polynomial is made of: a symbol, or an operation on two dims that has no polynomial form.
struct DimAtom {
  enum class Kind { kSymbol, kFloorDiv, kMod, kMax, kMin, kBroadcast, kSame, kOverflow };
  Kind kind;
  std::string key;  // canonical text; equal keys are equal atoms
  std::vector<Dim> operands;
  std::string symbol = {};  // of kSymbol: its name; the key is the name in quotes where it could be
                            // read as an expression
};

using SymbolicShape = std::vector<Dim>;

SymbolicShape to_symbolic(const Shape& shape);
// nullopt when an extent is not constant.
std::optional<Shape> to_constant(const SymbolicShape& shape);
Dim element_count(const SymbolicShape& shape);
std::string to_string(const SymbolicShape& shape);  // "[batch, seq, 384]"

// Evaluates many dims at once, each shared subexpression once.
//   DimTable table; int i = table.add(dim); ... std::vector<int64_t> values;
//   table.evaluate(symbols, values); values[i]
class DimTable {
 public:
  // The index of `dim` among the values that evaluate() gives.
  int add(const Dim& dim);
  // Symbols that evaluate() wants, in its order.
  const std::vector<std::string>& symbols() const { return symbols_; }
  // `values` gets one number per added dim. Errors (kInvalidArgument): broadcasting of different
  // extents, division by zero, an overflow of int64. Threading: const, any thread; allocates only
  // when `values` grows.
  Status evaluate(std::span<const int64_t> symbol_values, std::vector<int64_t>& values) const;

 private:
  struct Product {
    int64_t coefficient;
    std::vector<int> atoms;
  };
  struct Slot {  // either an atom or a polynomial over earlier slots
    enum class Kind { kSymbol, kBinary, kPolynomial } kind;
    DimAtom::Kind operation = DimAtom::Kind::kSymbol;
    int a = 0, b = 0;  // symbol index, or operand slots
    std::vector<Product> sum;
    std::string text;
  };
  int add_atom(const DimAtom& atom);

  std::vector<Slot> slots_;
  std::map<std::string, int> index_;
  std::vector<std::string> symbols_;
};

}  // namespace octet
