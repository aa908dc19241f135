// fuse_linear, fuse_activation and fuse_residual.
#include "runtime/passes/linear/fuse_linear.h"

#include "runtime/passes/linear/fuse_activation.h"
#include "runtime/passes/linear/fuse_residual.h"
#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// x [2, 3, 4] and the pieces of a layer with N = 5.
struct Layer {
  Graph graph;
  ValueId x, weights, transposed, bias;
  Layer() {
    x = add_input(graph, "x", DType::kF32, {2, 3, 4});
    weights = add_floats(graph, "fc.weight", random_floats({4, 5}, 1));
    transposed = add_floats(graph, "fc.weight_t", random_floats({5, 4}, 2));
    bias = add_floats(graph, "fc.bias", random_floats({5}, 3));
  }
  ValueId matmul(ValueId rhs) { return add_node(graph, "fc", MatMulAttrs{}, {x, rhs}); }
  ValueId linear() { return add_node(graph, "fc", LinearAttrs{}, {x, weights}); }
  const LinearAttrs& attrs() { return *graph.nodes()[0].as<LinearAttrs>(); }
};

TEST(FuseLinear, TakesWeightsAndBias) {
  Layer layer;
  layer.graph.add_output(add_add(layer.graph, layer.bias, layer.matmul(layer.weights)), "y");
  expect_same_results(layer.graph, fuse_linear, 1e-6);  // the same sums, the bias added last
  EXPECT_THAT(op_labels(layer.graph), ElementsAre("linear"));
  EXPECT_THAT(layer.graph.nodes()[0].inputs, ElementsAre(layer.x, layer.weights, layer.bias));
  EXPECT_FALSE(layer.attrs().weights_transposed);
  EXPECT_EQ(layer.attrs().layer.name, "fc");
  EXPECT_THAT(layer.attrs().layer.aliases, ElementsAre("fc.weight", "fc.bias"));
  EXPECT_EQ(layer.attrs().layer.rows, 5);
}

TEST(FuseLinear, TakesTransposedWeightsAsTheyAre) {
  Layer layer;
  const ValueId transpose = add_node(layer.graph, "t", TransposeAttrs{{1, 0}}, {layer.transposed});
  layer.graph.add_output(layer.matmul(transpose), "y");
  expect_same_results(layer.graph, fuse_linear, 1e-6);
  EXPECT_THAT(op_labels(layer.graph), ElementsAre("linear"));
  EXPECT_THAT(layer.graph.nodes()[0].inputs, ElementsAre(layer.x, layer.transposed));
  EXPECT_TRUE(layer.attrs().weights_transposed);
  EXPECT_EQ(layer.attrs().layer.rows, 5);
}

TEST(FuseLinear, FlattensABiasOfHigherRank) {
  Layer layer;
  const ValueId bias = add_floats(layer.graph, "bias", random_floats({1, 1, 5}, 4));
  layer.graph.add_output(add_add(layer.graph, layer.matmul(layer.weights), bias), "y");
  expect_same_results(layer.graph, fuse_linear, 1e-6);
  EXPECT_THAT(op_labels(layer.graph), ElementsAre("linear"));
}

// The rank of the product is what broadcasting makes it.
TEST(FuseLinear, TakesWeightsWithLeadingExtentsOf1) {
  for (const Shape& shape : {Shape{1, 4, 5}, Shape{1, 1, 4, 5}, Shape{1, 1, 1, 4, 5}})
    for (const SymbolicShape& src : {SymbolicShape{3, 4}, SymbolicShape{2, 3, 4}}) {
      Graph graph;
      const ValueId x = add_input(graph, "x", DType::kF32, src);
      const ValueId weights = add_floats(graph, "w", random_floats(shape, 1));
      const ValueId product = add_node(graph, "fc", MatMulAttrs{}, {x, weights});
      const ValueId bias = add_floats(graph, "b", random_floats({5}, 2));
      graph.add_output(add_add(graph, product, bias), "y");
      const SymbolicShape before = graph.value(product).type.shape;
      EXPECT_EQ(before.size(), std::max<size_t>(src.size(), static_cast<size_t>(shape.rank())));
      expect_same_results(graph, fuse_linear, 1e-6);
      EXPECT_EQ(graph.value(graph.outputs()[0]).type.shape, before);
      EXPECT_EQ(count_nodes(graph, OpKind::kMatMul), 0);
      EXPECT_EQ(find_node(graph, OpKind::kLinear)->name, "fc");
      if (static_cast<int>(src.size()) >= shape.rank()) {
        EXPECT_THAT(op_labels(graph), ElementsAre("linear"));
      }
    }
}

