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
// The dtype of input 0.
Status expect_same_dtype(InputTypes inputs, size_t index);
Status expect_rank(InputTypes inputs, size_t index, int rank);
Status expect_index_dtype(InputTypes inputs, size_t index);  // int32 or int64
// One element, rank 0 or 1.
Status expect_scalar(InputTypes inputs, size_t index);

// Whether `a` and `b` can't be equal whatever the symbols are.
bool known_different(const Dim& a, const Dim& b);
// Requires equal extents: an error where they are known to differ, a check on `output` where it
// shows only at run time. `what` names the extent, as in "K"; the message blames input `index`.
Status require_same(InputTypes inputs, size_t index, const char* what, const Dim& found,
                    const Dim& expected, TypeInfo& output);

// NumPy broadcasting, right-aligned. Error: extents that are known to differ, neither of them 1.
Result<SymbolicShape> broadcast_shapes(const SymbolicShape& a, const SymbolicShape& b);
// Broadcasts the shapes of all given inputs; the error names them.
Result<SymbolicShape> broadcast_inputs(InputTypes inputs);

// A type with one output, as most ops have.
OutputTypes one_output(DType dtype, SymbolicShape shape);

}  // namespace octet
