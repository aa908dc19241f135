// simplify_gather: index grids that pick elements in order, and grids that don't.
#include "runtime/passes/simplify/simplify_gather.h"

#include "runtime/passes/simplify/affine_index.h"
#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

ValueId arange(Graph& graph, Dim count, SymbolicShape shape, Dim start = 0, Dim delta = 1) {
  const ValueId range =
      add_node(graph, "arange", RangeAttrs{DType::kI64, start, delta, std::move(count)}, {});
  return add_node(graph, "unsqueeze", ReshapeAttrs{std::move(shape)}, {range});
}
ValueId number(Graph& graph, Dim value) {
  return add_node(graph, "size", ShapeValuesAttrs{DType::kI64, true, {std::move(value)}}, {});
}

// mask[arange(b)[:, None, None, None] * factor + arange(s)] as TorchScript writes it.
Graph flat_grid(const Dim& b, const Dim& s, const Dim& factor, const Dim& start = 0) {
  Graph graph;
  const ValueId mask = add_input(graph, "mask", DType::kF32, {b, s});
  const ValueId flat = add_node(graph, "flatten", ReshapeAttrs{{b * s, 1}}, {mask});
  const ValueId rows = add_mul(graph, arange(graph, b, {b, 1, 1, 1}), number(graph, factor));
  const ValueId grid = add_add(graph, rows, arange(graph, s, {1, 1, 1, s}, start));
  graph.add_output(add_node(graph, "gather", GatherAttrs{0}, {flat, grid}), "y");
  return graph;
}

TEST(AffineIndex, AddsBroadcastStrides) {
  Graph graph;
  const ValueId rows = add_mul(graph, arange(graph, batch, {batch, 1}), number(graph, seq));
  const ValueId grid = add_add(graph, arange(graph, seq, {seq}, 3), rows);
  const auto affine = affine_index(graph, GraphIndex(graph), grid);
  ASSERT_TRUE(affine);
  EXPECT_EQ(affine->start, Dim(3));
  EXPECT_THAT(affine->strides, ElementsAre(seq, Dim(1)));
}

TEST(AffineIndex, IsNoneOfProductsAndInputs) {
  Graph graph;
  const ValueId rows = arange(graph, seq, {seq});
  EXPECT_FALSE(affine_index(graph, GraphIndex(graph), add_mul(graph, rows, rows)));
  const ValueId ids = add_input(graph, "ids", DType::kI64, {seq});
  EXPECT_FALSE(affine_index(graph, GraphIndex(graph), add_add(graph, rows, ids)));
  const ValueId stretched =
      add_add(graph, rows, arange(graph, batch, {batch}));  // seq or batch may be 1
  EXPECT_FALSE(affine_index(graph, GraphIndex(graph), stretched));
  const ValueId folded = arange(graph, seq * Dim(2), {seq, 2});  // two axes out of one
  EXPECT_FALSE(affine_index(graph, GraphIndex(graph), folded));
}

TEST(SimplifyGather, AGridInOrderIsAReshape) {
  Graph graph = flat_grid(3, 4, 4);
  expect_same_results(graph, simplify_gather, 0);
  EXPECT_THAT(op_labels(graph), ElementsAre("reshape", "reshape"));
  Graph symbolic = flat_grid(batch, seq, seq);
  EXPECT_THAT(labels_after(symbolic, simplify_gather), ElementsAre("reshape", "reshape"));
  EXPECT_EQ(to_string(symbolic.value(symbolic.outputs()[0]).type), "float32[batch, 1, 1, seq, 1]");
}

// table[ids[:, :count]]
Graph position_lookup(std::vector<int64_t> ids, const Dim& count) {
  Graph graph;
  const ValueId table = add_input(graph, "table", DType::kF32, {8, 3});
  const Shape shape{1, static_cast<int64_t>(ids.size())};
  const ValueId all = *graph.add_constant("ids", Constant(Tensor::from<int64_t>(ids, shape)));
  const ValueId first = add_node(graph, "slice", SliceAttrs{{0, 0}, {1, count}, {1, 1}}, {all});
  graph.add_output(add_node(graph, "gather", GatherAttrs{0}, {table, first}), "y");
  return graph;
}

