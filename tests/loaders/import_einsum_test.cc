// Einsum: against the sum over all labels that defines it, and what nodes become of it.
#include <map>

#include "loaders/onnx/einsum_equation.h"
#include "tests/loaders/imported_values.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Shapes = std::vector<std::vector<Extent>>;

ModelBuilder einsum(const char* equation, const Shapes& shapes) {
  ModelBuilder model(12);
  std::vector<std::string> inputs;
  for (const std::vector<Extent>& shape : shapes) {
    inputs.push_back("x" + std::to_string(inputs.size()));
    model.input(inputs.back(), shape);
  }
  model.output("y").node("Einsum", inputs, {"y"}).attr("equation", equation).named("product");
  return model;
}

// With a constant weight w of ones as the last operand, or the first.
ModelBuilder with_weight(const char* equation, const std::vector<Extent>& shape,
                         const std::vector<int64_t>& weight, bool weight_first = false) {
  ModelBuilder model(12);
  int64_t count = 1;
  for (const int64_t extent : weight) count *= extent;
  model.input("x", shape).output("y");
  model.initializer("w", weight, std::vector<float>(static_cast<size_t>(count), 1));
  model
      .node("Einsum",
            weight_first ? std::vector<std::string>{"w", "x"} : std::vector<std::string>{"x", "w"},
            {"y"})
      .attr("equation", equation)
      .named("product");
  return model;
}

// Whole numbers from -3 to 3: all sums are exact.
Tensor numbers(const Shape& shape, uint64_t seed) {
  Tensor tensor(DType::kF32, shape);
  Random random(seed);
  for (float& value : tensor.elements<float>()) value = static_cast<float>(random.integer(-3, 3));
  return tensor;
}

// The definition: over every index of every label the product of the operands' elements. An axis of
// one element broadcasts.
std::vector<float> by_definition(const EinsumEquation& equation,
                                 const std::vector<Tensor>& inputs) {
  std::map<EinsumLabel, int64_t> extents, at;
  for (size_t i = 0; i < inputs.size(); ++i)
    for (size_t axis = 0; axis < equation.inputs[i].size(); ++axis) {
      int64_t& extent = extents.try_emplace(equation.inputs[i][axis], 1).first->second;
      const int64_t own = inputs[i].shape()[static_cast<int>(axis)];
      if (own != 1) extent = own;
    }
  int64_t count = 1;
  for (const auto& [label, extent] : extents) count *= extent;
  const auto place = [&](const std::vector<EinsumLabel>& labels, const Shape& shape) {
    int64_t index = 0;
    for (size_t axis = 0; axis < labels.size(); ++axis) {
      const int64_t extent = shape[static_cast<int>(axis)];
      index = index * extent + (extent == 1 ? 0 : at[labels[axis]]);
    }
    return static_cast<size_t>(index);
  };
  Shape output;
  for (const EinsumLabel label : equation.output) output.push_back(extents[label]);
  std::vector<float> sums(static_cast<size_t>(output.element_count()), 0);
  for (int64_t n = 0; n < count; ++n) {
    int64_t rest = n;
    for (const auto& [label, extent] : extents) {
      at[label] = rest % extent;
      rest /= extent;
    }
    float product = 1;
    for (size_t i = 0; i < inputs.size(); ++i)
      product *= inputs[i].elements<const float>()[place(equation.inputs[i], inputs[i].shape())];
    sums[place(equation.output, output)] += product;
  }
  return sums;
}

