// An extent that the run computes, and whose expression may be negative: it is checked where its
// symbol is known, not in the stage before.
#include <gtest/gtest.h>

#include "kernels/cpu/movement/copy.h"
#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "runtime/program/compile.h"
#include "tests/support/evaluate_graph.h"

namespace octet::test {
namespace {

TEST(LateExtents, AreCheckedInTheirOwnStage) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {4});
  const ValueId given = add_input(graph, "given", DType::kI64, {1});
  Symbol symbol = late_element_symbol("count", 0);
  symbol.least = std::nullopt;
  const Dim count = Dim::symbol(symbol);
  add_node(graph, "observe", ObserveAttrs{{count}},
           {add_node(graph, "abs", UnaryAttrs{UnaryFunction::kAbs}, {given})});
  graph.add_output(add_node(graph, "slice", SliceAttrs{{0}, {count}, {1}}, {x}), "y");
  auto program = compile(std::move(graph), {.backends = {cpu_backend(), reference_backend()},
                                            .copy = make_copy_kernel()});
  ASSERT_TRUE(program.is_ok()) << program.status().message();
  EXPECT_TRUE((*program)->checks.empty());
  ASSERT_EQ((*program)->outputs.size(), 1u);
  EXPECT_GE((*program)->outputs[0].late, 0);
  const auto* rest = std::get_if<SubprogramStep>(&(*program)->steps.back());
  ASSERT_NE(rest, nullptr);
  EXPECT_FALSE(rest->programs[0]->checks.empty());
}

}  // namespace
}  // namespace octet::test
