// RotaryEmbedding, of ONNX and of ONNX Runtime.
#include <cmath>

#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Caches of quarter turns: at position p, cos and sin are those of p * 90 degrees.
ModelBuilder rotary(bool contrib, std::vector<Extent> extents, int pairs, bool positions,
                    std::vector<Extent> position_extents = {1, 2}) {
  ModelBuilder model(23);
  model.import("com.microsoft", 1).input("x", std::move(extents)).output("y");
  if (positions) model.input("p", std::move(position_extents), kInt64);
  std::vector<float> cos, sin;
  for (const int turn : {0, 1, 2, 3})
    for (int pair = 0; pair < pairs; ++pair) {
      cos.push_back(std::vector<float>{1, 0, -1, 0}[static_cast<size_t>(turn)]);
      sin.push_back(std::vector<float>{0, 1, 0, -1}[static_cast<size_t>(turn)]);
    }
  std::vector<int64_t> dims = {4, pairs};
  if (!positions) dims = {1, 4, pairs};
  model.initializer<float>("cos", dims, cos).initializer<float>("sin", dims, sin);
  if (contrib)
    model.node("RotaryEmbedding", {"x", "p", "cos", "sin"}, {"y"}).in_domain("com.microsoft");
  else
    model.node("RotaryEmbedding", {"x", "cos", "sin", positions ? "p" : ""}, {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

// (1, 2) turned by 90 degrees is (-2, 1), by 180 degrees (-1, -2).
TEST(ImportRotary, PairsAreHalvesOrNeighbours) {
  const Tensor x = floats({1, 2, 4}, {1, 10, 2, 20, 1, 10, 2, 20});
  const Tensor neighbours = floats({1, 2, 4}, {1, 2, 10, 20, 1, 2, 10, 20});
  for (const bool contrib : {false, true}) {
    ModelBuilder model = rotary(contrib, {1, 2, 4}, 2, true);
    only_node(model).attr("num_heads", 1);
    const Tensor positions = int64s({1, 2}, {2, 1});
    EXPECT_THAT(outputs_of<float>(model, {x, positions}),
                ElementsAre(-1, -10, -2, -20, -2, -20, 1, 10));
    only_node(model).attr("interleaved", 1);
    EXPECT_THAT(outputs_of<float>(model, {neighbours, positions}),
                ElementsAre(-1, -2, -10, -20, -2, 1, -20, 10));
  }
}

TEST(ImportRotary, OfHeadsFirstAndOfPartOfAHead) {
  // Two heads of 3, of which one pair is turned.
  ModelBuilder model = rotary(false, {1, 2, 2, 3}, 1, true);
  only_node(model).attr("rotary_embedding_dim", 2);
  const Tensor x = floats({1, 2, 2, 3}, {1, 2, 7, 1, 2, 8, 3, 4, 9, 3, 4, 10});
  EXPECT_THAT(outputs_of<float>(model, {x, int64s({1, 2}, {0, 1})}),
              ElementsAre(1, 2, 7, -2, 1, 8, 3, 4, 9, -4, 3, 10));
}

TEST(ImportRotary, PositionsOfOneStartOrNone) {
  const Tensor x = floats({1, 2, 4}, {1, 2, 3, 4, 1, 2, 3, 4});
  // Heads of 2, as wide as the cache; positions 1 and 2.
  const ModelBuilder start = rotary(true, {1, 2, 4}, 1, true, {1});
  EXPECT_THAT(outputs_of<float>(start, {x, int64s({1}, {1})}),
              ElementsAre(-2, 1, -4, 3, -1, -2, -3, -4));
  ModelBuilder none = rotary(false, {1, 4, 2}, 1, false);
  only_node(none).attr("num_heads", 1);
  EXPECT_THAT(outputs_of<float>(none, {floats({1, 4, 2}, {1, 2, 1, 2, 1, 2, 1, 2})}),
              ElementsAre(1, 2, -2, 1, -1, -2, 2, -1));
}

TEST(ImportRotary, RefusesWithAReason) {
  EXPECT_THAT(load_error(rotary(false, {1, 2, 4}, 1, true)),
              HasSubstr("attribute \"num_heads\" is missing, and input 0 is float32[1, 2, 4]"));
  EXPECT_THAT(load_error(rotary(false, {2, 4}, 1, true)), HasSubstr("expected rank 3 or 4"));
  ModelBuilder part = rotary(true, {1, 2, 4}, 1, true);
  only_node(part).attr("rotary_embedding_dim", 4);
  EXPECT_THAT(load_error(part), HasSubstr("\"rotary_embedding_dim\" is 4, but the cache is"));
  ModelBuilder scaled = rotary(true, {1, 2, 4}, 1, true);
  only_node(scaled).attr("scale", 2.0f);
  EXPECT_THAT(load_error(scaled), HasSubstr("scale the cos and sin caches instead"));
}

}  // namespace
}  // namespace octet::test
