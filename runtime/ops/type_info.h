// TypeInfo: what is known of a value before any input is seen.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/core/status.h"
#include "runtime/ops/check.h"
#include "runtime/ops/dim.h"
#include "runtime/ops/value_form.h"

namespace octet {

struct TypeInfo {
  DType dtype = DType::kF32;
  SymbolicShape shape;
  // The elements themselves where they are integers that depend on the symbols alone, as in Shape
  // -> Gather -> Concat chains: row-major, at most kMaxContents of them, for rank 0 and 1, and for
  // rank 2 where a vector of them was reshaped (contents.h). A bool is 0 or 1.
  std::optional<std::vector<Dim>> contents;
  // What else must hold when the symbols get values, as that the inner extents of a product agree
  // where they are two symbols.
  std::vector<Check> checks;
  // What is no tensor has no shape; `dtype` and `held_rank` are those of the tensors in it.
  ValueForm form = ValueForm::kTensor;
  int held_rank = kUnknownRank;

  bool is_tensor() const { return form == ValueForm::kTensor; }
  int rank() const { return static_cast<int>(shape.size()); }
};
inline constexpr size_t kMaxContents = 64;

// The inputs of a node in order; nullptr where an optional one is absent.
using InputTypes = std::span<const TypeInfo* const>;
using OutputTypes = std::vector<TypeInfo>;

// Whether dtype, shape and form are the same.
bool same_form(const TypeInfo& a, const TypeInfo& b);
// The type of what may be a value of either one: of an optional and what it holds the optional.
// nullopt: there is none, or they are tensors.
std::optional<TypeInfo> common_held_type(const TypeInfo& a, const TypeInfo& b);
// Of something that holds tensors.
TypeInfo held_type(ValueForm form, DType dtype, int held_rank);

// "float32[batch, seq, 384]", "sequence(float32[?, ?])", "optional(sequence(int64))"
std::string to_string(const TypeInfo& type);

// How a row-local op reads an input while it computes rows [r, r + count) of its outputs. The rows
// of a value are all its dims but the last one, flattened; an input that holds one element a row
// (ids, RowParams) counts each as a row.
enum class RowAccess {
  kRows,      // the same rows
  kPeriodic,  // row r % period, where period divides the rows: broadcast over the outermost dims
  kWhole,     // all of it, whatever the rows: weights, bias, tables
};
// One entry per input; nullopt: the op is not row-local for these types.
using RowAccesses = std::optional<std::vector<RowAccess>>;

}  // namespace octet
