// Slice and Split, and the clamping of bounds.
#include "loaders/onnx/slice_bounds.h"
#include "runtime/ops/dim_table.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "start+count:step"
std::string range(const Dim& start, const Dim& end, int64_t step, const Dim& extent) {
  const auto range = slice_range(start, end, step, extent);
  EXPECT_TRUE(range.is_ok()) << range.status().message();
  return range->start.str() + "+" + range->count.str() + ":" + std::to_string(range->step);
}

// The indices that ONNX Slice picks: negative bounds count from the end, then both are clamped.
std::vector<int64_t> picked(int64_t start, int64_t end, int64_t step, int64_t extent) {
  int64_t first = start < 0 ? start + extent : start, last = end < 0 ? end + extent : end;
  const int64_t highest = step > 0 ? extent : extent - 1;
  first = std::min(std::max<int64_t>(first, 0), highest);
  last = std::min(std::max<int64_t>(last, step > 0 ? 0 : -1), highest);
  std::vector<int64_t> indices;
  for (int64_t i = first; step > 0 ? i < last : i > last; i += step) indices.push_back(i);
  return indices;
}

// The values of `dims` for s and e.
std::vector<int64_t> evaluated(const DimTable& table, const std::vector<int>& dims, int64_t s,
                               int64_t e) {
  std::vector<int64_t> inputs, values, picked;
  for (const Symbol& symbol : table.symbols()) inputs.push_back(symbol.name == "s" ? s : e);
  EXPECT_TRUE(table.evaluate(inputs, values).is_ok());
  for (int dim : dims) picked.push_back(values[static_cast<size_t>(dim)]);
  return picked;
}

TEST(SliceRange, ClampsConstants) {
  EXPECT_EQ(range(1, 3, 1, 4), "1+2:1");
  EXPECT_EQ(range(-3, -1, 1, 4), "1+2:1");
  EXPECT_EQ(range(-99, 99, 1, 4), "0+4:1");
  EXPECT_EQ(range(0, INT64_MAX, 1, 4), "0+4:1");
  EXPECT_EQ(range(3, 1, 1, 4), "0+0:1");
  EXPECT_EQ(range(0, 4, 3, 4), "0+2:3");
  EXPECT_EQ(range(0, 4, INT64_MAX, 4), "0+1:1");
  EXPECT_EQ(range(INT64_MAX, INT64_MIN, -1, 4), "3+4:-1");
  EXPECT_EQ(range(-1, -3, -1, 4), "3+2:-1");
  EXPECT_EQ(range(2, INT64_MIN, -2, 4), "2+2:-2");
  EXPECT_EQ(range(INT64_MAX, INT64_MIN, INT64_MIN, 4), "3+1:1");
  EXPECT_EQ(range(0, 0, -1, 0), "0+0:1");
}

TEST(SliceRange, MatchesADefinitionByEnumeration) {
  for (int64_t extent = 1; extent <= 4; ++extent)
    for (int64_t start = -6; start <= 6; ++start)
      for (int64_t end = -6; end <= 6; ++end)
        for (int64_t step : {-3, -2, -1, 1, 2, 3}) {
          const std::vector<int64_t> expected = picked(start, end, step, extent);
          std::vector<int64_t> found;
          const auto range = slice_range(start, end, step, extent);
          for (int64_t i = 0; i < range->count.value(); ++i)
            found.push_back(range->start.value() + i * range->step);
          EXPECT_EQ(found, expected) << start << ":" << end << ":" << step << " of " << extent;
        }
}

// The same where bounds and extent are expressions: `s` may be 0, `e` is anything.
TEST(SliceRange, MatchesItsDefinitionForEverySymbol) {
  const Dim s = Dim::symbol("s"), e = Dim::symbol(element_symbol("e", 0));
  const std::vector<Dim> bounds = {0,          1,          2,          -1, -2,
                                   5,          INT64_MAX,  INT64_MIN,  s,  s - Dim(1),
                                   s - Dim(2), Dim(0) - s, s + Dim(1), e};
  for (const Dim& extent : {s, s + Dim(1), Dim(1)})
    for (const Dim& start : bounds)
      for (const Dim& end : bounds)
        for (int64_t step : {-2, -1, 1, 2}) {
          const auto range = slice_range(start, end, step, extent);
          ASSERT_TRUE(range.is_ok());
          DimTable table;
          std::vector<int> dims;
          for (const Dim& dim : {start, end, extent, range->start, range->count})
            dims.push_back(table.add(dim));
          for (int64_t s_value : {0, 1, 2, 4})
            for (int64_t e_value : {-5, -1, 0, 1, 3}) {
              const auto values = evaluated(table, dims, s_value, e_value);
              const auto expected = picked(values[0], values[1], step, values[2]);
              ASSERT_EQ(values[4], static_cast<int64_t>(expected.size()))
                  << start.str() << ":" << end.str() << ":" << step << " of " << extent.str()
                  << " at s = " << s_value << ", e = " << e_value;
              if (!expected.empty()) {
                ASSERT_EQ(values[3], expected[0]);
              }
            }
        }
}

