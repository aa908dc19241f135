// Dim: an extent of a tensor as an integer expression over the symbols of a model's inputs.
//
// A Program is made once for all shapes; a Binding evaluates the expressions. Dims are kept in a
// canonical form (a polynomial with integer coefficients over atoms), so that equal extents compare
// equal however they were computed: (batch * seq * 384) / 384 == batch * seq.
//
// Comparisons, minima and maxima are all written with one atom, positive(d) = max(d, 0):
//   max(a, b) = b + positive(a - b)                  min(a, b) = a - positive(a - b)
//   a > b     = positive(a - b) - positive(a - b - 1), which is 1 or 0
// so that min(1, s), the extent of x[0:1], and s - max(s - 1, 0), that of x[-1:], are one
// polynomial. The argument of positive() has no common factor and a positive first coefficient:
// positive(-d) = positive(d) - d.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/shape.h"
#include "runtime/core/status.h"
#include "runtime/ops/symbol.h"

namespace octet {

struct DimAtom;

// A value type; copies share. Threading: immutable, any thread.
class Dim {
 public:
  Dim(int64_t value = 0) : constant_{{}, value} {}
  static Dim symbol(const Symbol& symbol);
  // extent_symbol(name).
  static Dim symbol(const std::string& name);
  // Floor division and the rest that goes with it (the sign of `b`); both are 0 where b is 0.
  static Dim floor_div(const Dim& a, const Dim& b);
  static Dim mod(const Dim& a, const Dim& b);
  // Division towards zero, as ONNX divides integers; 0 where b is 0.
  static Dim truncated_div(const Dim& a, const Dim& b);
  static Dim positive(const Dim& a);  // max(a, 0)
  static Dim max(const Dim& a, const Dim& b);
  static Dim min(const Dim& a, const Dim& b);
  // 1 where it holds, 0 where not.
  static Dim greater(const Dim& a, const Dim& b);
  static Dim equal(const Dim& a, const Dim& b);
  // `a` where `condition` is 1, `b` where it is 0. Precondition: it is nothing else.
  static Dim select(const Dim& condition, const Dim& a, const Dim& b);
  // `definition` under a name of its own, which no other definition may have: for long expressions
  // that others are made of. Short ones stay what they are.
  static Dim named(const std::string& name, const Dim& definition, size_t short_text = 64);
  // The extent of two dims under broadcasting. Whoever calls it checks that they are equal, or one
  // of them 1.
  static Dim broadcast(const Dim& a, const Dim& b);

  // A result that no int64 can hold becomes an expression that errors at evaluation.
  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  // Equal for every value of the symbols, as far as the canonical form shows it.
  friend bool operator==(const Dim& a, const Dim& b);

  bool is_constant() const { return terms_ == nullptr; }
  // Precondition: is_constant().
  int64_t value() const {
    assert(is_constant());
    return constant_.coefficient;
  }
  // The symbol that it is; nullptr where it is anything else.
  const Symbol* as_symbol() const;
  // The smallest and the greatest value over all values of the symbols; nullopt when it can't be
  // told. What they give holds, but a tighter bound may exist.
  std::optional<int64_t> lower_bound() const;
  std::optional<int64_t> upper_bound() const;
  bool is_at_least(int64_t value) const;
  bool is_at_most(int64_t value) const;
  // An expression with the same bounds wherever `count` is 1 or more, and tighter ones as far as
  // that shows: s - positive(s - 1) is 1 where positive(s - 1) >= 1. For proofs only: its symbols
  // may count from 1.
  Dim where_positive(const Dim& count) const;
  // Whether it has grown beyond what is kept: evaluation gives an error.
  bool is_too_complex() const;
  // What it costs to keep: the characters of its atoms.
  size_t text_size() const;

  // "2*batch*seq + 1"; also the identity of the expression.
  std::string str() const;
  // The same for people: "min(512, seq)".
  std::string text() const;
  // All symbols in it, each once.
  std::vector<Symbol> symbols() const;

  // A product of atoms; the empty one is the constant term.
  using Monomial = std::vector<std::shared_ptr<const DimAtom>>;
  struct Term {
    Monomial atoms;  // sorted by key, with repetition
    int64_t coefficient;
  };
  // Sorted by the monomials' keys, no zero coefficients. They live as long as this Dim.
  std::span<const Term> terms() const {
    if (terms_) return *terms_;
    return {&constant_, constant_.coefficient == 0 ? size_t{0} : size_t{1}};
  }

 private:
  // Most dims are constants or copies of others: neither allocates.
  Term constant_{{}, 0};                            // the value of a constant
  std::shared_ptr<const std::vector<Term>> terms_;  // of anything else
  friend struct DimBuilder;
};

// What a polynomial is made of: a symbol, or an operation on dims that has no polynomial form.
struct DimAtom {
  enum class Kind { kSymbol, kFloorDiv, kMod, kPositive, kSelect, kBroadcast, kNamed, kOverflow };
  Kind kind;
  std::string key;  // canonical text; equal keys are equal atoms
  std::vector<Dim> operands;
  std::optional<Symbol> symbol;          // of kSymbol
  std::optional<int64_t> least, most;    // bounds of its value, where they are known
  std::optional<int64_t> least_operand;  // of kPositive: of what is inside
};

using SymbolicShape = std::vector<Dim>;

SymbolicShape to_symbolic(const Shape& shape);
// nullopt when an extent is not constant.
std::optional<Shape> to_constant(const SymbolicShape& shape);
Dim element_count(const SymbolicShape& shape);
std::string to_string(const SymbolicShape& shape);  // "[batch, seq, 384]"

}  // namespace octet
