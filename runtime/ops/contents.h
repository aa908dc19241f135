// Arithmetic on TypeInfo::contents: integers and bools that depend on the symbols alone.
#pragma once

#include "runtime/ops/elementwise.h"
#include "runtime/ops/reduce.h"

namespace octet {

using Contents = std::optional<std::vector<Dim>>;

// Whether an element of an input decides on `dim`, not extents alone.
bool depends_on_data(const Dim& dim);
// The constant value of each element; nullopt when there are no contents or one depends on a
// symbol.
std::optional<std::vector<int64_t>> constant_contents(const TypeInfo& type);
// Whether values of this type may carry contents: a tensor of integers or bools, rank <= 1, constant size of at
// most kMaxContents.
bool may_have_contents(const TypeInfo& type);
// The same with rank <= 2, for the ops that move elements: PyTorch's pads are reversed as a matrix.
bool may_keep_contents(const TypeInfo& type);
// `contents` of `shape` with its axes permuted. Precondition: may_keep_contents() of such a type.
std::vector<Dim> permute_contents(const std::vector<Dim>& contents, const SymbolicShape& shape,
                                  const std::vector<int>& permutation);
// Element `index` of `contents` broadcast to as many elements as wanted.
const Dim& broadcast_element(const std::vector<Dim>& contents, size_t index);

// nullopt: cannot be told without the symbols' values.
std::optional<Dim> apply_unary(UnaryFunction function, const Dim& src, bool is_bool);
std::optional<Dim> apply_binary(BinaryFunction function, const Dim& lhs, const Dim& rhs,
                                bool is_bool);
std::optional<Dim> apply_cast(const Dim& src, DType to);
Contents reduce_contents(ReduceFunction function, const std::vector<Dim>& src);

}  // namespace octet
