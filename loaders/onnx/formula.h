// Formulas over values, written as such: for importers of ops that are arithmetic of other ops.
//
//   Formula f(node);
//   const Operand x = f.input(0);
//   return f.finish(x / (f.unary(UnaryFunction::kAbs, x) + 1), node.type(0).dtype);
//
// Operands of one formula have one type; a number becomes a scalar of it. Nodes are called after
// the node and what they do: "norm/mul 3". The first error is kept, and nothing is emitted after
// it.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

class Formula;

// A value of a formula; kNoValue after an error.
struct Operand {
  Formula* formula;
  ValueId id;
};

// Threading: none. It lives as long as its operands.
class Formula {
 public:
  explicit Formula(NodeImport& node) : node_(node) {}

  Operand of(ValueId value) { return {this, value}; }
  Operand input(int index) { return of(node_.input(index)); }
  Operand scalar(DType dtype, double value);
  Operand scalar(DType dtype, const Dim& value);
  // start, start + 1, ..: `count` numbers as an axis that `behind` others follow: [count, 1, ..].
  Operand positions(DType dtype, const Dim& start, const Dim& count, size_t behind = 0);

  Operand emit(Attributes attributes, std::vector<ValueId> inputs);
  Operand unary(UnaryFunction function, Operand src) {
    return emit(UnaryAttrs{function}, {src.id});
  }
  Operand binary(BinaryFunction function, Operand lhs, Operand rhs) {
    return emit(BinaryAttrs{function}, {lhs.id, rhs.id});
  }
  Operand where(Operand condition, Operand on_true, Operand on_false) {
    return emit(WhereAttrs{}, {condition.id, on_true.id, on_false.id});
  }
  Operand cast(Operand src, DType dtype);
  Operand reshape(Operand src, SymbolicShape shape);
  // A scalar of an operand of rank 0 or 1 with one element.
  Operand as_scalar(Operand src);
  DType dtype(Operand operand) const;  // any, after an error

  const Status& status() const { return status_; }
  // Gives an output of the node, as `dtype`.
  Status finish(Operand result, DType dtype, int output = 0);

 private:
  std::string next_step(const std::string& what) { return what + " " + std::to_string(++steps_); }
  // What an error leaves is no value.
  Operand keep(Result<ValueId> value);

  NodeImport& node_;
  int steps_ = 0;
  Status status_;
};

Operand operator+(Operand lhs, Operand rhs);
Operand operator-(Operand lhs, Operand rhs);
Operand operator*(Operand lhs, Operand rhs);
Operand operator/(Operand lhs, Operand rhs);
Operand operator+(Operand lhs, double rhs);
Operand operator-(Operand lhs, double rhs);
Operand operator*(Operand lhs, double rhs);
Operand operator/(Operand lhs, double rhs);
Operand operator-(double lhs, Operand rhs);

}  // namespace octet
