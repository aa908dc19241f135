// fold_batch_norm, fuse_conv and patch_embedding.
#include "runtime/passes/convolution/fold_batch_norm.h"

#include "runtime/core/memory.h"
#include "runtime/passes/convolution/fuse_conv.h"
#include "runtime/passes/convolution/patch_embedding.h"
#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

ConvAttrs conv_attrs(std::vector<int64_t> kernel, int64_t stride) {
  const size_t rank = kernel.size();
  ConvAttrs conv;
  conv.window.kernel = std::move(kernel);
  conv.window.strides.assign(rank, stride);
  conv.window.dilations.assign(rank, 1);
  conv.window.begins.assign(rank, 0);
  conv.window.ends.assign(rank, 0);
  return conv;
}

// x [2, 3, 8, 8], a convolution of 5 channels, and per-channel constants.
struct Net {
  Graph graph;
  ValueId x, weights, bias, scale, shift;
  Net() {
    x = add_input(graph, "x", DType::kF32, {2, 3, 8, 8});
    weights = add_floats(graph, "w", random_floats({5, 3, 3, 3}, 1));
    bias = add_floats(graph, "b", random_floats({5}, 2));
    scale = add_floats(graph, "s", random_floats({5, 1, 1}, 3, 0.5f, 2));
    shift = add_floats(graph, "t", random_floats({1, 5, 1, 1}, 4));
  }
  ValueId conv(const std::string& name, bool with_bias = true) {
    std::vector<ValueId> inputs = {x, weights};
    if (with_bias) inputs.push_back(bias);
    return add_node(graph, name, conv_attrs({3, 3}, 1), inputs);
  }
};

TEST(FoldBatchNorm, ScaleAndShiftGoIntoAConv) {
  for (bool with_bias : {true, false}) {
    Net net;
    const ValueId scaled = add_mul(net.graph, net.conv("conv", with_bias), net.scale);
    net.graph.add_output(add_add(net.graph, net.shift, scaled), "y");
    // 27 products of at most 3 * 1 * 2, whose weights are rounded once more.
    expect_same_results(net.graph, fold_batch_norm, 27 * 6 * 2e-7);
    EXPECT_THAT(op_labels(net.graph), ElementsAre("conv"));
    EXPECT_EQ(net.graph.nodes()[0].inputs.size(), 3u);
  }
}

TEST(FoldBatchNorm, ScaleAndShiftGoIntoALinear) {
  for (bool transposed : {true, false}) {
    Graph graph;
    const ValueId x = add_input(graph, "x", DType::kF32, {3, 4});
    const ValueId weights =
        add_floats(graph, "w", random_floats(transposed ? Shape{5, 4} : Shape{4, 5}, 1));
    LinearAttrs attrs;
    attrs.weights_transposed = transposed;
    const ValueId linear = add_node(graph, "fc", attrs, {x, weights});
    const ValueId scaled =
        add_mul(graph, linear, add_floats(graph, "s", random_floats({5}, 3, 0.5f, 2)));
    graph.add_output(add_add(graph, scaled, add_floats(graph, "t", random_floats({5}, 4))), "y");
    expect_same_results(graph, fold_batch_norm, 4 * 6 * 2e-7);
    EXPECT_THAT(op_labels(graph), ElementsAre("linear"));
  }
}

// A chain keeps one vector of factors: no weight is multiplied before it is loaded.
TEST(FoldBatchNorm, ALongChainKeepsNoWeights) {
  constexpr int64_t kN = 64, kK = 256;
  const auto memory = Memory::create();
  const MemoryScope scope(memory.get());
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {3, kK});
  ValueId y =
      add_node(graph, "fc", LinearAttrs{}, {x, add_floats(graph, "w", random_floats({kK, kN}, 1))});
  const ValueId scale = add_floats(graph, "s", random_floats({kN}, 2, 0.99f, 1.01f));
  const ValueId shift = add_floats(graph, "t", random_floats({kN}, 3));
  for (int i = 0; i < 100; ++i) y = add_add(graph, add_mul(graph, y, scale), shift);
  graph.add_output(y, "y");
  const int64_t before = memory->bytes_in_use();
  // A hundred roundings of sums that stay below 400.
  expect_same_results(graph, fold_batch_norm, 100 * 400 * 2e-7);
  EXPECT_THAT(op_labels(graph), ElementsAre("linear"));
  EXPECT_LT(memory->bytes_in_use() - before, 4 * kN * 4);
}

