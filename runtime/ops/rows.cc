// How operands relate to the rows of an output; shared by the row_access() functions.
#include "runtime/ops/rows.h"

namespace octet {

std::optional<RowAccess> broadcast_row_access(const SymbolicShape& shape,
                                              const SymbolicShape& output) {
  if (shape == output) return RowAccess::kRows;
  if (shape.size() > output.size()) return std::nullopt;
  size_t first = 0;  // the first extent of the operand that isn't 1
  while (first < shape.size() && shape[first] == Dim(1)) ++first;
  if (first == shape.size()) return RowAccess::kWhole;
  const size_t offset = output.size() - shape.size();
  for (size_t i = first; i < shape.size(); ++i)
    if (!(shape[i] == output[offset + i])) return std::nullopt;
  return first + 1 == shape.size() ? RowAccess::kWhole : RowAccess::kPeriodic;
}

RowAccesses rows_of_first(InputTypes inputs) {
  std::vector<RowAccess> accesses(inputs.size(), RowAccess::kWhole);
  accesses[0] = RowAccess::kRows;
  return accesses;
}

}  // namespace octet