TEST(FuseLinear, LeavesOtherProducts) {
  Layer layer;
  Graph& graph = layer.graph;
  const ValueId computed = add_input(graph, "computed", DType::kF32, {4, 5});
  const ValueId stacked = add_floats(graph, "stacked", random_floats({2, 4, 5}, 5));
  const ValueId left = add_floats(graph, "left", random_floats({7, 3}, 6));
  graph.add_output(layer.matmul(computed), "a");
  graph.add_output(layer.matmul(stacked), "b");
  graph.add_output(add_node(graph, "left_product", MatMulAttrs{}, {left, layer.x}), "c");
  EXPECT_THAT(labels_after(graph, fuse_linear), ElementsAre("matmul", "matmul", "matmul"));
}

TEST(FuseLinear, LeavesABiasThatIsNone) {
  const std::vector<std::function<ValueId(Layer&)>> others = {
      [](Layer& l) { return add_scalar(l.graph, 2); },
      [](Layer& l) {
        return add_floats(l.graph, "rows", random_floats({3, 5}, 1));
      },
      [](Layer& l) {
        return add_floats(l.graph, "rank4", random_floats({1, 1, 1, 5}, 1));
      },
      [](Layer& l) { return add_input(l.graph, "input", DType::kF32, {5}); },
  };
  for (size_t i = 0; i < others.size(); ++i) {
    Layer layer;
    layer.graph.add_output(add_add(layer.graph, layer.matmul(layer.weights), others[i](layer)),
                           "y");
    EXPECT_THAT(labels_after(layer.graph, fuse_linear), ElementsAre("linear", "add")) << i;
  }
}

TEST(FuseLinear, LeavesTheBiasWhereTheProductHasOtherReaders) {
  Layer layer;
  const ValueId product = layer.matmul(layer.weights);
  layer.graph.add_output(add_add(layer.graph, product, layer.bias), "y");
  layer.graph.add_output(add_unary(layer.graph, UnaryFunction::kRelu, product), "z");
  EXPECT_THAT(labels_after(layer.graph, fuse_linear), ElementsAre("linear", "add", "relu"));

  Layer shown;
  const ValueId output = shown.matmul(shown.weights);
  shown.graph.add_output(output, "product");
  shown.graph.add_output(add_add(shown.graph, output, shown.bias), "y");
  EXPECT_THAT(labels_after(shown.graph, fuse_linear), ElementsAre("linear", "add"));
}

TEST(FuseLinear, TakesOneBias) {
  Layer layer;
  const ValueId once = add_add(layer.graph, layer.matmul(layer.weights), layer.bias);
  layer.graph.add_output(add_add(layer.graph, once, layer.bias), "y");
  EXPECT_THAT(labels_after(layer.graph, fuse_linear), ElementsAre("linear", "add"));
}

TEST(FuseActivation, TakesEachActivation) {
  for (UnaryFunction function :
       {UnaryFunction::kRelu, UnaryFunction::kGelu, UnaryFunction::kGeluTanh, UnaryFunction::kTanh,
        UnaryFunction::kSigmoid, UnaryFunction::kSilu}) {
    Layer layer;
    layer.graph.add_output(add_unary(layer.graph, function, layer.linear()), "y");
    expect_same_results(layer.graph, fuse_activation, 1e-6);  // the same formula on the same sums
    EXPECT_THAT(op_labels(layer.graph), ElementsAre(std::string("linear+") + unary_name(function)));
  }
}

TEST(FuseActivation, LeavesOtherFunctionsAndReaders) {
  Layer layer;
  layer.graph.add_output(add_unary(layer.graph, UnaryFunction::kExp, layer.linear()), "y");
  EXPECT_THAT(labels_after(layer.graph, fuse_activation), ElementsAre("linear", "exp"));

  Layer shared;
  const ValueId value = shared.linear();
  shared.graph.add_output(add_unary(shared.graph, UnaryFunction::kRelu, value), "y");
  shared.graph.add_output(value, "raw");
  EXPECT_THAT(labels_after(shared.graph, fuse_activation), ElementsAre("linear", "relu"));

  Layer twice;
  const ValueId first = add_unary(twice.graph, UnaryFunction::kRelu, twice.linear());
  twice.graph.add_output(add_unary(twice.graph, UnaryFunction::kTanh, first), "y");
  EXPECT_THAT(labels_after(twice.graph, fuse_activation), ElementsAre("linear+relu", "tanh"));
}

