// Importers of ops that move elements: reshapes, permutations, expansion, concatenation, gathers.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One node of x float32[batch, seq, 2, 6] and the int64 vector `second`, which is missing where it
// is empty.
ModelBuilder one(const std::string& op, std::vector<int64_t> second, int64_t opset = 17) {
  ModelBuilder model(opset);
  model.input("x", {"batch", "seq", 2, 6}).output("y");
  std::vector<std::string> inputs = {"x"};
  if (!second.empty()) {
    model.ints("s", second);
    inputs.push_back("s");
  }
  model.node(op, inputs, {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }
std::string result(const ModelBuilder& model) { return output_text(loaded(model)); }

TEST(ImportReshape, PlaceholdersBecomeExtents) {
  EXPECT_EQ(result(one("Reshape", {0, 0, 12})), "float32[batch, seq, 12]");
  EXPECT_EQ(result(one("Reshape", {0, -1})), "float32[batch, 12*seq]");
  EXPECT_EQ(result(one("Reshape", {-1, 4})), "float32[3*batch*seq, 4]");
  EXPECT_EQ(result(one("Reshape", {2, -1})), "float32[2, 6*batch*seq]");
  EXPECT_THAT(load_error(one("Reshape", {-1, -1})), HasSubstr("more than one -1"));
  EXPECT_THAT(load_error(one("Reshape", {-2, 6})), HasSubstr("below -1"));
  EXPECT_THAT(load_error(one("Reshape", {1, 1, 1, 1, 0})),
              HasSubstr("extent 4 of the new shape is 0"));
  EXPECT_THAT(load_error(one("Reshape", {int64_t{1} << 39, int64_t{1} << 39})),
              HasSubstr("too large"));
}

TEST(ImportReshape, AllowZeroMeansEmpty) {
  ModelBuilder model(14);
  model.input("x", {0, 3}).ints("s", {3, 0}).output("y");
  model.node("Reshape", {"x", "s"}, {"y"}).attr("allowzero", 1);
  EXPECT_EQ(result(model), "float32[3, 0]");
}

TEST(ImportReshape, FollowsShapeArithmetic) {
  ModelBuilder model;
  model.input("x", {"batch", "seq", 12}).ints("tail", {3, 4}).ints("two", {0, 1}).output("y");
  model.node("Shape", {"x"}, {"shape"});
  model.node("Gather", {"shape", "two"}, {"head"});
  model.node("Concat", {"head", "tail"}, {"new"}).attr("axis", 0);
  model.node("Reshape", {"x", "new"}, {"y"});
  EXPECT_EQ(result(model), "float32[batch, seq, 3, 4]");
}

// The computed elements become symbols, which the new extents are made of; 100 of them are no shape.
TEST(ImportReshape, TakesShapesThatDependOnData) {
  ModelBuilder model;
  model.input("x", {4, 4}).input("ids", {100, 2}, kInt64).output("y");
  model.node("ReduceMax", {"ids"}, {"s"}).ints("axes", {0}).attr("keepdims", 0);
  model.node("Reshape", {"x", "s"}, {"y"}).named("r");
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "reduce_max observe reshape");
  EXPECT_THAT(output_text(graph), HasSubstr("extent 0 of r"));
  ModelBuilder many;
  many.input("x", {4, 4}).input("ids", {2, 100}, kInt64).output("y");
  many.node("ReduceMax", {"ids"}, {"s"}).ints("axes", {0}).attr("keepdims", 0);
  many.node("Reshape", {"x", "s"}, {"y"}).named("r");
  EXPECT_THAT(load_error(many), HasSubstr("node \"r\" (Reshape)"));
}

TEST(ImportReshape, Flatten) {
  EXPECT_EQ(result(one("Flatten", {})), "float32[batch, 12*seq]");
  const auto at = [](int64_t axis) {
    ModelBuilder model = one("Flatten", {}, 11);
    only_node(model).attr("axis", axis);
    return model;
  };
  EXPECT_EQ(result(at(0)), "float32[1, 12*batch*seq]");
  EXPECT_EQ(result(at(-1)), "float32[2*batch*seq, 6]");
  EXPECT_EQ(result(at(4)), "float32[12*batch*seq, 1]");
  EXPECT_THAT(load_error(at(5)), HasSubstr("\"axis\" is 5"));
}

TEST(ImportReshape, UnsqueezeAxesMovedToAnInputAtOpset13) {
  ModelBuilder attribute = one("Unsqueeze", {}, 12);
  only_node(attribute).ints("axes", {0, -1});
  EXPECT_EQ(result(attribute), "float32[1, batch, seq, 2, 6, 1]");
  EXPECT_EQ(result(one("Unsqueeze", {-1, 0}, 13)), "float32[1, batch, seq, 2, 6, 1]");
  EXPECT_THAT(load_error(one("Unsqueeze", {}, 13)), HasSubstr("axes are missing"));
  EXPECT_THAT(load_error(one("Unsqueeze", {0, 0}, 13)), HasSubstr("axis 0 is listed twice"));
  EXPECT_THAT(load_error(one("Unsqueeze", {6}, 13)), HasSubstr("axis is 6"));
}

TEST(ImportReshape, SqueezeAxesMovedToAnInputAtOpset13) {
  const auto squeeze = [](int64_t opset, bool given) {
    ModelBuilder model(opset);
    model.input("x", {1, "batch", 1, 4}).ints("axes", {-2}).output("y");
    if (given && opset >= 13)
      model.node("Squeeze", {"x", "axes"}, {"y"});
    else if (given)
      model.node("Squeeze", {"x"}, {"y"}).ints("axes", {-2});
    else
      model.node("Squeeze", {"x"}, {"y"});
    return model;
  };
  for (int64_t opset : {11, 13}) {
    EXPECT_EQ(result(squeeze(opset, true)), "float32[1, batch, 4]");
    EXPECT_EQ(result(squeeze(opset, false)), "float32[batch, 4]");
  }
  EXPECT_EQ(result(one("Squeeze", {1}, 13)), "float32[batch, 2, 6]");  // checked at run time
  EXPECT_THAT(load_error(one("Squeeze", {2}, 13)), HasSubstr("is not 1"));
}

TEST(ImportMovement, TransposeReversesByDefault) {
  EXPECT_EQ(result(one("Transpose", {})), "float32[6, 2, seq, batch]");
  ModelBuilder model = one("Transpose", {});
  only_node(model).ints("perm", {0, 2, 1, 3});
  EXPECT_EQ(result(model), "float32[batch, 2, seq, 6]");
  ModelBuilder twice = one("Transpose", {});
  only_node(twice).ints("perm", {0, 0, 1, 3});
  EXPECT_THAT(load_error(twice), HasSubstr("lists axis 0 twice"));
  ModelBuilder few = one("Transpose", {});
  only_node(few).ints("perm", {0, 1});
  EXPECT_THAT(load_error(few), HasSubstr("has 2 axes"));
}

TEST(ImportMovement, ExpandBroadcastsBothWays) {
  ModelBuilder model;
  model.input("x", {"batch", 1, 6}).ints("s", {5, 4, 1}).output("y");
  model.node("Expand", {"x", "s"}, {"y"});
  EXPECT_EQ(result(model), "float32[broadcast(5, batch), 4, 6]");
  EXPECT_EQ(result(one("Expand", {1})), "float32[batch, seq, 2, 6]");
  EXPECT_THAT(load_error(one("Expand", {3, 6})),
              HasSubstr("axis 2 of input 0 is 2, expected 3 or 1"));
  EXPECT_THAT(load_error(one("Expand", {-1})), HasSubstr("negative extent"));
}

TEST(ImportMovement, ConcatNeedsItsAxis) {
  ModelBuilder model;
  model.input("x", {"batch", 2}).input("y", {"batch", 3}).output("z");
  model.node("Concat", {"x", "y"}, {"z"}).attr("axis", -1);
  EXPECT_EQ(result(model), "float32[batch, 5]");
  model.graph().mutable_node(0)->clear_attribute();
  EXPECT_THAT(load_error(model), HasSubstr("\"axis\" is missing"));
}

TEST(ImportMovement, IdentityAndDropoutAreNothing) {
  EXPECT_EQ(ops(loaded(one("Identity", {}))), "");
  EXPECT_EQ(ops(loaded(one("Dropout", {}, 7))), "");
  ModelBuilder mask(13);
  mask.input("x", {"n", 2}).output("mask");
  mask.node("Dropout", {"x"}, {"y", "mask"});
  EXPECT_EQ(result(mask), "bool[n, 2]");
}

TEST(ImportGather, AxesAndBatchDims) {
  ModelBuilder gather;
  gather.input("x", {"n", 5, 3}).input("i", {"m"}, kInt64).output("y");
  gather.node("Gather", {"x", "i"}, {"y"}).attr("axis", -2);
  EXPECT_EQ(result(gather), "float32[n, m, 3]");
  ModelBuilder by_element;
  by_element.input("x", {"n", 5}).input("i", {"n", 2}, kInt64).output("y");
  by_element.node("GatherElements", {"x", "i"}, {"y"}).attr("axis", 1);
  EXPECT_EQ(result(by_element), "float32[n, 2]");
  ModelBuilder nd(12);
  nd.input("x", {"n", 5, 3}).input("i", {"n", 1}, kInt64).output("y");
  nd.node("GatherND", {"x", "i"}, {"y"}).attr("batch_dims", 1);
  EXPECT_EQ(result(nd), "float32[n, 3]");
  NodeBuilder(*nd.graph().mutable_node(0)).proto().mutable_attribute(0)->set_i(2);
  EXPECT_THAT(load_error(nd), HasSubstr("\"batch_dims\" is 2"));
}

}  // namespace
}  // namespace octet::test