TEST(Einsum, IsTheSumThatDefinesIt) {
  const std::pair<const char*, std::vector<Shape>> cases[] = {
      {"->", {{}}},
      {"i->i", {{3}}},
      {"ij->ji", {{2, 3}}},
      {"ba", {{2, 3}}},
      {"ij->i", {{2, 3}}},
      {"ij->", {{2, 3}}},
      {"ii->i", {{3, 3}}},
      {"ii", {{3, 3}}},
      {"iji->j", {{3, 2, 3}}},
      {"iii->i", {{3, 3, 3}}},
      {"iijj->ji", {{2, 2, 3, 3}}},
      {"...ii->...i", {{2, 3, 3}}},
      {"...ii", {{2, 3, 3}}},
      {"i...->...", {{2, 3, 4}}},
      {"i...j->ij", {{2, 3, 4, 5}}},
      {",->", {{}, {}}},
      {",i->i", {{}, {3}}},
      {"i,i", {{3}, {3}}},
      {"i,j->ij", {{2}, {3}}},
      {"i,j->ji", {{2}, {3}}},
      {"ij,ij->ij", {{2, 3}, {2, 3}}},
      {"ij,ji->ij", {{2, 3}, {3, 2}}},
      {"ij,ij->j", {{2, 3}, {2, 3}}},
      {"ij,jk->ik", {{2, 3}, {3, 4}}},
      {"ij,jk", {{2, 3}, {3, 4}}},
      {"ij,jk->ki", {{2, 3}, {3, 4}}},
      {"ij,kj->ik", {{2, 3}, {4, 3}}},
      {"ji,kj->ik", {{3, 2}, {4, 3}}},
      {"ij,j->i", {{2, 3}, {3}}},
      {"i,ij->j", {{2}, {2, 3}}},
      {"ij,k->i", {{2, 3}, {4}}},
      {"bij,bjk->bik", {{2, 3, 4}, {2, 4, 5}}},
      {"bij,jk->bik", {{2, 3, 4}, {4, 5}}},
      {"bhqd,bkhd->bhqk", {{2, 3, 4, 5}, {2, 6, 3, 5}}},
      {"bhqk,bkhd->bqhd", {{2, 3, 4, 6}, {2, 6, 3, 5}}},
      {"bsd,dhk->bshk", {{2, 3, 4}, {4, 2, 3}}},
      {"bshk,hkd->bsd", {{2, 3, 2, 3}, {2, 3, 4}}},
      {"abc,cb->a", {{2, 3, 4}, {4, 3}}},
      {"abc,acd->abcd", {{2, 3, 4}, {2, 4, 5}}},
      {"...ij,...jk->...ik", {{2, 1, 3, 4}, {5, 4, 2}}},
      {"...ij,jk->ik...", {{2, 3, 4}, {4, 5}}},
      {"...,...->...", {{2, 3}, {3}}},
      {"...,...", {{2, 1}, {1, 3}}},
      {"i...,i...->...", {{2, 3}, {2, 1}}},
      {"ij,jk->ik", {{2, 1}, {3, 4}}},  // one element broadcasts
      {"ij,ij->j", {{1, 3}, {2, 3}}},
      {"ij,jk->ijk", {{1, 1}, {1, 1}}},
      {"ii->i", {{1, 1}}},
      {"ab,bc,cd->ad", {{2, 3}, {3, 4}, {4, 5}}},
      {"ab,bc,ca->", {{2, 3}, {3, 4}, {4, 2}}},
      {"a,b,c,d->dcba", {{2}, {3}, {2}, {3}}},
      {"a,a,a->a", {{3}, {3}, {3}}},
      {"ab,ac,ad->bcd", {{2, 3}, {2, 4}, {2, 5}}},
      {"ij,jk->ik", {{2, 0}, {0, 3}}},
      {"ij,jk->ik", {{0, 2}, {2, 3}}},
  };
  for (const auto& [equation, shapes] : cases) {
    std::vector<Tensor> inputs;
    Shapes extents;
    std::vector<int> ranks;
    for (const Shape& shape : shapes) {
      inputs.push_back(numbers(shape, inputs.size() + 1));
      extents.emplace_back();
      for (const int64_t extent : shape.dims()) extents.back().push_back(static_cast<int>(extent));
      ranks.push_back(shape.rank());
    }
    const auto parsed = parse_einsum(equation, ranks);
    ASSERT_TRUE(parsed.is_ok()) << parsed.status().message();
    EXPECT_EQ(outputs_of<float>(einsum(equation, extents), inputs), by_definition(*parsed, inputs))
        << equation;
  }
}

TEST(Einsum, ByHand) {
  EXPECT_THAT(
      outputs_of<float>(einsum("ij,jk->ki", {{2, 3}, {3, 2}}),
                        {floats({2, 3}, {1, 2, 3, 4, 5, 6}), floats({3, 2}, {1, 2, 3, 4, 5, 6})}),
      ElementsAre(22, 49, 28, 64));
  EXPECT_THAT(outputs_of<float>(einsum(" i i ", {{2, 2}}), {floats({2, 2}, {1, 2, 3, 4})}),
              ElementsAre(5));
}

TEST(Einsum, BecomesTheNodesThatPassesKnow) {
  const auto nodes = [](const char* equation, const Shapes& shapes) {
    return ops(loaded(einsum(equation, shapes)));
  };
  EXPECT_EQ(nodes("ij->ij", {{2, 3}}), "");
  EXPECT_EQ(nodes("ij->ji", {{2, 3}}), "transpose");
  EXPECT_EQ(nodes("bij->bi", {{2, 3, 4}}), "reduce_sum");
  EXPECT_EQ(nodes("ij,jk->ik", {{2, 3}, {3, 4}}), "matmul");
  EXPECT_EQ(nodes("bij,bjk->bik", {{"b", 2, 3}, {"b", 3, 4}}), "matmul");
  EXPECT_EQ(nodes("bij,bkj->bik", {{"b", 2, 3}, {"b", 4, 3}}), "transpose matmul");
  EXPECT_EQ(nodes("bqhd,bkhd->bhqk", {{"b", "q", 2, 3}, {"b", "k", 2, 3}}),
            "transpose transpose matmul");
  EXPECT_EQ(nodes("bhqk,bkhd->bqhd", {{"b", 2, "q", "k"}, {"b", "k", 2, 3}}),
            "transpose matmul transpose");
  EXPECT_EQ(nodes("ij,ij->ij", {{2, 3}, {2, 3}}), "mul");
  EXPECT_EQ(nodes("ii->i", {{3, 3}}), "reshape slice");
  EXPECT_EQ(nodes("ii->i", {{"n", "n"}}), "reshape range gather");
}