TEST(FuseActivation, LeavesALayerWithAResidual) {
  Layer layer;
  const ValueId residual = add_input(layer.graph, "residual", DType::kF32, {2, 3, 5});
  const ValueId sum =
      add_node(layer.graph, "fc", LinearAttrs{}, {layer.x, layer.weights, kNoValue, residual});
  layer.graph.add_output(add_unary(layer.graph, UnaryFunction::kRelu, sum), "y");
  EXPECT_THAT(labels_after(layer.graph, fuse_activation), ElementsAre("linear", "relu"));
}

// The reference rounds products + residual once, the two nodes round twice: 2^-23 covers the
// difference.
constexpr double kOneRounding = 0x1p-23;

TEST(FuseResidual, TakesTheOtherOperand) {
  for (bool linear_first : {true, false}) {
    Layer layer;
    const ValueId residual = add_input(layer.graph, "residual", DType::kF32, {2, 3, 5});
    const ValueId value = layer.linear();
    layer.graph.add_output(linear_first ? add_add(layer.graph, value, residual)
                                        : add_add(layer.graph, residual, value),
                           "y");
    expect_same_results(layer.graph, fuse_residual, kOneRounding);
    EXPECT_THAT(op_labels(layer.graph), ElementsAre("linear"));
    EXPECT_THAT(layer.graph.nodes()[0].inputs,
                ElementsAre(layer.x, layer.weights, kNoValue, residual));
  }
}

TEST(FuseResidual, AnActivationComesBeforeTheResidual) {
  Layer layer;
  const ValueId residual = add_input(layer.graph, "residual", DType::kF32, {2, 3, 5});
  const ValueId value = layer.linear();
  layer.graph.edit<LinearAttrs>(layer.graph.nodes()[0]).epilogue.activation = Activation::kRelu;
  layer.graph.add_output(add_add(layer.graph, value, residual), "y");
  expect_same_results(layer.graph, fuse_residual, kOneRounding);
  EXPECT_THAT(op_labels(layer.graph), ElementsAre("linear+relu"));
}

TEST(FuseResidual, MovesTheLayerBehindWhatItAdds) {
  Layer layer;
  const ValueId value = layer.linear();
  const ValueId later = add_input(layer.graph, "later", DType::kF32, {2, 3, 5});
  layer.graph.add_output(
      add_add(layer.graph, value, add_unary(layer.graph, UnaryFunction::kTanh, later)), "y");
  expect_same_results(layer.graph, fuse_residual, kOneRounding);
  EXPECT_THAT(op_labels(layer.graph), ElementsAre("tanh", "linear"));
}

TEST(FuseResidual, OfTwoLayersTheSecondTakesTheFirst) {
  Layer layer;
  const ValueId first = layer.linear();
  const ValueId second = layer.linear();
  layer.graph.add_output(add_add(layer.graph, first, second), "y");
  expect_same_results(layer.graph, fuse_residual, kOneRounding);
  EXPECT_THAT(op_labels(layer.graph), ElementsAre("linear", "linear"));
  EXPECT_EQ(layer.graph.nodes()[1].inputs[3], first);
}

TEST(FuseResidual, LeavesBroadcastsReadersAndSecondResiduals) {
  Layer broadcast;
  const ValueId row = add_input(broadcast.graph, "row", DType::kF32, {1, 3, 5});
  broadcast.graph.add_output(add_add(broadcast.graph, broadcast.linear(), row), "y");
  EXPECT_THAT(labels_after(broadcast.graph, fuse_residual), ElementsAre("linear", "add"));

  Layer self;
  const ValueId value = self.linear();
  self.graph.add_output(add_add(self.graph, value, value), "y");
  EXPECT_THAT(labels_after(self.graph, fuse_residual), ElementsAre("linear", "add"));

  Layer loop;  // the other operand depends on the layer
  const ValueId source = loop.linear();
  loop.graph.add_output(
      add_add(loop.graph, source, add_unary(loop.graph, UnaryFunction::kTanh, source)), "y");
  EXPECT_THAT(labels_after(loop.graph, fuse_residual), ElementsAre("linear", "tanh", "add"));

  Layer twice;
  const ValueId residual = add_input(twice.graph, "residual", DType::kF32, {2, 3, 5});
  const ValueId once = add_add(twice.graph, twice.linear(), residual);
  twice.graph.add_output(add_add(twice.graph, once, residual), "y");
  EXPECT_THAT(labels_after(twice.graph, fuse_residual), ElementsAre("linear", "add"));
}

}  // namespace
}  // namespace octet::test
