// What the tests of the CPU kernels share: run a row of the table in every way an executor may, and
// compare with the reference.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet::test {

inline NodeUnderTest make_node(Attributes attributes, std::vector<NodeInput> inputs) {
  Result<NodeUnderTest> node = NodeUnderTest::create(std::move(attributes), std::move(inputs));
  EXPECT_TRUE(node.is_ok()) << node.status().message();
  return std::move(node).value();
}

inline bool same_bits(const Tensor& lhs, const Tensor& rhs) {
  return lhs.dtype() == rhs.dtype() && lhs.shape() == rhs.shape() &&
         (lhs.byte_count() == 0 || std::memcmp(lhs.bytes(), rhs.bytes(), lhs.byte_count()) == 0);
}

// What the reference computes.
inline std::vector<Tensor> reference_outputs(const NodeUnderTest& node) {
  const std::string name = std::string(op_kind_name(op_kind(node.attributes()))) + "/reference";
  auto outputs = run_kernel(find_row(reference_kernels(), name), node);
  EXPECT_TRUE(outputs.is_ok()) << outputs.status().message();
  return outputs.is_ok() ? *outputs : std::vector<Tensor>();
}

// What the CPU kernel `name` computes: the same bits for every tile height, row distance, number of
// tasks and their order.
inline std::vector<Tensor> cpu_outputs(const char* name, const NodeUnderTest& node) {
  const KernelRow& row = find_row(cpu_kernels(), name);
  auto outputs = run_kernel(row, node);
  EXPECT_TRUE(outputs.is_ok()) << outputs.status().message();
  if (!outputs.is_ok()) return {};
  const RunOptions ways[] = {{.tile_rows = 1},
                             {.tile_rows = 2, .row_gap_bytes = 64},
                             {.tile_rows = 3, .row_gap_bytes = 16},
                             {.tile_rows = 8},
                             {.threads = 2},
                             {.threads = 3, .reverse_tasks = true},
                             {.threads = 16}};
  for (const RunOptions& way : ways) {
    auto again = run_kernel(row, node, way);
    EXPECT_TRUE(again.is_ok()) << again.status().message();
    if (!again.is_ok()) return {};
    for (size_t i = 0; i < outputs->size(); ++i)
      EXPECT_TRUE(same_bits((*outputs)[i], (*again)[i]))
          << name << ": output " << i << " depends on the tiles or tasks (rows " << way.tile_rows
          << ", threads " << way.threads << ")";
  }
  return *outputs;
}

// Output 0 of both, element by element; `bound` gives the error allowed for element i with true
// value y.
using Bound = std::function<double(size_t i, double y)>;
inline void expect_close(const Tensor& found, const Tensor& expected, const Bound& bound) {
  ASSERT_EQ(found.shape(), expected.shape());
  ASSERT_EQ(found.dtype(), expected.dtype());
  const std::vector<double> x = to_doubles(found), y = to_doubles(expected);
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(y[i])) {
      ASSERT_TRUE(std::isnan(x[i])) << "element " << i << " is " << x[i] << ", expected NaN";
    } else if (std::isinf(y[i])) {
      ASSERT_EQ(x[i], y[i]) << "element " << i;
    } else {
      ASSERT_LE(std::abs(x[i] - y[i]), bound(i, y[i]))
          << "element " << i << " is " << x[i] << ", expected " << y[i];
    }
  }
}

// The kernel gives the reference's values exactly; any NaN equals any NaN.
inline void expect_equal_reference(const char* name, const NodeUnderTest& node) {
  const std::vector<Tensor> found = cpu_outputs(name, node), expected = reference_outputs(node);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i)
    expect_close(found[i], expected[i], [](size_t, double) { return 0.0; });
}

// Whether the kernel takes the node, and if not why.
inline Support cpu_support(const char* name, const NodeUnderTest& node) {
  return find_row(cpu_kernels(), name).accept(node.request());
}

inline constexpr double kEps = 0x1p-24;  // the relative error of one rounding to f32

}  // namespace octet::test