TEST(Einsum, OverExtentsThatShowAtRunTime) {
  EXPECT_EQ(output_text(loaded(einsum("bqhd,bkhd->bhqk", {{"b", "q", 2, 3}, {"b", "k", 2, 3}}))),
            "float32[b, 2, q, k]");
  EXPECT_EQ(output_text(loaded(einsum("...ii->...i", {{"b", "n", "n"}}))), "float32[b, n]");
  EXPECT_EQ(output_text(loaded(einsum("ab,cd->acdb", {{"a", "b"}, {"c", 4}}))),
            "float32[a, c, 4, b]");
  const Graph graph = loaded(einsum("ij,jk->ik", {{2, "s"}, {"t", 4}}));
  ASSERT_FALSE(graph.checks().empty());
  EXPECT_EQ(graph.checks()[0].error(5, 4).message(),
            "node \"product\" (Einsum): axis 0 of input 1 is 5 and axis 1 of input 0 is 4; they "
            "must be equal");
}

// The product is a MatMul with the constant itself on its right, transposed at most.
TEST(Einsum, WithAConstantIsALayer) {
  const auto nodes = [](const ModelBuilder& model) { return ops(loaded(model)); };
  EXPECT_EQ(nodes(with_weight("bsd,df->bsf", {"b", "s", 4}, {4, 5})), "matmul");
  EXPECT_EQ(nodes(with_weight("df,bsd->bsf", {"b", "s", 4}, {4, 5}, true)), "matmul");
  EXPECT_EQ(nodes(with_weight("bsd,fd->bsf", {"b", "s", 4}, {5, 4})), "transpose matmul");
  EXPECT_EQ(nodes(with_weight("bsd,dhk->bshk", {"b", "s", 4}, {4, 2, 3})), "matmul reshape");
  EXPECT_EQ(nodes(with_weight("bshk,hkd->bsd", {"b", "s", 2, 3}, {2, 3, 4})), "reshape matmul");
  EXPECT_EQ(nodes(with_weight("bsd,hkd->bshk", {"b", "s", 4}, {2, 3, 4})),
            "transpose matmul reshape");
  EXPECT_EQ(nodes(with_weight("sbd,df->bsf", {"s", "b", 4}, {4, 5})), "matmul transpose");
  const Graph graph = loaded(with_weight("bsd,dhk->bshk", {"b", "s", 4}, {4, 2, 3}));
  const Node& product = graph.nodes()[0];
  EXPECT_EQ(product.name, "product");
  EXPECT_EQ(graph.value(product.inputs[1]).name, "w");
  EXPECT_TRUE(graph.value(product.inputs[1]).constant.has_value());
  EXPECT_EQ(output_text(graph), "float32[b, s, 2, 3]");
}

TEST(Einsum, RefusesWithAReason) {
  const auto error = [](const char* equation, const Shapes& shapes) {
    return load_error(einsum(equation, shapes));
  };
  EXPECT_THAT(error("ij,jk->iq", {{2, 3}, {3, 4}}),
              HasSubstr("attribute \"equation\" is \"ij,jk->iq\": the output has 'q', which is in "
                        "no input"));
  EXPECT_THAT(error("ij->ii", {{2, 3}}), HasSubstr("the output has 'i' twice"));
  EXPECT_THAT(error("ij->i", {{2, 3}, {3}}), HasSubstr("it has 1 terms for 2 inputs"));
  EXPECT_THAT(error("ijk->i", {{2, 3}}),
              HasSubstr("input 0 has rank 2, but its term has 3 letters"));
  EXPECT_THAT(error("i->i", {{2, 3}}), HasSubstr("input 0 has rank 2, but its term has 1 letters"));
  EXPECT_THAT(error("...ijk->i", {{2, 3}}), HasSubstr("3 letters beside the ellipsis"));
  EXPECT_THAT(error("i..j->i", {{2, 3}}), HasSubstr("in the term \"i..j\""));
  EXPECT_THAT(error("i1->i", {{2, 3}}), HasSubstr("in the term \"i1\""));
  EXPECT_THAT(error("......->", {{2, 3}}), HasSubstr("at most one \"...\""));
  EXPECT_THAT(error("ij->j->i", {{2, 3}}), HasSubstr("in the term \"j->i\""));
  EXPECT_THAT(error("ij,jk->ik", {{2, 3}, {4, 5}}), HasSubstr("'j' of the equation: "));
  EXPECT_THAT(error("...,...->...", {{2, 3}, {2, 4}}),
              HasSubstr("an axis of the ellipsis of the equation: "));
  EXPECT_THAT(error("abcde,fghij->abcdefghij", {{2, 2, 2, 2, 2}, {2, 2, 2, 2, 2}}),
              HasSubstr("at most 8 dimensions are supported"));
  ModelBuilder model(12);
  model.input("x", {2}).output("y").node("Einsum", {"x"}, {"y"});
  EXPECT_THAT(load_error(model), HasSubstr("attribute \"equation\" is missing"));
}

}  // namespace
}  // namespace octet::test
