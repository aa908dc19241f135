// Checks and shape arithmetic that the infer() functions share.
#pragma once

#include <initializer_list>
#include <string>

#include "runtime/ops/type_info.h"

namespace octet {

// The number of inputs, and that none of the first `required` is absent. `optional` more may be
// given or absent. Error: kInvalidModel, "has 1 input, expected 2".
Status expect_inputs(InputTypes inputs, size_t required, size_t optional = 0);
// The input, or nullptr where an optional one is absent or not given.
const TypeInfo* optional_input(InputTypes inputs, size_t index);

// kInvalidModel: "input 1 is int64[3], expected float32 or float64".
Status input_error(InputTypes inputs, size_t index, const std::string& expected);
Status expect_dtype(InputTypes inputs, size_t index, std::initializer_list<DType> accepted);
Status expect_floating(InputTypes inputs, size_t index);
Status expect_numeric(InputTypes inputs, size_t index);  // floating or integer
Status expect_numbers_or_bools(InputTypes inputs, size_t index);
Status expect_integer(InputTypes inputs, size_t index);
// The dtype of input 0.
Status expect_same_dtype(InputTypes inputs, size_t index);
Status expect_rank(InputTypes inputs, size_t index, int rank);
Status expect_index_dtype(InputTypes inputs, size_t index);  // int32 or int64
// One element, rank 0 or 1.
Status expect_scalar(InputTypes inputs, size_t index);

// Requires what `check` says: an error (kInvalidModel) where it never holds, one more entry of
// `checks` where that shows only at run time.
Status require(Check check, std::vector<Check>& checks);
// That an input's axis has `expected` elements.
Status require_extent(InputTypes inputs, AxisOf at, const Dim& expected, TypeInfo& output);
// That two axes are equal.
Status require_equal(InputTypes inputs, AxisOf at, AxisOf beside, TypeInfo& output);
// That the input can be expanded to `shape`, right-aligned.
Status require_expands(InputTypes inputs, int index, const SymbolicShape& shape, TypeInfo& output);

// NumPy broadcasting of all given inputs, right-aligned, without the last `skipped_axes` of each;
// what shows only at run time is added to `checks`. Error: extents that never broadcast.
Result<SymbolicShape> broadcast_inputs(InputTypes inputs, std::vector<Check>& checks,
                                       int skipped_axes = 0);

// A type with one output, as most ops have.
OutputTypes one_output(DType dtype, SymbolicShape shape);

}  // namespace octet