TEST(SimplifyGather, PositionIdsAreASlice) {
  Graph graph = position_lookup({2, 3, 4, 5, 6}, 4);
  expect_same_results(graph, simplify_gather, 0);
  EXPECT_THAT(op_labels(graph), ElementsAre("slice", "reshape"));
  Graph symbolic = position_lookup({0, 1, 2, 3, 4, 5}, Dim::min(seq, 6));
  EXPECT_THAT(labels_after(symbolic, simplify_gather), ElementsAre("slice", "reshape"));
  EXPECT_EQ(to_string(symbolic.value(symbolic.outputs()[0]).type), "float32[1, min(6, seq), 3]");
}

TEST(SimplifyGather, LeavesOtherGrids) {
  for (Graph graph : {flat_grid(3, 4, 3), flat_grid(3, 4, 4, 1), flat_grid(batch, seq, batch),
                      position_lookup({0, 1, 3}, 2), position_lookup({2, 1, 0}, 2),
                      position_lookup({-2, -1, 0}, 2)})
    EXPECT_THAT(labels_after(graph, simplify_gather), Contains("gather"));

  Graph inner;  // another axis
  const ValueId src = add_input(inner, "src", DType::kF32, {2, seq});
  inner.add_output(add_node(inner, "gather", GatherAttrs{1}, {src, arange(inner, seq, {seq})}),
                   "y");
  EXPECT_THAT(labels_after(inner, simplify_gather), Contains("gather"));
}

// mask[arange(rows)[:, None, None, None], arange(columns)] as the dynamo exporter writes it.
Graph tuple_grid(SymbolicShape mask_shape, const Dim& rows, const Dim& columns,
                 bool swapped = false, Dim delta = 1) {
  Graph graph;
  const ValueId mask = add_input(graph, "mask", DType::kF32, std::move(mask_shape));
  const SymbolicShape grid{rows, 1, 1, columns, 1};
  const ValueId row =
      add_node(graph, "expand", ExpandAttrs{grid}, {arange(graph, rows, {rows, 1, 1, 1, 1})});
  const ValueId column = add_node(graph, "expand", ExpandAttrs{grid},
                                  {arange(graph, columns, {1, 1, 1, columns, 1}, 0, delta)});
  const ValueId tuples =
      add_node(graph, "concat", ConcatAttrs{4},
               swapped ? std::vector<ValueId>{column, row} : std::vector<ValueId>{row, column});
  graph.add_output(add_node(graph, "gather_nd", GatherNDAttrs{0}, {mask, tuples}), "y");
  return graph;
}

TEST(SimplifyGather, TuplesInOrderAreAReshape) {
  Graph graph = tuple_grid({3, 4}, 3, 4);
  expect_same_results(graph, simplify_gather, 0);
  EXPECT_THAT(op_labels(graph), ElementsAre("reshape"));
  Graph trailing = tuple_grid({3, 4, 5}, 3, 4);
  expect_same_results(trailing, simplify_gather, 0);
  EXPECT_THAT(op_labels(trailing), ElementsAre("reshape"));
}

TEST(SimplifyGather, TuplesOverAPartAreASlice) {
  Graph graph = tuple_grid({5, 4}, 3, 4);
  expect_same_results(graph, simplify_gather, 0);
  EXPECT_THAT(op_labels(graph), ElementsAre("slice", "reshape"));
  Graph symbolic = tuple_grid({Dim::symbol("mask_batch"), seq}, batch, seq);
  EXPECT_THAT(labels_after(symbolic, simplify_gather), ElementsAre("slice", "reshape"));
}

TEST(SimplifyGather, LeavesOtherTuples) {
  for (Graph graph : {tuple_grid({4, 3}, 3, 4, true), tuple_grid({3, 8}, 3, 4, false, 2)})
    EXPECT_THAT(labels_after(graph, simplify_gather), Contains("gather_nd"));
}

// Sums of sums of the same index: every level doubles the nodes that are looked at.
TEST(AffineIndex, NestedSumsHaveAnEnd) {
  Graph graph;
  ValueId value = add_node(graph, "range", RangeAttrs{DType::kI64, 0, 1, seq}, {});
  for (int i = 0; i < 4; ++i) value = add_add(graph, value, value);
  const auto affine = affine_index(graph, GraphIndex(graph), value);
  ASSERT_TRUE(affine);
  EXPECT_EQ(affine->strides[0], Dim(16));
  for (int i = 0; i < 60; ++i) value = add_add(graph, value, value);
  EXPECT_FALSE(affine_index(graph, GraphIndex(graph), value));
}

}  // namespace
}  // namespace octet::test