// The model itself stays in range: 1e30 is taken back before anything reaches infinity.
TEST(FoldBatchNorm, LeavesFactorsWhoseProductIsNoFloat) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {3, 4});
  ValueId y = add_node(graph, "fc", LinearAttrs{},
                       {x, add_floats(graph, "w", random_floats({4, 1}, 1, 1e-30f, 2e-30f))});
  for (float factor : {1e30f, 1e30f, 1e-30f})
    y = add_mul(graph, y, add_floats(graph, "s", make_tensor<float>({1}, {factor})));
  graph.add_output(y, "y");
  EXPECT_THAT(labels_after(graph, fold_batch_norm), ElementsAre("linear", "mul", "mul"));
}

TEST(FoldBatchNorm, LeavesNearMisses) {
  Net other_reader;
  const ValueId conv = other_reader.conv("conv");
  other_reader.graph.add_output(add_mul(other_reader.graph, conv, other_reader.scale), "y");
  other_reader.graph.add_output(conv, "z");
  EXPECT_THAT(labels_after(other_reader.graph, fold_batch_norm), ElementsAre("conv", "mul"));

  Net along_width;  // 6 columns, not 5 channels
  const ValueId row = add_floats(along_width.graph, "r", random_floats({6}, 5));
  along_width.graph.add_output(add_mul(along_width.graph, along_width.conv("conv"), row), "y");
  EXPECT_THAT(labels_after(along_width.graph, fold_batch_norm), ElementsAre("conv", "mul"));

  Net computed;
  const ValueId factor = add_input(computed.graph, "factor", DType::kF32, {5, 1, 1});
  computed.graph.add_output(add_mul(computed.graph, computed.conv("conv"), factor), "y");
  EXPECT_THAT(labels_after(computed.graph, fold_batch_norm), ElementsAre("conv", "mul"));

  Net activated;
  ConvAttrs relu = conv_attrs({3, 3}, 1);
  relu.activation = Activation::kRelu;
  const ValueId after = add_node(activated.graph, "conv", relu, {activated.x, activated.weights});
  activated.graph.add_output(add_mul(activated.graph, after, activated.scale), "y");
  EXPECT_THAT(labels_after(activated.graph, fold_batch_norm), ElementsAre("conv+relu", "mul"));
}

TEST(FuseConv, TakesResidualAndActivation) {
  Net net;
  const ValueId first = net.conv("first"), second = net.conv("second", false);
  const ValueId sum = add_add(net.graph, first, second);
  net.graph.add_output(add_unary(net.graph, UnaryFunction::kRelu, sum), "y");
  expect_same_results(net.graph, fuse_conv, 1e-6);  // the same sums in double
  EXPECT_THAT(op_labels(net.graph), ElementsAre("conv", "conv+relu"));
  EXPECT_EQ(net.graph.nodes()[1].name, "second");
  EXPECT_EQ(net.graph.nodes()[1].inputs[3], first);
}

TEST(FuseConv, KeepsTheOrderOfActivationAndSum) {
  Net net;
  const ValueId relu = add_unary(net.graph, UnaryFunction::kRelu, net.conv("conv"));
  const ValueId other = add_input(net.graph, "r", DType::kF32, {2, 5, 6, 6});
  net.graph.add_output(add_add(net.graph, relu, other), "y");
  expect_same_results(net.graph, fuse_conv, 1e-6);
  EXPECT_THAT(op_labels(net.graph), ElementsAre("conv+relu", "add"));
}

