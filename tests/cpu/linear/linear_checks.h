// The comparison of linear layers with their definition, row by row.
#pragma once

#include "tests/cpu/kernel_checks.h"
#include "tests/support/float_bounds.h"
#include "tests/support/linear_problems.h"

namespace octet::test {

// Every vector of `found` holds the [m, n] outputs of one kernel. expected_row(row) gives the true
// values of a row and the bound of each.
template <class ExpectedRow>
void expect_rows_within(const LinearProblem& problem, const std::vector<std::vector<double>>& found,
                        const ExpectedRow& expected_row) {
  for (const int64_t row : checked_rows(problem)) {
    const FloatRow expected = expected_row(row);
    for (const std::vector<double>& values : found)
      for (size_t n = 0; n < expected.values.size(); ++n) {
        const double value = values[static_cast<size_t>(row * problem.n) + n];
        ASSERT_TRUE(within(value, expected.values[n], expected.bounds[n]))
            << "row " << row << " column " << n << ": found " << value << ", expected "
            << expected.values[n] << " within " << expected.bounds[n];
      }
  }
}

}  // namespace octet::test
