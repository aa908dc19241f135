// Models made to cost more than they are: every one is refused, or loads, at once.
#include <chrono>

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// Far above what any of these takes on a loaded machine, far below what the attack would take.
class Hostile : public ::testing::Test {
 protected:
  void TearDown() override {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    EXPECT_LT(elapsed.count(), 20);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// shape = shape op shape, again and again.
ModelBuilder doubling(const std::string& op, int times) {
  ModelBuilder model;
  model.input("x", {"a", "b"}).input("y", {"c", "d"}).output("out");
  model.node("Shape", {"x"}, {"s0"});
  model.node("Shape", {"y"}, {"t"});
  model.node("Add", {"s0", "t"}, {"p0"});
  for (int i = 0; i < times; ++i) {
    const std::string from = "p" + std::to_string(i), to = "p" + std::to_string(i + 1);
    model.node("Add", {from, "t"}, {from + "q"});
    model.node(op, {from, from + "q"}, {to});
  }
  model.node("ConstantOfShape", {"p" + std::to_string(times)}, {"out"});
  return model;
}

// What no expression can say the run computes, as it does any integers.
TEST_F(Hostile, ProductsOfSumsDoNotDoubleWithEveryNode) {
  EXPECT_THAT(output_text(loaded(doubling("Mul", 200))), HasSubstr("[late p200#1[0], late p200#1[1]]"));
}

TEST_F(Hostile, NestedDivisionsDoNotDoubleWithEveryNode) {
  for (const char* op : {"Div", "Mod", "Max", "Min"}) {
    SCOPED_TRACE(op);
    const auto result = doubling(op, 200).load();
    // Where the sign of an operand is not known, no expression is made at all.
    if (!result.is_ok()) {
      EXPECT_THAT(result.status().message(),
                  ::testing::AnyOf(HasSubstr("too complex"), HasSubstr("depends on data")));
    }
  }
}

TEST_F(Hostile, ManyExpressionsAddUpToALimit) {
  ModelBuilder model = doubling("Mul", 2);
  for (int i = 0; i < 2000; ++i)
    model
        .node("Concat", {"p2", "p2", "p2", "p2", "p2", "p2", "p2", "p2"}, {"c" + std::to_string(i)})
        .attr("axis", 0);
  const auto result = model.load({.max_shape_bytes = 100'000});
  ASSERT_FALSE(result.is_ok());
  EXPECT_EQ(result.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(result.status().message(), HasSubstr("raise max_shape_bytes"));
}

TEST_F(Hostile, LongSymbolNamesAreCut) {
  const std::string name(60'000, 'n');
  ModelBuilder model;
  model.input("x", {name.c_str(), 4}).output("y");
  model.node("Relu", {"x"}, {"y"});
  EXPECT_EQ(output_text(loaded(model)), "float32[" + name.substr(0, 200) + ", 4]");
}

TEST_F(Hostile, RangesOfFloatsShareABudget) {
  ModelBuilder model;
  model.initializer<float>("from", {}, {0}).initializer<float>("to", {}, {1e6f});
  model.initializer<float>("step", {}, {1}).output("r0");
  for (int i = 0; i < 1000; ++i)
    model.node("Range", {"from", "to", "step"}, {"r" + std::to_string(i)});
  EXPECT_THAT(load_error(model), HasSubstr("raise max_folded_bytes"));
}

TEST_F(Hostile, ShapesOfManyElementsAreRefused) {
  ModelBuilder model;
  model.input("x", {4}).output("y").ints("shape", std::vector<int64_t>(100'000, 1));
  for (int i = 0; i < 1000; ++i) model.node("Reshape", {"x", "shape"}, {"y"});
  EXPECT_THAT(load_error(model), HasSubstr("holds 100000 elements"));
}

// A function of a hundred nodes with one large attribute, called a thousand times.
TEST_F(Hostile, FunctionsDoNotMultiplyAttributes) {
  ModelBuilder model;
  model.import("f", 1).input("x", {4}).output("y");
  auto& function = *model.proto.add_functions();
  function.set_domain("f");
  function.set_name("F");
  function.add_input("a");
  function.add_output("b");
  auto& import = *function.add_opset_import();
  import.set_domain("");
  import.set_version(17);
  auto& node = *function.add_node();
  node.set_op_type("Relu");
  node.add_input("a");
  node.add_output("b");
  auto& attribute = *node.add_attribute();
  attribute.set_name("text");
  attribute.set_type(pb::AttributeProto::STRING);
  attribute.set_s(std::string(4 << 20, 's'));
  for (int i = 0; i < 1000; ++i)
    model.node("F", {"x"}, {i == 0 ? "y" : "y" + std::to_string(i)}).in_domain("f");
  EXPECT_THAT(load_error(model), HasSubstr("raise max_structure_bytes"));
  // The same text handed in by the call.
  attribute.clear_s();
  attribute.set_ref_attr_name("given");
  function.add_attribute("given");
  for (auto& call : *model.graph().mutable_node()) {
    auto& given = *call.add_attribute();
    given.set_name("given");
    given.set_type(pb::AttributeProto::STRING);
    given.set_s(std::string(10'000, 's'));
  }
  for (int i = 0; i < 100; ++i) *function.add_node() = function.node(0);
  EXPECT_THAT(load_error(model), HasSubstr("expand to more than"));
}

// Functions F0, F1, .. of domain "f": F0 is Relu, and each other calls the one before `calls`
// times.
ModelBuilder function_chain(int length, int calls) {
  ModelBuilder model;
  model.import("f", 1).input("x", {4});
  for (int depth = 0; depth < length; ++depth) {
    auto& function = *model.proto.add_functions();
    function.set_domain("f");
    function.set_name("F" + std::to_string(depth));
    function.add_input("v0");
    function.add_output("v" + std::to_string(calls));
    function.add_opset_import()->set_version(17);
    auto& own = *function.add_opset_import();
    own.set_domain("f");
    own.set_version(1);
    for (int call = 0; call < calls; ++call) {
      auto& node = *function.add_node();
      node.set_op_type(depth == 0 ? "Relu" : "F" + std::to_string(depth - 1));
      if (depth > 0) node.set_domain("f");
      node.add_input("v" + std::to_string(call));
      node.add_output("v" + std::to_string(call + 1));
    }
  }
  return model;
}

TEST_F(Hostile, FunctionsThatDoubleNameTheCall) {
  ModelBuilder model = function_chain(40, 2);
  model.output("y").node("F39", {"x"}, {"y"}).in_domain("f");
  EXPECT_THAT(load_error(model), HasSubstr("expand to more than 300000 nodes"));
}

// In whatever order they are called.
TEST_F(Hostile, NestedFunctionsAreBounded) {
  for (const std::vector<int>& called : {std::vector{49}, std::vector{9, 19, 29, 39, 49}}) {
    ModelBuilder model = function_chain(50, 1);
    for (int depth : called)
      model.output("y" + std::to_string(depth))
          .node("F" + std::to_string(depth), {"x"}, {"y" + std::to_string(depth)})
          .in_domain("f");
    const Status status = model.load({.max_nesting = 49}).status();
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(status.message(), HasSubstr("raise max_nesting"));
    EXPECT_TRUE(model.load({.max_nesting = 50}).is_ok());
  }
}

TEST_F(Hostile, ListsOfSmallNumbersCountAsWhatTheyTake) {
  ModelBuilder model;
  model.input("x", {4}).output("y");
  auto& attribute = *model.node("Relu", {"x"}, {"y"}).proto().add_attribute();
  attribute.set_name("many");
  attribute.set_type(pb::AttributeProto::INTS);
  for (int i = 0; i < 300'000; ++i) attribute.add_ints(1);
  EXPECT_EQ(model.load({.max_structure_bytes = 1 << 20}).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_TRUE(model.load({.max_structure_bytes = 8 << 20}).is_ok());
}

TEST_F(Hostile, ManyInputsAndOutputsAreRefused) {
  ModelBuilder model;
  for (int i = 0; i < 2001; ++i) model.input("x" + std::to_string(i), {1});
  model.output("x0");
  EXPECT_THAT(load_error(model), HasSubstr("the graph has 2001 inputs, at most 2000 are allowed"));
}

// Names that would read as the product of two others: the extents would be taken for equal.
TEST_F(Hostile, NamesDoNotImitateExpressions) {
  const Dim product = Dim::symbol("p q") * Dim::symbol("x y[0]");
  EXPECT_FALSE(Dim::symbol("p q'*'x y[0]") == product);
  EXPECT_NE(Dim::symbol("p q'*'x y[0]").str(), product.str());
}

TEST_F(Hostile, ManyInitializersAndLongChainsLoad) {
  ModelBuilder model;
  model.input("x", {4}).output("n19999");
  for (int i = 0; i < 20'000; ++i) {
    const std::string index = std::to_string(i);
    model.initializer<float>("w" + index, {4}, {1, 2, 3, 4});
    model.node("Add", {i == 0 ? "x" : "n" + std::to_string(i - 1), "w" + index}, {"n" + index});
  }
  EXPECT_TRUE(model.load().is_ok());
}

TEST_F(Hostile, GiganticAxesAndPermutationsAreNamed) {
  ModelBuilder model;
  model.input("x", {2, 3}).output("y");
  model.node("Softmax", {"x"}, {"y"}).attr("axis", INT64_MIN).named("s");
  EXPECT_THAT(load_error(model), HasSubstr("node \"s\" (Softmax): axis is -9223372036854775808"));
}

}  // namespace
}  // namespace octet::test