TEST(FuseConv, LeavesNearMisses) {
  Net doubled;
  const ValueId conv = doubled.conv("conv");
  doubled.graph.add_output(add_add(doubled.graph, conv, conv), "y");
  EXPECT_THAT(labels_after(doubled.graph, fuse_conv), ElementsAre("conv", "add"));

  Net broadcast;
  broadcast.graph.add_output(add_add(broadcast.graph, broadcast.conv("conv"), broadcast.scale),
                             "y");
  EXPECT_THAT(labels_after(broadcast.graph, fuse_conv), ElementsAre("conv", "add"));

  Net exponential;
  exponential.graph.add_output(
      add_unary(exponential.graph, UnaryFunction::kExp, exponential.conv("conv")), "y");
  EXPECT_THAT(labels_after(exponential.graph, fuse_conv), ElementsAre("conv", "exp"));
}

// A convolution of x [2, 3, 8, 12] over patches of 4, and its pixels as rows.
struct PatchNet {
  Graph graph;
  ValueId conv;
  explicit PatchNet(ConvAttrs attrs = conv_attrs({4, 4}, 4)) {
    const ValueId x = add_input(graph, "x", DType::kF32, {2, 3, 8, 12});
    const ValueId weights =
        add_floats(graph, "w", random_floats({5, 3, attrs.window.kernel[0], 4}, 1));
    conv = add_node(graph, "patch", std::move(attrs),
                    {x, weights, add_floats(graph, "b", random_floats({5}, 2))});
  }
};

TEST(PatchEmbedding, RowsOfPatches) {
  PatchNet net;
  const ValueId flat = add_node(net.graph, "flat", ReshapeAttrs{{2, 5, 6}}, {net.conv});
  net.graph.add_output(add_node(net.graph, "rows", TransposeAttrs{{0, 2, 1}}, {flat}), "y");
  expect_same_results(net.graph, patch_embedding, 1e-6);  // the same sums in double
  EXPECT_THAT(op_labels(net.graph), ElementsAre("reshape", "transpose", "reshape", "linear"));
  const auto& attrs = *net.graph.nodes()[3].as<LinearAttrs>();
  EXPECT_EQ(attrs.layer.name, "patch");
  EXPECT_THAT(attrs.layer.aliases, ElementsAre("w", "b"));
  EXPECT_EQ(attrs.layer.rows, 5);
}

TEST(PatchEmbedding, ChannelsLast) {
  PatchNet net;
  net.graph.add_output(add_node(net.graph, "last", TransposeAttrs{{0, 2, 3, 1}}, {net.conv}), "y");
  expect_same_results(net.graph, patch_embedding, 1e-6);
  EXPECT_THAT(op_labels(net.graph),
              ElementsAre("reshape", "transpose", "reshape", "linear", "reshape"));
}

TEST(PatchEmbedding, LeavesNearMisses) {
  PatchNet used;  // as a picture
  used.graph.add_output(used.conv, "y");
  EXPECT_THAT(labels_after(used.graph, patch_embedding), ElementsAre("conv"));

  PatchNet other_rows;
  const ValueId flat =
      add_node(other_rows.graph, "flat", ReshapeAttrs{{2, 6, 5}}, {other_rows.conv});
  other_rows.graph.add_output(add_node(other_rows.graph, "rows", TransposeAttrs{{0, 2, 1}}, {flat}),
                              "y");
  EXPECT_THAT(labels_after(other_rows.graph, patch_embedding),
              ElementsAre("conv", "reshape", "transpose"));

  ConvAttrs padded = conv_attrs({4, 4}, 4);
  padded.window.begins = {2, 0};
  padded.window.ends = {2, 0};
  for (const ConvAttrs& attrs : {conv_attrs({4, 4}, 2), conv_attrs({3, 4}, 4), padded}) {
    PatchNet net(attrs);
    net.graph.add_output(add_node(net.graph, "last", TransposeAttrs{{0, 2, 3, 1}}, {net.conv}),
                         "y");
    EXPECT_THAT(labels_after(net.graph, patch_embedding), ElementsAre("conv", "transpose"));
  }
}

}  // namespace
}  // namespace octet::test
