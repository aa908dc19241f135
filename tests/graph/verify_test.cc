// verify(): a sound graph passes, and each way to break one is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/graph/graph.h"

namespace octet {
namespace {

using ::testing::HasSubstr;

// x -> a = relu -> b = add(a, ones) -> out
class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    x_ = graph_.add_input("x", {DType::kF32, {Dim::symbol("batch"), 4}, {}, {}});
    ones_ = *graph_.add_constant("ones", Constant(Tensor(DType::kF32, {4})));
    a_ = *graph_.add("a", UnaryAttrs{UnaryFunction::kRelu}, {x_});
    b_ = *graph_.add("b", BinaryAttrs{BinaryFunction::kAdd}, {a_, ones_});
    graph_.add_output(b_, "out");
  }
  // A graph lets nobody break it.
  std::vector<Node>& nodes() { return const_cast<std::vector<Node>&>(graph_.nodes()); }
  std::string error() const { return verify(graph_).message(); }

  Graph graph_;
  ValueId x_, ones_, a_, b_;
};

TEST_F(VerifyTest, AcceptsASoundGraph) { EXPECT_EQ(error(), ""); }

TEST_F(VerifyTest, ReadingBeforeMaking) {
  std::swap(nodes()[0], nodes()[1]);
  EXPECT_EQ(error(), "node \"b\" (add): reads %2 \"a\" before it is made");
}

TEST_F(VerifyTest, ReadingWhatDoesNotExist) {
  nodes()[1].inputs[0] = 99;
  EXPECT_THAT(error(), HasSubstr("reads %99, which does not exist"));
}

TEST_F(VerifyTest, MakingAValueTwice) {
  nodes()[1].outputs[0] = a_;
  EXPECT_THAT(error(), HasSubstr("makes %2 \"a\" a second time"));
}

TEST_F(VerifyTest, MakingAConstant) {
  nodes()[0].outputs[0] = ones_;
  EXPECT_THAT(error(), HasSubstr("makes %1 \"ones\" a second time"));
}

TEST_F(VerifyTest, AnInputThatIsConstant) {
  graph_.value(x_).constant = graph_.value(ones_).constant;
  EXPECT_THAT(error(), HasSubstr("graph input %0 \"x\" is made more than once"));
}

TEST_F(VerifyTest, AShapeThatTheOpDoesNotGive) {
  graph_.value(a_).type.shape[1] = 5;
  EXPECT_THAT(error(), HasSubstr("is typed float32[batch, 5], but the op gives float32[batch, 4]"));
}

TEST_F(VerifyTest, ADTypeThatTheOpDoesNotGive) {
  graph_.value(b_).type.dtype = DType::kI64;
  EXPECT_THAT(error(), HasSubstr("is typed int64[batch, 4]"));
}

TEST_F(VerifyTest, ContentsThatTheOpDoesNotGive) {
  graph_.value(a_).type.contents = std::vector<Dim>{1};
  EXPECT_THAT(error(), HasSubstr("contents stored for %2 \"a\""));
}

TEST_F(VerifyTest, AConstantOfAnotherType) {
  graph_.value(ones_).type.shape = {5};
  EXPECT_THAT(error(), HasSubstr("constant %1 \"ones\" is typed float32[5], but it is float32[4]"));
}

TEST_F(VerifyTest, InputsThatTheOpRefuses) {
  nodes()[0].attributes = UnaryAttrs{UnaryFunction::kNot};
  EXPECT_EQ(error(), "node \"a\" (not): input 0 is float32[batch, 4], expected bool");
}

TEST_F(VerifyTest, ANumberOfOutputsThatTheOpDoesNotGive) {
  nodes()[0].attributes = QuantizeRowsAttrs{};
  EXPECT_THAT(error(), HasSubstr("has 1 outputs, expected 2"));
}

TEST_F(VerifyTest, AnOutputThatNobodyMakes) {
  nodes().pop_back();
  EXPECT_THAT(error(), HasSubstr("graph output %3 \"b\" is never made"));
}

}  // namespace
}  // namespace octet
