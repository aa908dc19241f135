// Integers that depend on the input shapes alone, computed for one set of shapes.
#pragma once

#include <span>

#include "runtime/binding/binding.h"

namespace octet {

// Fills in binding.bound_values, and storage_offsets of what lies there. `dims`: the values of
// program.dims. Error: kCancelled or kDeadlineExceeded.
Status fill_bound_values(const Program& program, std::span<const int64_t> dims, Binding& binding);

}  // namespace octet