TEST(SliceRange, KeepsSymbols) {
  const Dim seq = Dim::symbol("seq"), past = Dim::symbol("past");
  const std::string all_but_one = Dim::positive(seq - Dim(1)).str();
  const std::string one_if_any = Dim::min(seq, 1).str();
  EXPECT_EQ(range(0, INT64_MAX, 1, seq), "0+seq:1");
  EXPECT_EQ(range(1, INT64_MAX, 1, seq), "1+" + all_but_one + ":1");
  EXPECT_EQ(range(0, -1, 1, seq), "0+" + all_but_one + ":1");
  EXPECT_EQ(range(-1, INT64_MAX, 1, seq), all_but_one + "+" + one_if_any + ":1");
  EXPECT_EQ(range(seq - Dim(1), seq, 1, seq), all_but_one + "+" + one_if_any + ":1");
  EXPECT_EQ(range(0, 1, 1, seq), "0+" + one_if_any + ":1");
  EXPECT_EQ(range(INT64_MAX, INT64_MIN, -1, seq), "-1 + seq+seq:-1");
  // A table cut to the sequence: its own check keeps it inside of the table.
  EXPECT_EQ(range(0, seq, 1, 512), "0+seq:1");
  EXPECT_EQ(range(past, past + seq, 1, 512), "past+seq:1");
  EXPECT_EQ(range(seq - Dim(1), seq, 1, 512), all_but_one + "+" + one_if_any + ":1");
}

TEST(SliceRange, RefusesAStepOfZero) {
  EXPECT_EQ(slice_range(0, 4, 0, 8).status().code(), StatusCode::kInvalidModel);
}

TEST(ImportSlice, BoundsMovedToInputsAtOpset10) {
  ModelBuilder attributes(9);
  attributes.input("x", {"n", 8}).output("y");
  attributes.node("Slice", {"x"}, {"y"}).ints("starts", {2}).ints("ends", {-1}).ints("axes", {1});
  ModelBuilder inputs(10);
  inputs.input("x", {"n", 8}).ints("a", {2}).ints("b", {-1}).ints("c", {1}).output("y");
  inputs.node("Slice", {"x", "a", "b", "c"}, {"y"});
  for (const ModelBuilder& model : {attributes, inputs}) {
    const Graph graph = loaded(model);
    EXPECT_EQ(output_text(graph), "float32[n, 5]");
    EXPECT_EQ(first<SliceAttrs>(graph).starts, (std::vector<Dim>{0, 2}));
  }
}

TEST(ImportSlice, StepsAndDefaults) {
  ModelBuilder model;
  model.input("x", {5, 8})
      .ints("a", {-1, 0})
      .ints("b", {INT64_MIN, 8})
      .ints("d", {-1, 3})
      .output("y");
  model.node("Slice", {"x", "a", "b", "", "d"}, {"y"});
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph), "float32[5, 3]");
  EXPECT_THAT(first<SliceAttrs>(graph).steps, ElementsAre(-1, 3));
  model.ints("e", {1, 1});
  model.graph().mutable_node(0)->set_input(3, "e");
  EXPECT_THAT(load_error(model), HasSubstr("axis 1 is listed twice"));
  model.graph().mutable_node(0)->set_input(2, "");
  EXPECT_THAT(load_error(model), HasSubstr("input 2 is missing"));
}

// Split of x [n, 7] along axis 1 into `outputs` parts.
ModelBuilder split(int64_t opset, int outputs) {
  ModelBuilder model(opset);
  model.input("x", {"n", 7});
  std::vector<std::string> names;
  for (int i = 0; i < outputs; ++i) names.push_back("y" + std::to_string(i));
  for (const auto& name : names) model.output(name);
  model.node("Split", {"x"}, names).attr("axis", 1);
  return model;
}

TEST(ImportSplit, SizesMovedToAnInputAtOpset13) {
  ModelBuilder attribute = split(11, 2);
  NodeBuilder(*attribute.graph().mutable_node(0)).ints("split", {3, 4});
  ModelBuilder input = split(13, 2);
  input.ints("s", {3, 4}).graph().mutable_node(0)->add_input("s");
  for (const ModelBuilder& model : {attribute, input}) {
    const Graph graph = loaded(model);
    EXPECT_EQ(ops(graph), "slice slice");
    EXPECT_EQ(output_text(graph, 0), "float32[n, 3]");
    EXPECT_EQ(output_text(graph, 1), "float32[n, 4]");
    EXPECT_EQ(graph.nodes()[1].as<SliceAttrs>()->starts[1], Dim(3));
  }
  input.graph().mutable_initializer(0)->Clear();
  *input.graph().mutable_initializer(0) = raw_tensor<int64_t>("s", {2}, {3, 3});
  EXPECT_THAT(load_error(input), HasSubstr("the parts add up to 6, but the axis has 7"));
}

TEST(ImportSplit, EqualPartsMayEndSmallerFromOpset18) {
  EXPECT_EQ(output_text(loaded(split(13, 7)), 6), "float32[n, 1]");
  EXPECT_THAT(load_error(split(13, 2)), HasSubstr("cannot be split into 2 equal parts"));
  ModelBuilder uneven = split(18, 2);
  NodeBuilder(*uneven.graph().mutable_node(0)).attr("num_outputs", 2);
  EXPECT_EQ(output_text(loaded(uneven), 0), "float32[n, 4]");
  EXPECT_EQ(output_text(loaded(uneven), 1), "float32[n, 3]");
  NodeBuilder(*uneven.graph().mutable_node(0)).proto().mutable_attribute(1)->set_i(3);
  EXPECT_THAT(load_error(uneven), HasSubstr("\"num_outputs\" is 3"));
}

}  // namespace
}  // namespace octet::test
